"""A million distinct values stay distinct, and none of them becomes one of the million."""

from dataclasses import dataclass

import pytest
from support.masks import KEY, Everywhere

from snapharbor.engine.masks.catalog import MASKS
from snapharbor.engine.masks.expression import expression

pytestmark = pytest.mark.server

MILLION = 1_000_000
FEWER = 20_000  # in MariaDB, which takes several times as long
# They are told apart by the same 48 bits as full-name and address, which get the whole million.
TAGGED_ALIKE = frozenset(("first-name", "last-name", "company", "street", "city"))
# PostgreSQL 15 and newer hash a text to 64 bits: a million different hashes are of a million different texts.
HASHES = "count(DISTINCT hashtextextended(masked, 0))"


@dataclass(frozen=True, slots=True)
class Original:
    """A million values made of a number `n`: their SQL on both engines, type, and how all of them begin."""

    postgres: str
    mysql: str
    type: str
    start: str


def text(start: str, width: int, end: str = "") -> Original:
    """Return texts with a number in them, as wide as it has to be."""
    return Original(
        f"'{start}' || lpad(n::text, {width}, '0') || '{end}'",
        f"CONCAT('{start}', LPAD(n, {width}, '0'), '{end}')",
        "text",
        start,
    )


USUAL = text("person ", 7, "@corporation.test")
ORIGINALS = {
    "card": Original(
        # Distinct in their first 15 digits; the check digit's value does not matter for what is tested.
        "'4' || lpad(n::text, 14, '0') || mod(n, 10)",
        "CONCAT('4', LPAD(n, 14, '0'), MOD(n, 10))",
        "text",
        "4",
    ),
    "iban": text("DE89370400", 12),
    "phone": text("+1555", 8),
    "uuid": text("00000000-0000-1000-8000-", 12),
    "ip": text("10.0.0.", 7),
    "mac": text("00:00:2b:", 7),
    "key": Original("n::bigint * 1000", "n * 1000", "bigint", ""),
}
KEEPING = [mask.name for mask in MASKS.values() if mask.keeps_unique and mask.name != "keep"]


@pytest.mark.parametrize("mask", KEEPING)
def test_a_million_values_stay_distinct_and_leave_the_originals(everywhere: Everywhere, mask: str) -> None:
    original = ORIGINALS.get(mask, USUAL)
    masked = expression(mask, "value", engine="postgres", key=KEY, type=original.type, unique=True)
    count = MILLION // 10 if mask in TAGGED_ALIKE else MILLION
    values = f"SELECT {original.postgres} AS value FROM generate_series(1, {count}) n OFFSET 0"
    # Without OFFSET 0 the planner would compute each value twice.
    made = f"SELECT ({masked})::text AS masked FROM ({values}) AS raw OFFSET 0"
    again = f"count(*) FILTER (WHERE starts_with(masked, '{original.start}'))" if original.start else "0"
    everywhere.newest.execute("SET work_mem = '128MB'")
    everywhere.newest.execute("SET jit = off")
    counted = everywhere.newest.execute(f"SELECT {HASHES}, {again} FROM ({made}) AS made".encode())
    assert counted.fetchall() == [(count, 0)]


@pytest.mark.parametrize("mask", KEEPING)
def test_values_stay_distinct_in_mariadb(everywhere: Everywhere, mask: str) -> None:
    original = ORIGINALS.get(mask, USUAL)
    masked = expression(mask, "value", engine="mysql", key=KEY, type=original.type, unique=True)
    values = f"SELECT {original.mysql} AS value FROM (SELECT seq AS n FROM seq_1_to_{FEWER}) AS numbers"
    with everywhere.mariadb.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(DISTINCT {masked}) FROM ({values}) AS raw")
        assert cursor.fetchall() == ((FEWER,),)


def test_a_million_keys_are_as_small_as_what_they_stand_for(everywhere: Everywhere) -> None:
    for type, bits in (("integer", 31), ("smallint", 15)):
        masked = expression("key", f"n::{type}", engine="postgres", key=KEY, type=type, unique=True)
        last = min(MILLION, 2**bits - 1)
        counted = everywhere.newest.execute(
            f"""SELECT count(DISTINCT masked), min(masked) >= 0, max(masked) < {2**bits}
                FROM (SELECT {masked} AS masked FROM generate_series(0, {last}) n) AS made""".encode()
        )
        assert counted.fetchall() == [(last + 1, True, True)]
