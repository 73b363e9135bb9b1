"""Questions to the source about a rule: how many rows it meets, and what values look like.

They are made of the user's own text, cut by the tokenizer, and run in a read-only transaction.
"""

from ..model.analysis import Analysis
from ..model.catalog import Table
from ..model.identifier import quote, quoted
from .cut import Uncut
from .masking import Masker
from .scope import Scope, scope
from .tokens import tokens_of

SHAPES = (("[A-Z]", "A"), ("[a-z]", "a"), ("[0-9]", "9"), ("[^ -~]", "a"))


def count_query(analysis: Analysis, table: Table, masker: Masker) -> str:
    """Return the SELECT that counts the rows that a rule touches, adds, or empties a table of.

    Raises:
        Uncut: none does; the message says why.
    """
    if analysis.kind == "truncate":
        return f"SELECT count(*) FROM {quoted(table.name, masker.engine)}"
    named = _named(analysis, table, masker)
    if not _apart(analysis):
        return f"SELECT count(*) FROM {named}{_where(analysis, table, masker)}"
    found = scope(analysis, tokens_of(analysis.rule, masker.engine))
    if found.given is not None:
        return f"SELECT {found.given}"
    before, beside, where, rows = _texts(found, table, masker)
    if rows:
        return f"{before}SELECT count(*) FROM ({rows}\n) AS added"
    if beside and masker.engine == "mysql":
        return _count_met(analysis, table, beside, where)
    joined = f" WHERE EXISTS (SELECT FROM {beside}\n{where})" if beside else where
    return f"{before}SELECT count(*) FROM {named}{joined}"


def _count_met(analysis: Analysis, table: Table, beside: str, where: str) -> str:
    """Return the SELECT that counts the rows of a table that a join meets, each once.

    Raises:
        Uncut: nothing tells one row from another.
    """
    alias = quote(analysis.targets[0].alias, "mysql")
    key = [f"{alias}.{quote(name, 'mysql')}" for name in table.primary_key]
    if not key:
        raise Uncut("it has no primary key to count its rows by")
    there = f"{where or ' WHERE TRUE'} AND {key[0]} IS NOT NULL"
    return f"SELECT count(*) FROM (SELECT DISTINCT {', '.join(key)} FROM {beside}\n{there}) AS met"


def shape_query(analysis: Analysis, table: Table, rows: int, masker: Masker) -> str:
    """Return the SELECT of the shapes before and after, a pair for each assignment, of a few rows.

    Of rows that are added there is none before.

    Raises:
        Uncut: none does; the message says why.
    """
    engine = masker.engine
    shape = _shape_in_mysql if engine == "mysql" else _shape
    named = _named(analysis, table, masker)
    sets = [one for one in analysis.sets if not one.into]
    if not _apart(analysis):
        before, source = "", f"{named}{_where(analysis, table, masker)}"
    else:
        found = scope(analysis, tokens_of(analysis.rule, engine))
        before, beside, where, added = _texts(found, table, masker)
        if added:
            columns = [quote(name, engine) for name in analysis.written]
            pairs = ", ".join(f"NULL, {shape(f'added.{column}')}" for column in columns)
            return f"{before}SELECT {pairs} FROM ({added}\n) AS added ({', '.join(columns)}) LIMIT {rows}"
        own = "" if beside and engine == "mysql" else named
        source = f"{', '.join(filter(None, (own, beside)))}\n{where}"
    alias = quote(analysis.targets[0].alias, engine)
    pairs = ", ".join(
        f"{shape(f'{alias}.{quote(one.column, engine)}')},"
        f" {shape(masker.text(one.value.text, table, assigned=one.column))}"
        for one in sets
    )
    return f"{before}SELECT {pairs} FROM {source} LIMIT {rows}"


def _apart(analysis: Analysis) -> bool:
    """Tell whether a statement is more than an update or delete that was cut."""
    return analysis.kind == "insert" or bool(analysis.reasons)


def _texts(found: Scope, table: Table, masker: Masker) -> tuple[str, str, str, str]:
    before, beside, where, rows = (
        masker.text(text, table) if text else ""
        for text in (found.before, found.beside, found.where, found.rows)
    )
    return before and f"{before}\n", beside, f" WHERE ({where}\n)" if where else "", rows


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
