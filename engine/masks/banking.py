"""Card and bank account numbers that pass their checks and are nobody's."""

from ..model.errors import ArgumentInvalid
from .mask import Column
from .permutation import Permutation, Range

_BODY = Range(10**7, 10**7)
_IBAN, _SHORTEST, _LONGEST = "[A-Z][A-Z][0-9][0-9][A-Z0-9]+", 15, 34
_BANK = 4
_WRONG = 32


def card(column: Column) -> str:
    """A number that passes Luhn's check and is no bank card's; an option names a test range instead.

    The first digit moves by five, which leaves the range 2 to 6 of bank cards. Of 16 digits, those between
    the first and the check digit are permuted, so that distinct numbers stay distinct.
    """
    sql = column.sql
    if column.options:
        return _test_card(column)
    digits = sql.digits(column.text)
    length = f"char_length({digits})"
    lead = f"mod({sql.integer(f'left({digits}, 1)')} + 5, 10)"
    body = sql.integer(f"substr({digits}, 2, 14)")
    permutation = Permutation(sql, column.keys, column.mask)
    usual = sql.let(
        body,
        lambda number: _checked(column, f"{lead} * {10**14} + {permutation.of(number, _BODY)}", "15"),
        of="integer",
    )
    power = sql.integer(f"rpad('1', {length} - 1, '0')")
    other = _checked(
        column, f"9 * {power} + {sql.number(column.digest(sql.exact(digits)), power)}", f"{length} - 1"
    )
    return (
        f"CASE WHEN {length} = 16 THEN {usual} WHEN {length} BETWEEN 12 AND 19 "
        f"THEN {other} ELSE {_anything(column)} END"
    )


def _test_card(column: Column) -> str:
    sql, bin_ = column.sql, column.option(0)
    if not (bin_.isascii() and bin_.isdigit() and 4 <= len(bin_) <= 8) or column.unique:
        raise ArgumentInvalid(
            "the option of the mask `card` is a test range of 4 to 8 digits, for columns that are not unique",
            "Write card(424242), or card without an option for unique columns.",
        )
    column.needs(16)
    room = 10 ** (15 - len(bin_))
    digest = column.digest(sql.exact(sql.digits(column.text)))
    return _checked(column, f"{int(bin_) * room} + {sql.number(digest, room)}", "15")


def _checked(column: Column, number: str, width: str) -> str:
    """Return a number of at most 18 digits with Luhn's check digit after it.

    Doubling a digit d and adding up gives 2d, and 1 more from 5 on, modulo 10; only the sum's last digit
    counts, so that no digit has to be cut out before it is added.
    """
    sql = column.sql

    def both(value: str) -> str:
        doubled = [
            f"2 * {sql.div(value, 10**place)} + mod({sql.div(value, 5 * 10**place)}, 2)"
            for place in range(0, 18, 2)
        ]
        single = [sql.div(value, 10**place) for place in range(1, 18, 2)]
        check = f"mod(10 - mod({' + '.join(doubled + single)}, 10), 10)"
        return sql.join(sql.padded(value, width), sql.text(check))

    return sql.let(number, both, of="integer")


def iban(column: Column) -> str:
    """A number of the same country and length that passes mod 97, of a bank `0000` or `XXXX`."""
    sql = column.sql
    account = sql.upper(f"replace({column.text}, ' ', '')")
    rest = f"char_length({account}) - {4 + _BANK}"
    country = [f"ascii(substr({account}, {place}, 1)) - 55" for place in (1, 2)]

    def unchecked(digest: str) -> str:
        digits = sql.join(
            sql.padded(sql.number(digest, 10**17), 17), sql.padded(sql.number(digest, 10**9, start=15), 9)
        )
        bank = sql.blanked(f"substr({account}, 5, {_BANK})")
        return sql.let(sql.join(bank, f"left({digits}, {rest})"), checked, of="text")

    def checked(number: str) -> str:
        numeric = sql.join(f"replace({number}, 'X', '33')", *map(sql.text, country), "'00'")
        check = sql.padded(f"98 - {sql.modulus(numeric, 97)}", 2)
        return sql.join(f"left({account}, 2)", check, number)

    fits = f"char_length({account}) BETWEEN {_SHORTEST} AND {_LONGEST} AND {sql.matches(account, _IBAN)}"
    usual = sql.let(column.digest(sql.exact(account)), unchecked)
    return f"CASE WHEN {fits} THEN {usual} ELSE {_anything(column)} END"


def _anything(column: Column) -> str:
    """Return what takes the place of a text that is no such number."""
    return column.sql.hex(column.digest(), column.type.room(_WRONG))
