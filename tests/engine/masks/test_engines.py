"""The same value becomes the same one, to the byte, in each PostgreSQL and in MariaDB."""

from dataclasses import replace

import pytest
from support.mask_values import (
    ADDRESSES,
    DAYS,
    DOUBLES,
    FITTING,
    MOMENTS,
    SINGLES,
    TEXTS,
    decimals,
    integers,
)
from support.masks import CHAR, TEXT, VARCHAR, Everywhere, Kind, accepting, keeping_unique

pytestmark = pytest.mark.server

DATES = (
    "birth-date",
    "date-shift",
    "date-shift(n)",
    "date-shift(nullif(n, 3), 3650)",
    "date-shift('one', 2)",
)
AMOUNTS = ("noise", "noise(1)", "noise(99)")
VALUES_ONLY = ("null", "keep", "constant(7)")
UUIDS = ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-0000-0000-0000-000000000000", None]
MACS = ["08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff", None]


@pytest.mark.parametrize("kind", [TEXT, VARCHAR, CHAR], ids=lambda kind: kind.postgres)
@pytest.mark.parametrize("mask", [*accepting("text"), "constant('it''s \\ % é 😀')", "card(424242)", "ip(6)"])
def test_a_text_becomes_the_same_on_both_engines(everywhere: Everywhere, mask: str, kind: Kind) -> None:
    values = TEXTS if kind is TEXT else FITTING
    assert len(everywhere.masked(mask, kind, of=values).alike()) == len(values)


@pytest.mark.parametrize("kind", [TEXT, VARCHAR], ids=lambda kind: kind.postgres)
@pytest.mark.parametrize("mask", keeping_unique("text"))
def test_a_unique_text_becomes_the_same_on_both_engines(
    everywhere: Everywhere, mask: str, kind: Kind
) -> None:
    values = TEXTS if kind is TEXT else FITTING
    assert len(everywhere.masked(mask, kind, of=values, unique=True).alike()) == len(values)


@pytest.mark.parametrize(
    ("kind", "bits"),
    [
        (Kind("smallint", "smallint(6)"), 15),
        (Kind("integer", "int(11)"), 31),
        (Kind("bigint", "bigint(20)"), 63),
    ],
)
def test_a_whole_number_becomes_the_same_on_both_engines(
    everywhere: Everywhere, kind: Kind, bits: int
) -> None:
    for mask in ("key", *AMOUNTS, *VALUES_ONLY):
        everywhere.masked(mask, kind, of=integers(bits)).alike()


@pytest.mark.parametrize(
    ("precision", "scale"), [(10, 2), (5, 5), (3, 0), (20, 0), (38, 10), (45, 25), (47, 0)]
)
def test_an_exact_number_becomes_the_same_on_both_engines(
    everywhere: Everywhere, precision: int, scale: int
) -> None:
    kind = Kind(f"numeric({precision},{scale})", f"decimal({precision},{scale})")
    for mask in (*AMOUNTS, "location", "null", "keep", "constant(0)"):
        everywhere.masked(mask, kind, of=decimals(precision, scale)).alike()


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Kind("double precision", "double"), DOUBLES),
        (Kind("real", "float", ("{}::double precision", "{} + 0e0")), SINGLES),
    ],
)
def test_an_inexact_number_becomes_the_same_on_both_engines(
    everywhere: Everywhere, kind: Kind, values: list[float | None]
) -> None:
    for mask in (*AMOUNTS, "location", *VALUES_ONLY):
        everywhere.masked(mask, kind, of=values).alike()


def test_a_date_becomes_the_same_on_both_engines(everywhere: Everywhere) -> None:
    for mask in (*DATES, "null", "keep", "constant('2001-02-03')"):
        everywhere.masked(mask, Kind("date", "date"), of=DAYS).alike()


@pytest.mark.parametrize(
    "kind",
    [
        Kind("timestamp without time zone", "datetime(6)"),
        Kind("timestamp(0) without time zone", "datetime"),
        Kind("timestamp(3) without time zone", "datetime(3)"),
    ],
    ids=lambda kind: kind.postgres,
)
def test_a_moment_becomes_the_same_on_both_engines(everywhere: Everywhere, kind: Kind) -> None:
    values = MOMENTS if kind.mysql == "datetime(6)" else [moment and moment[:19] for moment in MOMENTS]
    for mask in (*DATES, "null", "keep"):
        everywhere.masked(mask, kind, of=values).alike()


def test_a_moment_of_a_time_zone_becomes_the_same_on_both_engines(everywhere: Everywhere) -> None:
    kind = Kind("timestamp with time zone", "timestamp(6)", ("{} AT TIME ZONE 'UTC'", "{}"))
    values = [moment for moment in MOMENTS if moment is None or "1981" <= moment < "2027"]
    for mask in (*DATES, "null", "keep"):
        everywhere.masked(mask, kind, of=values).alike()


@pytest.mark.parametrize(
    ("mask", "kind", "values"),
    [
        ("uuid", Kind("uuid", "uuid", ("{}::text", "{}")), UUIDS),
        ("uuid", Kind("uuid", "char(36)", ("{}::text", "{}")), UUIDS),
        ("ip", Kind("inet", "varchar(39)", ("host({})", "{}")), [*ADDRESSES, None]),
        ("ip(6)", Kind("inet", "inet6", ("host({})", "{}")), ["2001:db8::1", "fe80::1", None]),
        ("mac", Kind("macaddr", "char(17)", ("{}::text", "{}")), MACS),
    ],
)
def test_an_address_becomes_the_same_in_a_type_of_its_own_and_in_text(
    everywhere: Everywhere, mask: str, kind: Kind, values: list[str | None]
) -> None:
    servers = everywhere.without_mysql if kind.mysql in ("uuid", "inet6") else everywhere
    servers.masked(mask, kind, of=values).alike()


def test_ten_thousand_addresses_of_version_6_are_shortened_alike(everywhere: Everywhere) -> None:
    values = [f"10.0.{number // 256}.{number % 256}" for number in range(10_000)]
    assert len(set(everywhere.masked("ip(6)", TEXT, of=values).alike())) == len(values)


@pytest.mark.parametrize("collation", ["latin1_swedish_ci", "utf8mb3_general_ci", "utf8mb4_bin"])
def test_a_column_s_character_set_and_collation_change_nothing(
    everywhere: Everywhere, collation: str
) -> None:
    values = ["Ada", "ÀÉÎÕÜ ß", "it's", "DE89370400440532013000", "4111111111111111", " a ", "ÿ", "", None]
    for mask in accepting("text"):
        everywhere.masked(mask, replace(VARCHAR, collation=collation), of=values).alike()


@pytest.mark.parametrize("mask", [*accepting("text"), "json-strings(hash)", "json('$[0]', address)"])
def test_values_that_a_collation_holds_equal_stay_apart(everywhere: Everywhere, mask: str) -> None:
    spelled = ["É", "é", "E", "e", "ê", "Ada", "ADA", "Àda"] * 100
    values = [f'["{value}"]' if mask.startswith("json") else value for value in spelled]
    everywhere.masked(mask, VARCHAR, of=values).alike()
