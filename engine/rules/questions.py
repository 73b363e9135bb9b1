"""Questions to the source about a rule: how many rows it meets, and what values look like.

They are made of the user's own text, cut by the tokenizer, and run in a read-only transaction.
"""

from ..model.analysis import Analysis
from ..model.catalog import Table
from ..model.identifier import quote, quoted
from .masking import Masker

SHAPES = (("[A-Z]", "A"), ("[a-z]", "a"), ("[0-9]", "9"), ("[^ -~]", "a"))


def count_query(analysis: Analysis, table: Table, masker: Masker) -> str:
    """Return the SELECT that counts the rows that a rule touches, or those of a table that it empties."""
    if analysis.kind == "truncate":
        return f"SELECT count(*) FROM {quoted(table.name, masker.engine)}"
    return f"SELECT count(*) FROM {_named(analysis, table, masker)}{_where(analysis, table, masker)}"


def shape_query(analysis: Analysis, table: Table, rows: int, masker: Masker) -> str:
    """Return the SELECT of the shapes before and after, a pair for each assignment, of a few rows."""
    shape = _shape_in_mysql if masker.engine == "mysql" else _shape
    pairs = ", ".join(
        f"{shape(quote(one.column, masker.engine))},"
        f" {shape(masker.text(one.value.text, table, assigned=one.column))}"
        for one in analysis.assignments
    )
    where = _where(analysis, table, masker)
    return f"SELECT {pairs} FROM {_named(analysis, table, masker)}{where} LIMIT {rows}"


def _named(analysis: Analysis, table: Table, masker: Masker) -> str:
    """Return the rule's own table as its condition and values call it."""
    target = analysis.targets[0]
    only = "ONLY " if target.only else ""
    return f"{only}{quoted(table.name, masker.engine)} AS {quote(target.alias, masker.engine)}"


def _where(analysis: Analysis, table: Table, masker: Masker) -> str:
    return f" WHERE ({masker.text(analysis.where.text, table)}\n)" if analysis.where else ""


def _shape(value: str) -> str:
    """Return SQL that keeps the kind of every character and none of its identity."""
    text = f"pg_catalog.left(({value})::pg_catalog.text, 60)"
    for signs, stands_for in SHAPES:
        text = f"pg_catalog.regexp_replace({text}, '{signs}', '{stands_for}', 'g')"
    return text


def _shape_in_mysql(value: str) -> str:
    text = f"CONVERT(LEFT(({value}), 60) USING utf8mb4) COLLATE utf8mb4_bin"
    for signs, stands_for in SHAPES:
        text = f"REGEXP_REPLACE({text}, '(?-i){signs}', '{stands_for}')"
    return text
