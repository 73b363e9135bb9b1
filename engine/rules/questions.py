"""Questions to the source about a rule: how many rows it meets, and what values look like.

They are made of the user's own text, cut by the tokenizer, and run in a read-only transaction.
"""

from ..model.analysis import Analysis
from ..model.catalog import Table
from ..model.identifier import quote, quoted
from .masking import Masker


def count_query(analysis: Analysis, table: Table, masker: Masker) -> str:
    """Return the SELECT that counts the rows that a rule touches, or those of a table that it empties."""
    if analysis.kind == "truncate":
        return f"SELECT count(*) FROM {quoted(table.name)}"
    return f"SELECT count(*) FROM {_named(analysis, table)}{_where(analysis, table, masker)}"


def shape_query(analysis: Analysis, table: Table, rows: int, masker: Masker) -> str:
    """Return the SELECT of the shapes before and after, a pair for each assignment, of a few rows."""
    pairs = ", ".join(
        f"{_shape(quote(one.column))}, {_shape(masker.text(one.value.text, table, assigned=one.column))}"
        for one in analysis.assignments
    )
    return f"SELECT {pairs} FROM {_named(analysis, table)}{_where(analysis, table, masker)} LIMIT {rows}"


def _named(analysis: Analysis, table: Table) -> str:
    """Return the rule's own table as its condition and values call it."""
    target = analysis.targets[0]
    only = "ONLY " if target.only else ""
    return f"{only}{quoted(table.name)} AS {quote(target.alias)}"


def _where(analysis: Analysis, table: Table, masker: Masker) -> str:
    return f" WHERE ({masker.text(analysis.where.text, table)})" if analysis.where else ""


def _shape(value: str) -> str:
    """Return SQL that keeps the kind of every character and none of its identity."""
    text = f"pg_catalog.left(({value})::pg_catalog.text, 60)"
    for signs, stands_for in (("[A-Z]", "A"), ("[a-z]", "a"), ("[0-9]", "9"), ("[^ -~]", "a")):
        text = f"pg_catalog.regexp_replace({text}, '{signs}', '{stands_for}', 'g')"
    return text
