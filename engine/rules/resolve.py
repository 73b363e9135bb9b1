"""Names of a statement beside a catalogue: what they mean, and what they come close to."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from ..model.analysis import Analysis, Relation, Resolved, Unknown
from ..model.catalog import Catalog, Table, TableName

SYSTEM_COLUMNS = frozenset(("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"))
SEARCH_PATH = ("public",)
TEMPORARY = "create temporary table"


def resolve(analysis: Analysis, catalog: Catalog, *, temporary: Iterable[str] = ()) -> Resolved:
    """Look up the tables and columns that a statement names, with search_path `public`.

    Unknown names are facts of the result, never errors. Columns are only looked up where it is clear of
    which tables they can be.

    Args:
        analysis: The statement.
        catalog: What the source has.
        temporary: Names of tables that earlier statements made.
    """
    made = frozenset(temporary)
    targets = tuple(find_table(relation, catalog) for relation in analysis.targets)
    reads = tuple(find_table(relation, catalog) for relation in analysis.reads)
    pairs = (*zip(analysis.targets, targets, strict=True), *zip(analysis.reads, reads, strict=True))
    unknown = tuple(
        Unknown("table", _written(relation), relation.line, tuple(_close_tables(relation, catalog)))
        for relation, found in pairs
        if found is None and not (relation.schema is None and relation.name in made)
    )
    names = (*targets, *reads)
    columns = () if None in names or made else tuple(_unknown_columns(analysis, catalog, pairs))
    return Resolved(analysis, targets, reads, (*unknown, *columns))


def resolve_all(analyses: Iterable[Analysis], catalog: Catalog) -> tuple[Resolved, ...]:
    """Look up the names of all statements; those of temporary tables that earlier ones make are known."""
    made, resolved = set[str](), list[Resolved]()
    for analysis in analyses:
        if analysis.kind == TEMPORARY:
            made.update(relation.name for relation in analysis.targets)
        resolved.append(resolve(analysis, catalog, temporary=made))
    return tuple(resolved)


def find_table(relation: Relation, catalog: Catalog) -> TableName | None:
    """Return the table that a name means, None if the catalogue has none."""
    schemas = SEARCH_PATH if relation.schema is None else (relation.schema,)
    names = (TableName(schema, relation.name) for schema in schemas)
    return next((name for name in names if catalog.table(name) is not None), None)


def closest(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return at most three known names that come close, the best first."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    return tuple(by_folded[near] for near in get_close_matches(name.casefold(), by_folded, n=3))


def _written(relation: Relation) -> str:
    return f"{relation.schema}.{relation.name}" if relation.schema else relation.name


def _close_tables(relation: Relation, catalog: Catalog) -> Iterator[str]:
    same = [table.name for table in catalog.tables if table.name.name == relation.name]
    yield from map(str, same)
    full = {str(table.name) for table in catalog.tables} - {str(name) for name in same}
    short = {
        (name.partition(".")[2] if name.startswith(f"{SEARCH_PATH[0]}.") else name): name for name in full
    }
    yield from (short[near] for near in closest(_written(relation), short))


def _unknown_columns(
    analysis: Analysis, catalog: Catalog, pairs: Iterable[tuple[Relation, TableName | None]]
) -> Iterator[Unknown]:
    tables = {relation.alias: table for relation, name in pairs if name and (table := catalog.table(name))}
    target = analysis.target
    own = tables.get(target.alias) if target else None
    if own is not None:
        for column in analysis.written:
            if column not in _names(own):
                yield Unknown("column", column, analysis.rule.line, closest(column, _names(own)), own.name)
    plain = analysis.features.isdisjoint(("with", "select", "from", "using", "conflict"))
    if own is None or not plain:
        return
    everything = frozenset(name for table in tables.values() for name in _names(table))
    for use in analysis.columns:
        if use.name == "*" or use.name in SYSTEM_COLUMNS or use.name in analysis.whole_rows:
            continue
        table = tables.get(use.qualified[0]) if len(use.qualified) == 1 else None
        if table is not None and use.name not in _names(table):
            yield Unknown("column", use.name, use.line, closest(use.name, _names(table)), table.name)
        elif not use.qualified and "subselect" not in analysis.features and use.name not in everything:
            yield Unknown("column", use.name, use.line, closest(use.name, _names(own)), own.name)


def _names(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns)
