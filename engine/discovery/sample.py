"""The questions that sampling asks: few rows of many columns each, never a whole table."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..model.catalog import Column, Table, TableName
from ..model.identifier import quote, quoted
from .types import Family, Types

ROWS = 200
FIRST_ROWS = 50
SPARSE_ROWS = 50
SMALL = 2_000
PAGES, PAGE, ROW_BYTES = 20, 8192, 100
LARGE = 5_000_000
COLUMNS_AT_ONCE = 60
LONGEST_TEXT = 4_000
LONGEST_TREE = 20_000


@dataclass(frozen=True, slots=True)
class Question:
    """One query and the columns that its answer has, in order."""

    table: TableName
    columns: tuple[str, ...]
    query: str


def questions(table: Table, rows: int, types: Types) -> Iterator[Question]:
    """Ask for a sample of every column that can tell something; `rows` is an estimate.

    Of a large table it is rows from all over it and a few of its first, through TABLESAMPLE.
    """
    chosen = [(column, cut) for column in table.columns if (cut := _cut(table, column, types))]
    for start in range(0, len(chosen), COLUMNS_AT_ONCE):
        some = chosen[start : start + COLUMNS_AT_ONCE]
        wanted = ", ".join(cut for _, cut in some)
        plain = f"SELECT {wanted} FROM {quoted(table.name)}"
        query = f"{plain} LIMIT {ROWS}"
        if rows > SMALL:
            # Whole pages are drawn, as many as make none unlikely, and rows from all of them.
            share = min(1.0, max(ROWS / rows, PAGES * PAGE / (table.bytes or rows * ROW_BYTES)))
            sample = f"TABLESAMPLE SYSTEM ({100 * share:.6f}) REPEATABLE (1)"
            drawn = f"SELECT * FROM {quoted(table.name)} {sample}"
            spread = f"{drawn} ORDER BY pg_catalog.md5(ctid::pg_catalog.text) LIMIT {ROWS - FIRST_ROWS}"
            over = f"SELECT {wanted} FROM ({spread}) AS spread"
            query = f"({over}) UNION ALL ({plain} LIMIT {FIRST_ROWS})"
        yield Question(table.name, tuple(column.name for column, _ in some), query)


def sparse_question(table: Table, column: Column, types: Types) -> Question | None:
    """Ask for the values of a column that is almost always NULL; None if they tell nothing."""
    if not (cut := _cut(table, column, types)):
        return None
    where = f"{quote(column.name)} IS NOT NULL LIMIT {SPARSE_ROWS}"
    query = f"SELECT {cut} FROM {quoted(table.name)} WHERE {where}"
    return Question(table.name, (column.name,), query)


def worth_a_second_look(column: Column, family: Family, rows: int) -> bool:
    """Tell whether a column without any value in the sample is asked for again."""
    return column.nullable and rows <= LARGE and family in ("text", "json", "array", "composite")


def _cut(table: Table, column: Column, types: Types) -> str:
    """Return the expression that brings a bounded text of a column, empty if its values tell nothing."""
    name, family = quote(column.name), types.family(column.type)
    if family in ("array", "composite"):
        inner = types.family(types.element(column.type)) if family == "array" else "text"
        if inner not in ("text", "json", "composite", "network"):
            return ""
        return f"left(to_jsonb({name})::text, {LONGEST_TREE})"
    if family in ("text", "json", "network", "mac", "geo"):
        return f"left({name}::text, {LONGEST_TREE if family == 'json' else LONGEST_TEXT})"
    if family == "date":
        return f"left({name}::text, 10)"
    keys = {*table.primary_key, *(key for foreign in table.foreign_keys for key in foreign.columns)}
    if family == "number" and column.name not in keys and not column.identity:
        return f"left({name}::text, 40)"
    return ""
