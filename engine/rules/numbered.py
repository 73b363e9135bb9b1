"""Values that differ because a key in them does, as in `'user' || id`: the source need not compare them."""

import re
from collections.abc import Container, Mapping, MutableMapping

from ..model.pushdown import TableFacts, UniqueFacts
from .values_mysql import INTEGER as INTEGER_OF_MYSQL

# A text that holds no mark which could end it otherwise.
LITERAL = r"'(?:[^'\\]|'')*'"
INTEGER = re.compile(rf"smallint|integer|bigint|{INTEGER_OF_MYSQL.pattern}|uuid")
# PostgreSQL's `text` and `character varying`, below all domains, and MySQL's.
BASES = frozenset((25, 1043))
# What looks like a column and is none.
FUNCTION = re.compile(r"user|localtime\w*|(current|session|system)_\w+")
TEXT = re.compile(r"varchar\(\d+\)|(tiny|medium|long)?text")


def numbered_by(value: str, table: TableFacts, alias: str, mark: str) -> str | None:
    """Return the whole number or UUID, a key by itself, that is the only thing in a value that varies.

    `mark` stands around identifiers. Whatever is not surely so gives None.
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
    if not (found["mark"] or found["row"]) and FUNCTION.fullmatch(called):
        return None
    if column is None or not column.not_null or not INTEGER.fullmatch(column.type):
        return None
    keys = (key for key in table.unique if _is_of(key, column.name))
    return column.name if any(key.valid and key.predicate is None for key in keys) else None


def note(
    numbered: MutableMapping[str, str],
    values: Mapping[str, str],
    condition: str | None,
    *,
    table: TableFacts,
    alias: str,
    mark: str,
) -> None:
    """Note after an UPDATE which columns are numbered in every row, and by what."""
    for name, value in values.items():
        numbered.pop(name, None)
        key = numbered_by(value, table, alias, mark) if condition is None else None
        if key is not None:
            numbered[name] = key


def stays_apart(
    key: UniqueFacts, table: TableFacts, touched: Container[str], numbered: Mapping[str, str]
) -> bool:
    """Tell whether a unique key is of a text that is numbered in every row, by what no rule touches."""
    column = table.column(key.columns[0]) if len(key.columns) == 1 else None
    if column is None or not _is_of(key, column.name):
        return False
    text = column.base in BASES or bool(TEXT.fullmatch(column.type))
    return text and column.name in numbered and numbered[column.name] not in touched


def _is_of(key: UniqueFacts, column: str) -> bool:
    """Tell whether a key is of one column as it is."""
    plain = [name.strip('"`') for name in key.keys] == [column] and key.columns == (column,)
    return plain and not key.opaque and not key.excludes
