"""Where somebody lives."""

from .mask import Column
from .numbers import bounded
from .person import spoken
from .words import CITIES, NAMED_STREETS

_NUMBERS = 199
_STREET = max(map(len, NAMED_STREETS)) + 4
_CITY = max(map(len, CITIES))
_POSTCODE = 5
_WHOLE = "1e15"  # from there on an inexact number has no tenths


def street(column: Column) -> str:
    """One of 256 invented streets and a number up to 199."""
    return spoken(column, lambda digest: _street(column, digest), longest=_STREET, uses=2)


def city(column: Column) -> str:
    """One of 256 invented towns."""
    return spoken(column, lambda digest: _city(column, digest), longest=_CITY)


def postcode(column: Column) -> str:
    """00000 to 00009, which no country gave to a place."""
    column.needs(_POSTCODE)
    return _postcode(column, column.digest())


def address(column: Column) -> str:
    """Street, post code and town in one line."""
    sql = column.sql

    def line(digest: str) -> str:
        parts = (_street(column, digest), "', '", _postcode(column, digest), "' '", _city(column, digest))
        return sql.join(*parts)

    return spoken(column, line, longest=_STREET + 2 + _POSTCODE + 1 + _CITY, uses=4)


def location(column: Column) -> str:
    """Coordinates to a tenth of a degree, which is up to 11 km."""
    value, kind = column.value, column.type
    if kind.exact:
        rounded = bounded(f"round({value}, {1 if kind.scale is None else min(1, kind.scale)})", kind)
        return column.sql.finite(value, column.sql.cast(rounded, kind), kind)
    rounded = (
        f"CASE WHEN {value} BETWEEN -{_WHOLE} AND {_WHOLE} THEN round({value} * 10) / 10 ELSE {value} END"
    )
    return column.sql.cast(rounded, kind)


def _street(column: Column, digest: str) -> str:
    sql = column.sql
    number = f"1 + {sql.number(digest, _NUMBERS, start=40)}"
    return sql.join(sql.pick(NAMED_STREETS, sql.byte(digest, 0)), "' '", sql.text(number))


def _city(column: Column, digest: str) -> str:
    return column.sql.pick(CITIES, column.sql.byte(digest, 1))


def _postcode(column: Column, digest: str) -> str:
    return column.sql.padded(column.sql.number(digest, 10, start=20), _POSTCODE)
