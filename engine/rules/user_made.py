"""Where a statement would run a function that users wrote, without naming it or in place of a known one.

The parser does not know types, and the server decides by them. So whatever could be meant counts: where an
operand's type is the users' own, only a statement that has that type to do with.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from sqlglot import exp
from sqlglot.errors import SqlglotError

from ..model.analysis import Attribute, ColumnUse, Resolved
from ..model.catalog import Cast, Catalog, Column, Table

# What a literal becomes, its own type says and no cast.
LITERAL = re.compile(r"(?:'(?:[^']|'')*'|NULL|DEFAULT)", re.IGNORECASE)


def user_made(rule: Resolved, catalog: Catalog) -> Iterator[str]:
    """Yield what of users' own making a statement would run, in words."""
    made, analysis = catalog.user_made, rule.analysis
    yield from (words for one in analysis.attributes if (words := _called(one, rule, catalog)))
    for name in analysis.functions:
        if "." not in name and name in made.functions:
            yield f"`{name}`, which is also the name of a function that a user wrote"
    for operator in made.operators:
        own = {plain(one) for one in made.types.intersection(operator.operands)}
        used = operator.name in analysis.operators
        if used and (not own or own & {*_set(rule, catalog), *_mentioned(rule, catalog)}):
            yield f"the operator `{operator.name}` of `{'` and `'.join(operator.operands)}`"
    for cast in made.casts:
        if _casts(rule, cast, catalog):
            yield f"the cast from `{cast.source}` to `{cast.target}`"


@lru_cache(1000)
def plain(type_: str) -> str:
    """Return a type without schema, length and the like, by one name where it has several."""
    try:
        found = exp.DataType.build(type_, dialect="postgres", udt=True)
    except (SqlglotError, ValueError):
        return type_
    return of_type(found)


def of_type(type_: exp.Expr) -> str:
    """Return a type as `plain` does."""
    if type_.this != exp.DType.USERDEFINED:
        return str(getattr(type_.this, "value", type_.this)).lower()
    kind = type_.args.get("kind")
    last = str(kind.name if isinstance(kind, exp.Expr) else kind)
    return last.rpartition(".")[2].strip('"')


def _called(one: Attribute, rule: Resolved, catalog: Catalog) -> str | None:
    """Say what is called, None if it is a field."""
    written = ".".join(one.path)
    tables = [*_tables(one.column, rule, catalog)]
    columns = [column for table in tables if (column := _column(table, one.column.name))]
    row = not columns and one.column.name in rule.analysis.whole_rows
    whole = [*_tables_by(one.column.name, rule, catalog)] if row else []
    if columns and all(written in column.fields for column in columns):
        return None
    if whole and all(_column(table, one.path[0]) for table in whole):
        return None
    return f"`{one.path[-1]}`, which follows `{one.column.name}` and is no field of it"


def _casts(rule: Resolved, cast: Cast, catalog: Catalog) -> bool:
    """Tell whether a statement could do a cast: it says so, or it has to do with what is cast unsaid."""
    source, target = plain(cast.source), plain(cast.target)
    said = target in rule.analysis.casts
    unsaid = cast.context != "explicit"
    if cast.source in catalog.user_made.types:
        return (said or unsaid) and source in {*_set(rule, catalog), *_mentioned(rule, catalog)}
    into = {*_set(rule, catalog), *(_mentioned(rule, catalog) if cast.context == "implicit" else ())}
    return said or (unsaid and target in into)


def _set(rule: Resolved, catalog: Catalog) -> Iterator[str]:
    """Yield the types of columns that a statement sets to more than a literal."""
    own = catalog.table(rule.targets[0]) if rule.targets and rule.targets[0] else None
    for one in rule.analysis.sets if own is not None else ():
        column = _column(own, one.column) if own is not None else None
        if column is not None and not LITERAL.fullmatch(one.value.text.strip()):
            yield from _of_column(column)


def _mentioned(rule: Resolved, catalog: Catalog) -> Iterator[str]:
    """Yield the types that a statement reads columns, casts or rows of."""
    analysis = rule.analysis
    for use in analysis.columns:
        for table in _tables(use, rule, catalog):
            if (column := _column(table, use.name)) is not None:
                yield from _of_column(column)
    for name in analysis.whole_rows:
        yield from (table.name.name for table in _tables_by(name, rule, catalog))
    yield from analysis.casts


def _of_column(column: Column) -> Iterator[str]:
    yield from (plain(one) for one in (column.type, column.made_of) if one)


def _tables(use: ColumnUse, rule: Resolved, catalog: Catalog) -> Iterator[Table]:
    """Yield the tables whose column it can be."""
    yield from _tables_by(use.qualified[-1] if use.qualified else None, rule, catalog)


def _tables_by(alias: str | None, rule: Resolved, catalog: Catalog) -> Iterator[Table]:
    relations = (*rule.analysis.targets, *rule.analysis.reads)
    for relation, name in zip(relations, (*rule.targets, *rule.reads), strict=True):
        table = catalog.table(name) if name is not None else None
        if table is not None and alias in (None, relation.alias):
            yield table


def _column(table: Table, name: str) -> Column | None:
    return next((column for column in table.columns if column.name == name), None)
