"""Values that differ because a key in them does, as in `'user' || id`: the source need not compare them."""

import re
from collections.abc import Mapping
from typing import Protocol

from ..model.pushdown import ColumnFacts, TableFacts, UniqueFacts
from .values_mysql import INTEGER, kind_of

# PostgreSQL's `text` and `character varying`, below all domains.
PLAIN_TEXT = frozenset((25, 1043))
# A text that holds no mark which could end it otherwise.
LITERAL = r"'(?:[^'\\]|'')*'"
# What looks like a column and is none.
WORD = re.compile(r"user|localtime\w*|(current|session|system)_\w+|true|false|null|default")


class Numbered(Protocol):
    """Rows of a table as rules leave them; `numbered` has the columns with a key in every row, and which."""

    table: TableFacts
    touched: set[str]
    numbered: dict[str, str]


def note(rows: Numbered, alias: str, values: Mapping[str, str], condition: str | None, mark: str) -> None:
    """Note after an UPDATE which columns are numbered; `mark` stands around identifiers."""
    for name, value in values.items():
        rows.numbered.pop(name, None)
        key = _number_in(value, rows.table, alias, mark) if condition is None else None
        if key is not None:
            rows.numbered[name] = key


def stays_apart(index: UniqueFacts, rows: Numbered) -> bool:
    """Tell whether a unique index is on a text that is numbered by what no rule touches."""
    column = rows.table.column(index.key_columns[0]) if _is_simple(index) else None
    number = rows.numbered.get(column.name) if column and _is_text(column) else None
    return number is not None and number not in rows.touched


def _number_in(value: str, table: TableFacts, alias: str, mark: str) -> str | None:
    """Return the whole number or UUID, a key by itself, that is the only thing in a value that varies.

    Whatever is not surely so gives None.
    """
    name = rf"(?:(?P<row>\w+)\.)?(?P<mark>{mark}?)(?P<name>\w+)(?P=mark)"
    with_bars = rf"(?:{LITERAL}\s*\|\|\s*)*{name}(?:::text)?(?:\s*\|\|\s*{LITERAL})*"
    with_commas = rf"concat\(\s*(?:{LITERAL}\s*,\s*)*{name}(?:\s*,\s*{LITERAL})*\s*\)"
    # `||` is OR in MySQL.
    forms = (with_commas, with_bars) if mark == '"' else (with_commas,)
    flags = re.IGNORECASE | re.ASCII
    found = next(filter(None, (re.fullmatch(form, value.strip(), flags) for form in forms)), None)
    if found is None or found["row"] not in (None, alias):
        return None
    called = found["name"] if found["mark"] else found["name"].lower()
    column = table.column(called)
    if column is None or not column.not_null or (WORD.fullmatch(called) and not found["mark"]):
        return None
    whole = INTEGER.fullmatch(column.type) or column.type == "uuid"
    key = any(_is_simple(one) and one.valid and one.key_columns == (called,) for one in table.unique)
    return called if whole and key else None


def _is_simple(index: UniqueFacts) -> bool:
    return len(index.key_columns) == 1 and not index.opaque and not index.excludes


def _is_text(column: ColumnFacts) -> bool:
    """Tell whether digits that differ make texts that do; only PostgreSQL's types have numbers."""
    return column.base in PLAIN_TEXT if column.base else kind_of(column) == "text"
