"""Keys of rows, amounts, telephone numbers and numbers of people."""

from .mask import Column
from .permutation import Permutation, Range
from .types import ColumnType

_TIERS = (15, 31, 63)
_PHONE = Range(10**6, 10**6)
_FICTION = "'555-01'"
_PARTS = 1_000_000
_ID_LETTERS, _ID_LEAST = 16, 10
# Inexact numbers outside of these stand for all or nothing, and twice or half of them may not exist.
_MIDDLE = {"real": ("1e-36", "1e38"), "double": ("1e-300", "8e307")}


def key(column: Column) -> str:
    """Permute whole numbers, within 15, 31 and 63 bits, so that all integer types agree."""
    sql, kind = column.sql, column.type
    wide = sql.wide(column.value)
    number = wide if kind.unsigned else sql.unsigned(wide)
    permutation = Permutation(sql, column.keys, column.mask)
    ranges = [Range.bits(*tier) for tier in _tiers(kind.bits)]
    cases = [
        f"WHEN {number} < {among.first + among.high * among.low} THEN {permutation.of(number, among)}"
        for among in ranges[:-1]
    ]
    last = permutation.of(number, ranges[-1])
    chosen = f"CASE {' '.join(cases)} ELSE {last} END" if cases else last
    return sql.cast(chosen if kind.unsigned else sql.signed(chosen, wide), kind)


def _tiers(bits: int) -> list[tuple[int, int]]:
    tops = [*(top for top in _TIERS if top < bits), bits]
    return list(zip([0, *tops], tops, strict=False))


def noise(column: Column) -> str:
    """Change a number by up to some percent (10), the same one always alike; sign and scale stay."""
    sql, value, kind = column.sql, column.value, column.type
    spread = column.whole(0, 10, least=1, most=99) * _PARTS // 100
    inexact = kind.family == "number" and not kind.exact
    digest = column.digest(sql.binary(value) if inexact else sql.exact(sql.plain(value, kind)))
    millionths = f"({_PARTS - spread} + {sql.number(digest, 2 * spread + 1)})"
    if inexact:
        least, most = _MIDDLE["real" if kind.name in ("real", "float") else "double"]
        changed = bounded(f"{value} * ({millionths} * 0.000001)", kind)
        usual = f"abs({value}) BETWEEN {least} AND {most}"
        return sql.cast(f"CASE WHEN {usual} THEN {changed} ELSE {value} END", kind)
    exact = sql.decimal(value, kind)
    size = f"round(abs({exact}) * ({millionths} * 0.000001), {sql.scale(value, kind)})"
    size = f"greatest({size}, {sql.unit(value, kind)})"
    size = f"least({size}, {kind.largest})" if kind.largest else size
    return sql.finite(value, sql.cast(f"sign({exact}) * {size}", kind), kind)


def bounded(number: str, kind: ColumnType) -> str:
    """Return a number, or the closest to it that fits the column."""
    limit = kind.largest
    return f"greatest(least({number}, {limit}), -{limit})" if limit else number


def phone(column: Column) -> str:
    """`+999` and 12 digits: the country code is nobody's. Narrow columns get 555-0100 to 555-0199."""
    sql = column.sql
    plus = "'+999'" if column.type.room(16) == 16 else "'999'"
    if column.type.room(15) < 15 and not column.unique:
        column.needs(8)
        return sql.join(_FICTION, sql.padded(sql.number(column.digest(), 100), 2))
    column.needs(15)
    permutation = Permutation(sql, column.keys, column.mask)
    digits = sql.integer(sql.join("'0'", f"right({sql.digits(column.text)}, 12)"))
    return sql.let(
        digits,
        lambda number: sql.join(plus, sql.padded(permutation.of(number, _PHONE), 12)),
        of="integer",
    )


def national_id(column: Column) -> str:
    """`X` and letters and digits, with more than 5 bits in each."""
    column.needs(1 + _ID_LEAST if column.unique else 1)
    letters = column.type.room(1 + _ID_LETTERS) - 1
    return column.sql.join("'X'", column.sql.code(column.digest(), letters))
