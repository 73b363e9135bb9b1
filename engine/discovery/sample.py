"""The questions that sampling asks: few rows of many columns each, never a whole table."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..model.catalog import Column, Table, TableName
from ..model.identifier import quote, quoted
from ..model.url import Engine
from .types import Family, Types

ROWS = 200
FIRST_ROWS = 50
SPARSE_ROWS = 50
SMALL = 2_000
PAGES, PAGE, ROW_BYTES = 20, 8192, 100
PLACES = 15
LARGE = 5_000_000
COLUMNS_AT_ONCE = 60
LONGEST_TEXT = 4_000
LONGEST_TREE = 20_000
WHOLE = re.compile(r"(small|medium|big)?int\b.*")


@dataclass(frozen=True, slots=True)
class Question:
    """One query and the columns that its answer has, in order."""

    table: TableName
    columns: tuple[str, ...]
    query: str


def questions(table: Table, rows: int, types: Types, engine: Engine = "postgres") -> Iterator[Question]:
    """Ask for a sample of every column that can tell something; `rows` is an estimate.

    Of a large table it is rows from all over it and a few of its first.
    """
    chosen = [(column, cut) for column in table.columns if (cut := _cut(table, column, types, engine))]
    for start in range(0, len(chosen), COLUMNS_AT_ONCE):
        some = chosen[start : start + COLUMNS_AT_ONCE]
        plain = f"SELECT {', '.join(cut for _, cut in some)} FROM "
        name = quoted(table.name, engine)
        query = f"{plain}{name} LIMIT {ROWS}"
        if rows > SMALL:
            over = _by_key(table, plain, name) if engine == "mysql" else _by_pages(table, rows, plain, name)
            query = f"{over} UNION ALL ({plain}{name} LIMIT {FIRST_ROWS})" if over else query
        yield Question(table.name, tuple(column.name for column, _ in some), query)


def _by_pages(table: Table, rows: int, plain: str, name: str) -> str:
    """Draw whole pages, as many as make none unlikely, and rows from all of them."""
    share = min(1.0, max(ROWS / rows, PAGES * PAGE / (table.bytes or rows * ROW_BYTES)))
    drawn = f"SELECT * FROM {name} TABLESAMPLE SYSTEM ({100 * share:.6f}) REPEATABLE (1)"
    spread = f"{drawn} ORDER BY pg_catalog.md5(ctid::pg_catalog.text) LIMIT {ROWS - FIRST_ROWS}"
    return f"({plain}({spread}) AS spread)"


def _by_key(table: Table, plain: str, name: str) -> str:
    """Draw a few rows from each of some places of a key of numbers; empty without one."""
    first = table.primary_key[:1]
    column = next((one for one in table.columns if (one.name,) == first), None)
    if column is None or WHOLE.fullmatch(column.type) is None:
        return ""
    key = quote(column.name, "mysql")
    # Divided before they are subtracted, as the difference of the largest and the smallest fits no number.
    width = f"(MAX({key}) DIV {PLACES} - MIN({key}) DIV {PLACES})"
    share = (ROWS - FIRST_ROWS) // PLACES
    # Out of a table in FROM the place would be no constant, and every row before it would be read.
    drawn = (
        f"({plain}{name} WHERE {key} >= (SELECT MIN({key}) + {width} * {place} FROM {name})"
        f" ORDER BY {key} LIMIT {share})"
        for place in range(PLACES)
    )
    return " UNION ALL ".join(drawn)


def sparse_question(
    table: Table, column: Column, types: Types, engine: Engine = "postgres"
) -> Question | None:
    """Ask for the values of a column that is almost always NULL; None if they tell nothing."""
    if not (cut := _cut(table, column, types, engine)):
        return None
    where = f"{quote(column.name, engine)} IS NOT NULL LIMIT {SPARSE_ROWS}"
    query = f"SELECT {cut} FROM {quoted(table.name, engine)} WHERE {where}"
    return Question(table.name, (column.name,), query)


def worth_a_second_look(column: Column, family: Family, rows: int) -> bool:
    """Tell whether a column without any value in the sample is asked for again."""
    return column.nullable and rows <= LARGE and family in ("text", "json", "array", "composite")


def _cut(table: Table, column: Column, types: Types, engine: Engine) -> str:
    """Return the expression that brings a bounded text of a column, empty if its values tell nothing."""
    name, length = quote(column.name, engine), _length(table, column, types)
    if not length:
        return ""
    if engine == "mysql":
        if types.family(column.type) == "geo":
            return ""  # bytes, and no text
        return f"LEFT(CONVERT({name} USING utf8mb4), {length})"
    as_text = "to_jsonb({})::text" if types.family(column.type) in ("array", "composite") else "{}::text"
    return f"left({as_text.format(name)}, {length})"


def _length(table: Table, column: Column, types: Types) -> int:
    """Return how much of a column's text is looked at, 0 if its values tell nothing."""
    family = types.family(column.type)
    if family in ("array", "composite"):
        inner = types.family(types.element(column.type)) if family == "array" else "text"
        return LONGEST_TREE if inner in ("text", "json", "composite", "network") else 0
    if family in ("text", "json", "network", "mac", "geo"):
        return LONGEST_TREE if family == "json" else LONGEST_TEXT
    if family == "date":
        return 10
    keys = {*table.primary_key, *(key for foreign in table.foreign_keys for key in foreign.columns)}
    return 40 if family == "number" and column.name not in keys and not column.identity else 0
