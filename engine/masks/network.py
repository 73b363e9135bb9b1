"""Addresses of machines, and what is named by random numbers."""

from ..model.errors import ArgumentInvalid
from .mask import UNIQUE_DIGITS, Column

_URL = "https://example.com/"
_TOKEN = 32
_SIX = 39


def ip(column: Column) -> str:
    """An address in 198.18.0.0/15, which is for benchmarks (RFC 2544), or in 2001:db8::/32 (RFC 3849).

    A narrow column of text gets the former for addresses of version 6, too.
    """
    sql, kind = column.sql, column.type
    digest = column.digest(sql.exact(sql.address(column.value, kind)))
    six = sql.address_six(digest, kind)
    if column.unique or column.options:
        _only_six(column)
        column.needs(_SIX)
        return six
    column.needs(15)
    four = sql.address_four(sql.number(digest, 1 << 17), kind)
    if kind.name == "inet6":
        return six
    if kind.name == "inet4" or kind.room(_SIX) < _SIX:
        return four
    colon = f"position(':' in {sql.address(column.value, kind)}) > 0"
    return f"CASE WHEN {colon} THEN {six} ELSE {four} END"


def _only_six(column: Column) -> None:
    if column.option(0, "6") != "6":
        raise ArgumentInvalid("the option of the mask `ip` is 6", "Write ip, or ip(6) for version 6 only.")
    if column.type.name == "inet4":
        raise ArgumentInvalid(
            "the type `inet4` has no room for addresses of version 6",
            "Use ip without an option, in a column that is not unique.",
        )


def mac(column: Column) -> str:
    """A locally administered address, which no maker of hardware gives out."""
    sql, kind = column.sql, column.type
    column.needs(17)
    local = sql.insert(sql.hex(column.digest(), 16 if kind.name == "macaddr8" else 12), 2, "e", instead=1)
    if kind.family == "mac":
        return sql.cast(local, kind)
    for place in (11, 9, 7, 5, 3):
        local = sql.insert(local, place, ":")
    return local


def uuid(column: Column) -> str:
    """A random-looking UUID of version 4."""
    sql, kind = column.sql, column.type
    column.needs(36)
    text = sql.insert(sql.insert(sql.hex(column.digest(), 32), 13, "4", instead=1), 17, "a", instead=1)
    for place in (21, 17, 13, 9):
        text = sql.insert(text, place, "-")
    return sql.cast(text, kind) if kind.family == "uuid" else text


def url(column: Column) -> str:
    """An address below example.com."""
    sql = column.sql
    column.needs(len(_URL) + (UNIQUE_DIGITS if column.unique else 1))
    digits = column.type.room(_TOKEN + len(_URL)) - len(_URL)
    return sql.join(f"'{_URL}'", sql.hex(column.digest(sql.exact(column.text)), digits))


def token(column: Column) -> str:
    """Hexadecimal digits instead of a password's hash, a session or an API key."""
    return _opaque(column)


def hashed(column: Column) -> str:
    """Hexadecimal digits that nothing but the key connects with the value."""
    return _opaque(column)


def _opaque(column: Column) -> str:
    column.needs(UNIQUE_DIGITS if column.unique else 1)
    return column.sql.hex(column.digest(column.sql.exact(column.text)), column.type.room(_TOKEN))
