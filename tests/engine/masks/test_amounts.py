"""Dates move within their bounds, and numbers change within theirs."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from support.mask_values import DAYS, DOUBLES, MOMENTS, decimals, integers
from support.masks import Everywhere, Kind, on_mariadb, on_postgres

pytestmark = pytest.mark.server

DATE = Kind("date", "date")
MOMENT = Kind("timestamp without time zone", "datetime(6)")
NEVER = ["infinity", "-infinity", "0001-12-31", "4713-01-01 BC", "9999-12-31", "5874897-12-31"]


def days(everywhere: Everywhere, mask: str, values: Sequence[str | None]) -> list[date]:
    return [day for day in everywhere.masked(mask, DATE, of=values).alike() if isinstance(day, date)]


def usual() -> list[date]:
    return [date.fromisoformat(day) for day in DAYS if day and day < "9999"]


def test_a_birth_date_moves_within_its_year_and_never_stays(everywhere: Everywhere) -> None:
    originals = [date(year, 1, 1) + timedelta(step) for year in (1999, 2000) for step in range(365)]
    moved = days(everywhere, "birth-date", [*map(str, originals), "2000-12-31"])
    assert [day.year for day in moved] == [*(day.year for day in originals), 2000]
    assert not [day for day, original in zip(moved, originals, strict=False) if day == original]


def test_a_shift_is_odd_and_below_its_limit(everywhere: Everywhere) -> None:
    for mask, limit in (("date-shift", 30), ("date-shift(n, 7)", 6), ("date-shift(n, 3650)", 3650)):
        moved = days(everywhere, mask, [str(day) for day in usual()])
        shifts = {(day - original).days for day, original in zip(moved, usual(), strict=True)}
        assert not [shift for shift in shifts if abs(shift) >= limit or shift % 2 == 0], mask
        assert min(shifts) < 0 < max(shifts)


def test_everything_of_one_subject_moves_alike(everywhere: Everywhere) -> None:
    originals = [day for day in usual() if day.year < 9990]
    moved = days(everywhere, "date-shift('subject 5', 400)", [str(day) for day in originals])
    assert len({day - original for day, original in zip(moved, originals, strict=True)}) == 1


def test_subjects_move_differently(everywhere: Everywhere) -> None:
    moved = days(everywhere, "date-shift(n, 3650)", ["2000-01-01"] * 100)
    assert len(set(moved)) > 90


def test_a_date_of_no_subject_moves_by_itself(everywhere: Everywhere) -> None:
    originals = ["2000-01-01", "2000-01-02", "2010-10-10"]
    assert days(everywhere, "date-shift(nullif(n, n))", originals) == days(
        everywhere, "date-shift", originals
    )


def test_the_time_of_day_stays(everywhere: Everywhere) -> None:
    moments = [datetime.fromisoformat(moment) for moment in MOMENTS if moment]
    for mask in ("birth-date", "date-shift", "date-shift(n)"):
        moved = everywhere.masked(mask, MOMENT, of=list(map(str, moments))).alike()
        assert [moment.time() for moment in moved if isinstance(moment, datetime)] == [
            m.time() for m in moments
        ]


def test_dates_that_stand_for_never_and_always_stay(everywhere: Everywhere) -> None:
    for connection in (everywhere.oldest, everywhere.newest):
        for mask in ("birth-date", "date-shift(n, 3650)"):
            assert on_postgres(connection, mask, "date", of=NEVER) == NEVER
            stamps = on_postgres(connection, mask, "timestamp with time zone", of=["infinity", "-infinity"])
            assert stamps == ["infinity", "-infinity"]


def test_the_first_and_last_usual_dates_move_to_usual_ones(everywhere: Everywhere) -> None:
    for connection in (everywhere.oldest, everywhere.newest):
        edges = ["0002-01-01", "9998-12-31"] * 20
        moved = on_postgres(connection, "date-shift(n, 3650)", "date", of=edges)
        assert not {"0002-01-01", "9998-12-31"}.intersection(map(str, moved))
        assert not [day for day in moved if not "0002-01-01" < str(day) < "9998-12-31"]


def test_a_time_stamp_of_mysql_stays_within_its_years(everywhere: Everywhere) -> None:
    kind = Kind("timestamp with time zone", "timestamp", ("{} AT TIME ZONE 'UTC'", "{}"))
    edges = ["1970-01-02 00:00:00", "2037-12-31 23:59:59", "2000-02-29 12:00:00"] * 10
    moved = everywhere.masked("date-shift(n, 3650)", kind, of=edges).mariadb
    assert (
        len([moment for moment in moved if isinstance(moment, datetime) and 1970 <= moment.year < 2038]) == 30
    )
    assert not set(edges).intersection(map(str, moved))


@pytest.mark.parametrize(("mask", "percent"), [("noise", 10), ("noise(1)", 1), ("noise(99)", 99)])
def test_a_number_keeps_its_sign_and_scale_and_changes_by_some_percent(
    everywhere: Everywhere, mask: str, percent: int
) -> None:
    for precision, scale in ((10, 2), (5, 5), (20, 0)):
        kind = Kind(f"numeric({precision},{scale})", f"decimal({precision},{scale})")
        originals = [Decimal(number) for number in decimals(precision, scale) if number]
        unit = Decimal(1).scaleb(-scale)
        for number, original in zip(
            everywhere.masked(mask, kind, of=originals).alike(), originals, strict=True
        ):
            assert isinstance(number, Decimal)
            assert number.as_tuple().exponent == -scale
            assert (number > 0, number < 0) == (original > 0, original < 0)
            assert abs(number - original) <= abs(original) * percent / 100 + unit


def test_a_whole_number_keeps_its_sign_and_changes_by_some_percent(everywhere: Everywhere) -> None:
    originals = [number for number in integers(63) if number is not None]
    for number, original in zip(
        everywhere.masked("noise(50)", Kind("bigint", "bigint(20)"), of=originals).alike(),
        originals,
        strict=True,
    ):
        assert isinstance(number, int)
        assert (number > 0, number < 0) == (original > 0, original < 0)
        assert abs(number - original) * 2 <= abs(original) + 2


def test_an_inexact_number_keeps_its_sign_and_is_never_infinite(everywhere: Everywhere) -> None:
    kind = Kind("double precision", "double")
    originals = [number for number in DOUBLES if number is not None]
    for number, original in zip(
        everywhere.masked("noise(99)", kind, of=originals).alike(), originals, strict=True
    ):
        assert isinstance(number, float)
        assert (number > 0, number < 0) == (original > 0, original < 0)
        assert abs(number) <= 1.7976931348623157e308


def test_equal_numbers_change_alike_whatever_their_scale(everywhere: Everywhere) -> None:
    wide, narrow = (Kind(f"numeric(12,{scale})", f"decimal(12,{scale})") for scale in (6, 1))
    values = [1.5, 250, -7.3, 100]
    six, one = (everywhere.masked("noise", kind, of=values).alike() for kind in (wide, narrow))
    assert [round(number, 1) for number in six if isinstance(number, Decimal)] == one


def test_equal_numbers_change_alike_where_each_has_its_own_scale(everywhere: Everywhere) -> None:
    for connection in (everywhere.oldest, everywhere.newest):
        values = ["100", "100.0", "100.000", "1e2"]
        found = [Decimal(str(n)) for n in on_postgres(connection, "noise", "numeric", of=values)]
        assert [number.as_tuple().exponent for number in found] == [0, -1, -3, 0]
        assert len({round(number) for number in found}) == 1


def test_what_is_no_finite_number_stays(everywhere: Everywhere) -> None:
    odd = ["NaN", "Infinity", "-Infinity"]
    for connection in (everywhere.oldest, everywhere.newest):
        for mask in ("noise", "location"):
            for type in ("numeric", "real", "double precision"):
                assert on_postgres(connection, mask, type, of=odd) == odd
            assert on_postgres(connection, mask, "numeric(10,2)", of=["NaN"]) == ["NaN"]


def test_numbers_of_odd_scales_stay_within_them(everywhere: Everywhere) -> None:
    for connection in (everywhere.oldest, everywhere.newest):
        tiny = on_postgres(connection, "noise(99)", "numeric(2,5)", of=["0.00099", "-0.00001", "0"])
        assert [Decimal(str(number)) > 0 for number in tiny] == [True, False, False]
        large = on_postgres(connection, "noise(99)", "numeric(3,-2)", of=["99900", "-100", "0"])
        assert [int(str(number)) % 100 for number in large] == [0, 0, 0]


def test_coordinates_keep_a_tenth_of_a_degree(everywhere: Everywhere) -> None:
    for kind in (Kind("numeric(9,6)", "decimal(9,6)"), Kind("double precision", "double")):
        found = everywhere.masked("location", kind, of=[51.477928, -0.001545, 179.999999, -33.8567]).alike()
        assert [float(str(number)) for number in found] == [51.5, 0.0, 180.0, -33.9]


@pytest.mark.parametrize(("type", "bits"), [("smallint", 15), ("integer", 31), ("bigint", 63)])
def test_a_row_s_key_is_the_same_in_every_type_that_holds_it(
    everywhere: Everywhere, type: str, bits: int
) -> None:
    kind = {15: Kind("smallint", "smallint"), 31: Kind("integer", "int"), 63: Kind("bigint", "bigint")}[bits]
    assert kind.postgres == type
    small = [number for number in integers(15) if number is not None]
    found = everywhere.masked("key", kind, of=small, unique=True).alike()
    assert found == everywhere.masked("key", Kind("bigint", "bigint"), of=small).alike()
    assert len(set(found)) == len(small)


@pytest.mark.parametrize(
    ("type", "bits"),
    [
        ("smallint(5) unsigned", 16),
        ("mediumint(8) unsigned", 24),
        ("int(10) unsigned", 32),
        ("bigint(20) unsigned", 64),
    ],
)
def test_a_key_without_a_sign_stays_within_its_type(everywhere: Everywhere, type: str, bits: int) -> None:
    around = {step + 2**power for power in (0, 15, 31, bits - 1, bits) for step in (-2, -1, 0, 1)}
    values = sorted(value for value in around if 0 <= value < 2**bits)
    keys = [key for key in on_mariadb(everywhere, "key", type, of=values) if isinstance(key, int)]
    assert len(set(keys)) == len(values)
    assert 0 <= min(keys) <= max(keys) < 2**bits
    small = [value for value in values if value < 2**15]
    assert keys[: len(small)] == on_mariadb(everywhere, "key", "bigint", of=small)


def test_an_amount_without_a_sign_stays_within_its_type(everywhere: Everywhere) -> None:
    for type, largest in (("bigint(20) unsigned", 2**64 - 1), ("decimal(5,2) unsigned", Decimal("999.99"))):
        amounts = on_mariadb(everywhere, "noise(99)", type, of=[0, 1, largest, largest])
        assert amounts[0] == 0
        assert not [amount for amount in amounts[1:] if not 0 < Decimal(str(amount)) <= largest]


def test_a_number_of_so_many_shown_digits_stays_within_them(everywhere: Everywhere) -> None:
    amounts = on_mariadb(everywhere, "noise(99)", "float(5,2)", of=[999.99, -999.99, 1.5])
    assert not [amount for amount in amounts if not isinstance(amount, float) or abs(amount) > 999.99]
