"""Rules as text that a person reads: names quoted where they have to be, a line for each column."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot.tokenizer_core import TokenType

from ..masks.expression import expression, identifier
from ..masks.types import parse_type
from ..model.catalog import Column, Table, TableName
from ..model.errors import ArgumentInvalid
from ..model.fence import clean
from ..model.identifier import literal
from ..model.rules import Rule
from ..model.suggestion import NULL, Use
from ..model.url import Engine
from .masking import SCHEMA, Masker
from .tokens import tokens_of

PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
# What PostgreSQL reads as something else where a name may stand.
RESERVED = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check
    collate collation column concurrently constraint create cross current_catalog current_date
    current_role current_schema current_time current_timestamp current_user default deferrable desc
    distinct do else end except false fetch for foreign freeze from full grant group having ilike in
    initially inner intersect into is isnull join lateral leading left like limit localtime
    localtimestamp natural not notnull null offset on only or order outer overlaps placing primary
    references returning right select session_user similar some symmetric system_user table tablesample
    then to trailing true union unique user using variadic verbose when where window with
    """.split()
)
INDENT = "    "
WIDTH = 110
OPENING, TEMPLATE = "{{", re.compile(r"\{\{\s*`")
LONGEST_COMMENT = 400


@dataclass(frozen=True, slots=True)
class Line:
    """What one column is set to, None if a person has to decide, and the comment behind it."""

    column: str
    value: str | None
    comment: str


def spelled(name: str, engine: Engine) -> str:
    """Return a name as SQL, quoted unless it means the same without quotes."""
    tokens = tokens_of(Rule(0, "name", name, ()), engine) if PLAIN.fullmatch(name) else None
    plain = tokens is not None and len(tokens) == 1 and tokens.kind(0) == TokenType.VAR
    return name if plain and name not in RESERVED else identifier(name, engine=engine)


def spelled_table(table: TableName, engine: Engine) -> str:
    """Return a table's name with its schema as SQL."""
    return f"{spelled(table.schema, engine)}.{spelled(table.name, engine)}"


def value_of(use: Use, column: Column, engine: Engine) -> str:
    """Return the SQL that a column is set to."""
    own = spelled(column.name, engine)
    if not use.fields:
        return use.literal or _call(use, own)
    fields = ", ".join(_field(own, name, inner, engine=engine) for name, inner in use.fields)
    return f"CASE WHEN {own} IS NULL THEN NULL ELSE ROW({fields})::{column.type} END"


def unfit(use: Use, table: Table, column: Column, masker: Masker) -> str:
    """Return why a column cannot be set to that by its type, length or keys; empty if it can."""
    names = (table.name.schema, table.name.name, column.name, *(name for name, _ in use.fields))
    if any("\r" in name for name in names):
        return "a carriage return is in its name, and in no rule"
    if use == NULL:
        return "" if column.nullable else "it refuses NULL"
    if not use.mask:
        return ""
    type_, unique = masker.needs(table, column)
    own, needed = parse_type(column.made_of or column.type).length, parse_type(type_).length
    if own is not None and own < (needed or own + 1):
        return f"`{column.name}` takes {own} characters, and what it refers to more"
    spec = f"{use.mask}({', '.join(map(literal, use.options))})" if use.options else use.mask
    try:
        expression(spec, "value", engine=masker.engine, key=masker.key, type=type_, unique=unique)
    except ArgumentInvalid as error:
        return error.message
    return ""


def update(table: TableName, lines: Sequence[Line], engine: Engine) -> str:
    """Return one UPDATE, what a person has to decide as comments in it; all of it if nothing else is left."""
    chosen = [line for line in lines if line.value is not None]
    open_ = [line for line in lines if line.value is None]
    written = [
        f"{INDENT}-- {clean(spelled(line.column, engine))} = ...,  -- {_comment(line)}" for line in open_
    ]
    for place, line in enumerate(chosen, 1):
        comma = "," if place < len(chosen) else ""
        written.append(f"{INDENT}{spelled(line.column, engine)} = {line.value}{comma}  -- {_comment(line)}")
    head = f"UPDATE {spelled_table(table, engine)} SET"
    if not chosen:
        return "\n".join((f"-- {clean(head, LONGEST_COMMENT)}", *(f"-- {line.strip()}" for line in written)))
    return "\n".join((head, *written, ";"))


def commented(sentence: str) -> str:
    """Return a sentence as lines of comment, whatever it holds."""
    from textwrap import wrap

    return "\n".join(f"-- {line}" for line in wrap(clean(sentence, 4 * LONGEST_COMMENT), WIDTH - 3) or [""])


def as_it_stands(sql: str) -> str:
    """Return SQL in which nothing counts as a template that is expanded before it runs."""
    return sql.replace(OPENING, f"{OPENING}`{OPENING}`}}}}") if TEMPLATE.search(sql) else sql


def _call(use: Use, value: str) -> str:
    arguments = [value, *map(literal, use.options)]
    if len(", ".join(arguments)) > WIDTH - 40 and len(use.options) > 2:
        # A path and its mask stay together.
        pairs = (", ".join(arguments[place : place + 2]) for place in range(1, len(arguments), 2))
        arguments = [value, *(f"\n{INDENT}{INDENT}{pair}" for pair in pairs)]
    listed = ", ".join(arguments).replace(", \n", ",\n")
    return f"{SCHEMA}.{use.mask.replace('-', '_')}({listed})"


def _field(own: str, name: str, use: Use | None, *, engine: Engine) -> str:
    value = f"({own}).{spelled(name, engine)}"
    if use is None:
        return value
    return use.literal or _call(use, value)


def _comment(line: Line) -> str:
    return clean(line.comment, LONGEST_COMMENT)
