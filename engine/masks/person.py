"""Names of people and companies, and the addresses under which they are reached on a computer."""

from collections.abc import Callable, Sequence

from .mask import TAG, Column
from .words import BRANCHES, COMPANIES, FIRST_NAMES, HANDLES, LAST_NAMES

_DOMAIN = "@example.com"
_EMAIL_DIGITS, _NAME_DIGITS = 20, 16
_HANDLE = max(map(len, HANDLES))


def email(column: Column) -> str:
    """`handle.0123456789abcdef0123@example.com`; in narrow columns only digits before the domain."""
    sql, digest = column.sql, column.digest()
    if column.type.room(full := _HANDLE + 1 + _EMAIL_DIGITS + len(_DOMAIN)) == full:
        handle = sql.pick(HANDLES, sql.byte(digest, 31))
        return sql.join(handle, "'.'", sql.hex(digest, _EMAIL_DIGITS), f"'{_DOMAIN}'")
    column.needs(TAG + len(_DOMAIN))
    digits = column.type.room(_EMAIL_DIGITS + len(_DOMAIN)) - len(_DOMAIN)
    return sql.join(sql.hex(digest, digits), f"'{_DOMAIN}'")


def username(column: Column) -> str:
    """`handle` and hexadecimal digits; in narrow columns `u` and digits."""
    sql, digest = column.sql, column.digest()
    if column.type.room(full := _HANDLE + _NAME_DIGITS) == full:
        return sql.join(sql.pick(HANDLES, sql.byte(digest, 31)), sql.hex(digest, _NAME_DIGITS))
    column.needs(1 + TAG if column.unique else 1)
    return sql.join("'u'", sql.hex(digest, column.type.room(1 + _NAME_DIGITS) - 1))


def first_name(column: Column) -> str:
    """One of 256 invented first names."""
    return spoken(column, lambda digest: _one(column, FIRST_NAMES, digest), longest=_longest(FIRST_NAMES))


def last_name(column: Column) -> str:
    """One of 256 invented last names."""
    return spoken(column, lambda digest: _one(column, LAST_NAMES, digest), longest=_longest(LAST_NAMES))


def full_name(column: Column) -> str:
    """An invented first and an invented last name, 65,536 of them."""

    def both(digest: str) -> str:
        last = column.sql.pick(LAST_NAMES, column.sql.byte(digest, 1))
        return column.sql.join(_one(column, FIRST_NAMES, digest), "' '", last)

    return spoken(column, both, longest=_longest(FIRST_NAMES) + 1 + _longest(LAST_NAMES), uses=2)


def company(column: Column) -> str:
    """An invented company's name and what it does, 8,192 of them."""
    sql = column.sql

    def both(digest: str) -> str:
        branch = sql.pick(BRANCHES, f"mod({sql.byte(digest, 1)}, {len(BRANCHES)})")
        return sql.join(_one(column, COMPANIES, digest), "' '", branch)

    return spoken(column, both, longest=_longest(COMPANIES) + 1 + _longest(BRANCHES), uses=2)


def spoken(column: Column, words: Callable[[str], str], *, longest: int, uses: int = 1) -> str:
    """Return words, cut to the column's length; in a unique column with a tag that tells them apart."""
    sql = column.sql
    if not column.unique:
        cut = column.type.room(longest) < longest
        said = hashed(column, words, uses=uses)
        return f"left({said}, {column.type.length})" if cut else said
    column.needs(TAG + 2)
    room = column.type.room(longest + 1 + TAG) - 1 - TAG

    def tagged(digest: str) -> str:
        said = words(digest)
        return sql.join(f"left({said}, {room})" if room < longest else said, "' '", tag(column, digest))

    return hashed(column, tagged, uses=uses + 1)


def tag(column: Column, digest: str) -> str:
    """Return digits of the end of a hash, whose beginning chose the words."""
    start = 64 - TAG + 1
    digits = column.sql.hex(digest, 64)
    return f"substr({digits}, {start}, {TAG})"


def hashed(column: Column, body: Callable[[str], str], *, uses: int) -> str:
    """Return what is made of the value's hash, which is computed again if it is used twice."""
    digest = column.digest()
    return body(digest) if uses <= 2 else column.sql.let(digest, body)


def _one(column: Column, words: Sequence[str], digest: str) -> str:
    return column.sql.pick(words, column.sql.byte(digest, 0))


def _longest(words: Sequence[str]) -> int:
    return max(map(len, words))
