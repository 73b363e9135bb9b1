"""Which schemas and tables a snapshot takes, and what to say about those it leaves out.

The schema filter, first match wins: a name in both lists is an error; `include_schemas` takes those named;
`exclude_schemas` takes all but those named; `use_default_schema: false` takes all; else `public` is taken.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from ..model.catalog import Catalog, Table, TableName
from ..model.errors import ConfigInvalid
from ..model.target import Selection

DEFAULT_SCHEMA = "public"
FEW = 12

Parents = Mapping[TableName, TableName]


@dataclass(frozen=True, slots=True)
class Schemas:
    """Schemas taken and left out, by name, and what to tell the user."""

    taken: tuple[str, ...]
    left_out: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Selected:
    """What is taken: the definitions of `tables`, and the rows of those in `data`.

    `broken_keys` are foreign keys of what is taken that refer to tables left out, or to rows left out.
    `warnings` are sentences that name everything left out.
    """

    schemas: Schemas
    tables: tuple[Table, ...]
    excluded: tuple[TableName, ...]
    data: frozenset[TableName]
    broken_keys: tuple[tuple[TableName, str], ...]
    warnings: tuple[str, ...]

    @property
    def bare(self) -> frozenset[TableName]:
        """Tables whose definitions are taken and whose rows are not."""
        return frozenset(table.name for table in self.tables) - self.data

    @property
    def whole(self) -> bool:
        """Whether every schema and every table is taken."""
        return not self.excluded and not self.schemas.left_out


def select(selection: Selection, catalog: Catalog, tied: AbstractSet[TableName] = frozenset()) -> Selected:
    """Apply a selection to a database, or to what a snapshot holds; `tied` tables need what is left out.

    A partition goes where its partitioned table goes, and a view where the tables go that it reads. Names
    that do not exist are reported, not refused.

    Raises:
        ConfigInvalid: the lists contradict each other, or nothing would be taken.
    """
    schemas = select_schemas(selection, catalog.schemas)
    parents = {table.name: table.partition_of for table in catalog.tables if table.partition_of}
    inside = [table for table in catalog.tables if table.name.schema in schemas.taken]
    narrowings = tuple(_narrowings(selection, parents))
    asked = [
        table for table in inside if _is_kept(table.name, selection, narrowings=narrowings, parents=parents)
    ]
    kept = _readable([one for one in asked if tied.isdisjoint(_lineage(one.name, parents))])
    names = {table.name for table in kept}
    if inside and not names:
        raise ConfigInvalid("the table filters leave nothing of this database")
    excluded = tuple(table.name for table in inside if table.name not in names)
    helpless = {table.name for table in asked}.difference(names)
    bare = {name for name in names if _listed(name, selection.exclude_data, parents=parents)}
    broken = tuple(
        (table.name, key.name)
        for table in kept
        for key in table.foreign_keys
        if key.referenced not in names or (key.referenced in bare and table.name not in bare)
    )
    return Selected(
        schemas=schemas,
        tables=tuple(kept),
        excluded=excluded,
        data=frozenset(names.difference(bare)),
        broken_keys=broken,
        warnings=(
            *schemas.warnings,
            *sentence("no such table{s}", _unknown_tables(selection, catalog)),
            *sentence("left out, table{s}", (str(name) for name in excluded if name not in helpless)),
            *sentence("left out, as what it needs is left out", map(str, helpless)),
            *sentence("left out, rows of table{s}", map(str, bare)),
            *sentence("left out, foreign key{s} to what is left out", (key for _, key in broken)),
            *sentence("types of schemas left out, used by table{s}", _foreign_types(kept, schemas)),
        ),
    )


def select_schemas(selection: Selection, available: Collection[str]) -> Schemas:
    """Apply the schema filter to the schemas of a source or of a snapshot.

    Raises:
        ConfigInvalid: a schema is in both lists, or no schema is left.
    """
    include, exclude = selection.include_schemas, selection.exclude_schemas
    if both := sorted(set(include) & set(exclude)):
        raise ConfigInvalid(
            f"schema `{both[0]}` is both included and excluded", "Take it out of one of the two lists."
        )
    taken = tuple(sorted(_taken(selection, available)))
    if not taken:
        raise ConfigInvalid(
            "the schema filter leaves nothing of this database",
            "Set include_schemas, or use_default_schema: false for all schemas.",
            schemas=sorted(available),
        )
    left_out = tuple(sorted(set(available).difference(taken)))
    warnings = (
        *sentence("no such schema{s}", {*include, *exclude}.difference(available)),
        *sentence(f"left out, schema{{s}}{_remedy(selection)}", left_out),
    )
    if selection.use_default_schema and (include or exclude):
        warnings += ("use_default_schema has no effect beside include_schemas or exclude_schemas",)
    return Schemas(taken, left_out, warnings)


def _remedy(selection: Selection) -> str:
    """Return what to say beside the schemas left out where nobody asked for that."""
    lists = selection.include_schemas or selection.exclude_schemas
    return "" if lists or selection.use_default_schema else " (`use_default_schema: false` takes every one)"


def _taken(selection: Selection, available: Collection[str]) -> Collection[str]:
    if selection.include_schemas:
        return set(selection.include_schemas).intersection(available)
    if selection.exclude_schemas:
        return set(available).difference(selection.exclude_schemas)
    if selection.use_default_schema is False:
        return available
    return {DEFAULT_SCHEMA}.intersection(available)


@dataclass(frozen=True, slots=True)
class _Narrowing:
    """Only these tables of a schema (None: of all), with their partitions and what they are partitions of."""

    schema: str | None
    names: frozenset[str]
    above: frozenset[TableName]


def _narrowings(selection: Selection, parents: Parents) -> Iterator[_Narrowing]:
    lists = [
        (schema, frozenset(f"{schema}.{table}" for table in tables))
        for schema, tables in selection.table_filters
    ]
    everywhere = [(None, frozenset(selection.include_tables))] if selection.include_tables else []
    for schema, names in (*lists, *everywhere):
        named = [table for table in parents if str(table) in names]
        yield _Narrowing(
            schema, names, frozenset(above for table in named for above in _lineage(table, parents))
        )


def _is_kept(
    name: TableName, selection: Selection, *, narrowings: Sequence[_Narrowing], parents: Parents
) -> bool:
    named = all(
        _listed(name, only.names, parents=parents) or name in only.above
        for only in narrowings
        if only.schema in (None, name.schema)
    )
    return named and not _listed(name, selection.exclude_tables, parents=parents)


def _lineage(name: TableName | None, parents: Parents) -> Iterator[TableName]:
    while name is not None:
        yield name
        name = parents.get(name)


def _listed(name: TableName, names: Collection[str], *, parents: Parents) -> bool:
    """Tell whether a table, or one that it is a partition of, is in a list."""
    return any(str(table) in names for table in _lineage(name, parents))


def _readable(tables: Sequence[Table]) -> list[Table]:
    """Drop the views that read what is not there, until none is left that does."""
    names = {table.name for table in tables}
    kept = [table for table in tables if names.issuperset(table.reads)]
    return kept if len(kept) == len(tables) else _readable(kept)


def _unknown_tables(selection: Selection, catalog: Catalog) -> set[str]:
    named = {*selection.include_tables, *selection.exclude_tables, *selection.exclude_data}
    named.update(f"{schema}.{table}" for schema, tables in selection.table_filters for table in tables)
    return named.difference(str(table.name) for table in catalog.tables)


def _foreign_types(tables: Iterable[Table], schemas: Schemas) -> list[str]:
    """Return the tables whose columns have types that stay behind; the server writes `schema.type`."""
    starts = tuple(start for name in schemas.left_out for start in (f"{name}.", f'"{name}".'))
    return [
        str(table.name) for table in tables if any(column.type.startswith(starts) for column in table.columns)
    ]


def sentence(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return one sentence that lists names, none if there are none; `{s}` becomes the plural's s."""
    ordered = sorted(names)
    if not ordered:
        return ()
    more = f" and {len(ordered) - FEW} more" if len(ordered) > FEW else ""
    listed = ", ".join(f"`{name}`" for name in ordered[:FEW])
    return (f"{text.format(s='s' if len(ordered) > 1 else '')}: {listed}{more}",)
