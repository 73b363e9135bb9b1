"""Names of a statement beside a catalogue: what they mean, and what they come close to."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from ..model.analysis import Analysis, Relation, Resolved, Unknown
from ..model.catalog import Catalog, Table, TableName
from .spelling import respelled

SYSTEM_COLUMNS = frozenset(("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"))
TEMPORARY = "create temporary table"
DEFINING = frozenset(("create", "drop", "alter"))


def resolve(analysis: Analysis, catalog: Catalog, *, temporary: Iterable[str] = ()) -> Resolved:
    """Look up the tables and columns that a statement names, unqualified ones on the search path.

    Unknown names are facts of the result, never errors. Columns are only looked up where it is clear of
    which tables they can be.

    Args:
        analysis: The statement.
        catalog: What the source has.
        temporary: Names of tables that earlier statements made or changed; `*` if they may have made any.
    """
    made = frozenset(temporary)
    own = analysis.rule.unsafe and analysis.kind in DEFINING
    targets = tuple(find_table(relation, catalog) for relation in analysis.targets)
    reads = tuple(find_table(relation, catalog) for relation in analysis.reads)
    pairs = (*zip(analysis.targets, targets, strict=True), *zip(analysis.reads, reads, strict=True))
    if catalog.engine == "mysql":
        tables = (catalog.table(found) for _, found in pairs if found is not None)
        analysis = respelled(analysis, [table for table in tables if table is not None])
    unknown = tuple(
        Unknown("table", _written(relation), relation.line, tuple(_close_tables(relation, catalog)))
        for relation, found in pairs
        if found is None and relation.name not in made and "*" not in made and not own
    )
    changed = own or not made.isdisjoint(("*", *(relation.name for relation, name in pairs if name)))
    columns = () if changed else tuple(_unknown_columns(analysis, catalog, pairs))
    return Resolved(analysis, targets, reads, (*unknown, *columns))


def resolve_all(analyses: Iterable[Analysis], catalog: Catalog) -> tuple[Resolved, ...]:
    """Look up the names of all statements; tables that earlier ones make, change or drop are known."""
    made, resolved = set[str](), list[Resolved]()
    for analysis in analyses:
        if analysis.kind == TEMPORARY:
            made.update(relation.name for relation in analysis.targets)
        elif analysis.rule.unsafe:
            names = {relation.name for relation in (*analysis.targets, *analysis.reads)}
            # What a block or a procedure makes, its text does not tell.
            made.update(names if analysis.kind in DEFINING and names else ("*",))
        resolved.append(resolve(analysis, catalog, temporary=made))
    return tuple(resolved)


def find_table(relation: Relation, catalog: Catalog) -> TableName | None:
    """Return the table that a name means, None if the catalogue has none."""
    schemas = catalog.search_path if relation.schema is None else (relation.schema,)
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
    own = tuple(f"{schema}." for schema in catalog.search_path)
    short = {(name.partition(".")[2] if name.startswith(own) else name): name for name in full}
    yield from (short[near] for near in closest(_written(relation), short))


def _unknown_columns(
    analysis: Analysis, catalog: Catalog, pairs: Sequence[tuple[Relation, TableName | None]]
) -> Iterator[Unknown]:
    tables = [(relation, catalog.table(name) if name else None) for relation, name in pairs]
    own = tables[0][1] if analysis.targets else None
    if own is not None:
        for column in analysis.written:
            if column not in _names(own):
                yield Unknown("column", column, analysis.rule.line, closest(column, _names(own)), own.name)
    by_alias: defaultdict[str, list[Table | None]] = defaultdict(list)
    for relation, table in tables:
        by_alias[relation.alias].append(table)
    named = {relation.alias for relation, _ in tables if relation.alias != relation.name}
    for alias in set(analysis.aliases) - named:
        by_alias[alias].append(None)
    known = {*analysis.aliases, *_derived(analysis), *(name for _, table in tables for name in _names(table))}
    # What a function in FROM or a table that rules make has, nobody says.
    clear = own is not None and all(table for _, table in tables) and "derived" not in analysis.features
    for use in analysis.columns:
        if use.name == "*" or use.name in SYSTEM_COLUMNS or use.name in analysis.whole_rows:
            continue
        found = by_alias.get(use.qualified[0], [None]) if len(use.qualified) == 1 else [None]
        if not use.qualified and clear and own is not None and use.name not in known:
            yield Unknown("column", use.name, use.line, closest(use.name, _names(own)), own.name)
        elif all(table and use.name not in _names(table) for table in found) and (table := found[0]):
            yield Unknown("column", use.name, use.line, closest(use.name, _names(table)), table.name)


def _derived(analysis: Analysis) -> Iterator[str]:
    """Yield what the server calls columns of sub-selects that have no name of their own."""
    if not analysis.features.isdisjoint(("with", "select", "subselect")):
        yield from ("?column?", "case", "exists", "array", "row", "column1", "column2", "column3", "column4")
        yield from (name.rpartition(".")[2] for name in analysis.functions)


def _names(table: Table | None) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns) if table is not None else ()
