"""What of a column can be read in the value that takes its place: rearranged, decorated, encoded, shortened.

By the expression alone; what it is not sure of, it does not name. JSON documents are not judged by it:
`||` overwrites keys there.
"""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from sqlglot import exp

LITTLE = 4
"""So many characters less leave a value what it was."""

Found: TypeAlias = tuple[exp.Column, int | None]
"""A column, and how many of its characters stay, None for all."""

# By the parser's names, and the server's where the parser has none of its own.
_FIRST = """
Paren Collate Upper Lower Initcap Reverse Trim Repeat Nullif Replace Encode Decode Normalize Hex ToBase64
StringToArray ArrayAppend ArrayRemove upper lower initcap reverse trim btrim ltrim rtrim repeat replace
encode decode convert_to convert_from normalize unaccent to_ascii quote_literal quote_ident quote_nullable
to_json to_jsonb regexp_split_to_array array_to_string array_to_json
Stuff Compress WeightString aes_encrypt json_quote json_unquote quote
"""
FIRST = frozenset(_FIRST.split())
_EVERY = """
Concat ConcatWs DPipe Coalesce Array Elt Format Greatest JSONObject JSONArray JSONKeyValue Least Tuple concat
concat_ws format json_build_object jsonb_build_object json_build_array jsonb_build_array array_cat row
"""
EVERY = frozenset(_EVERY.split())
SIZED = frozenset(("Left", "Right", "left", "right", "Pad", "lpad", "rpad"))
LOSING = frozenset((exp.DType.DATE, exp.DType.TIME, exp.DType.TIMETZ, exp.DType.BOOLEAN))


def kept(value: exp.Expr) -> Iterator[Found]:
    """Yield the columns that can be read in a value, in some row at least."""
    name = value.name.lower() if isinstance(value, exp.Anonymous) else type(value).__name__
    arguments = [*value.iter_expressions()]
    if isinstance(value, exp.Column):
        if not isinstance(value.this, exp.Star):
            yield value, None
    elif isinstance(value, exp.Case):
        yield from _branches(value.args.get("ifs") or (), value.args.get("default"))
    elif isinstance(value, exp.If):
        yield from _branches((value,), value.args.get("false"))
    elif isinstance(value, exp.Cast):
        yield from _cast(value)
    elif isinstance(value, exp.Substring) or name in ("substr", "mid"):
        yield from _part(arguments)
    elif name in SIZED:
        yield from _shortened(arguments)
    elif name in FIRST or (name in ("Translate", "translate") and _permutes(arguments[1:])):
        yield from kept(arguments[0])
    elif name in EVERY:
        yield from (found for argument in arguments for found in kept(argument))


def _branches(branches: Sequence[exp.Expr], otherwise: exp.Expr | None) -> Iterator[Found]:
    """Yield what the results of a CASE have; what its condition names in full anyway is no secret."""
    for branch in branches:
        condition, result = branch.this, branch.args.get("true")
        told = isinstance(condition, exp.EQ | exp.Is) and isinstance(
            condition.expression, exp.Literal | exp.Null
        )
        if result is not None and not (told and condition.this == result):
            yield from kept(result)
    if otherwise is not None:
        yield from kept(otherwise)


def _cast(cast: exp.Cast) -> Iterator[Found]:
    to = cast.to
    size = _number(to.expressions[0].this) if to.expressions else None
    alone = to.this in (exp.DType.CHAR, exp.DType.NCHAR) and not to.expressions
    if to.this not in LOSING:
        characters = to.this in exp.DataType.TEXT_TYPES
        yield from _at_most(kept(cast.this), 1 if alone else size if characters else None)


def _part(arguments: list[exp.Expr]) -> Iterator[Found]:
    """Yield what `substr(value, start, length)` leaves."""
    start = _number(arguments[1]) if len(arguments) > 1 else 1
    length = _number(arguments[2]) if len(arguments) > 2 else None
    if start is not None and start <= 1 + LITTLE and (len(arguments) < 3 or length is not None):
        yield from _at_most(kept(arguments[0]), length)


def _shortened(arguments: list[exp.Expr]) -> Iterator[Found]:
    """Yield what `left(value, n)` and its like leave, n below zero being what is cut off."""
    size = _number(arguments[1]) if len(arguments) > 1 else None
    if size is not None and size >= -LITTLE:
        yield from _at_most(kept(arguments[0]), None if size < 0 else size)


def _at_most(found: Iterator[Found], most: int | None) -> Iterator[Found]:
    for column, characters in found:
        yield column, characters if most is None else most if characters is None else min(most, characters)


def _permutes(arguments: list[exp.Expr]) -> bool:
    """Tell whether signs take each other's places, which anybody turns back."""
    signs = [argument.name for argument in arguments if isinstance(argument, exp.Literal)]
    return len(signs) == 2 and len(set(signs[0])) == len(signs[0]) and sorted(signs[0]) == sorted(signs[1])


def _number(node: exp.Expr) -> int | None:
    if isinstance(node, exp.Neg):
        number = _number(node.this)
        return None if number is None else -number
    plain = isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit()
    return int(node.name) if plain else None
