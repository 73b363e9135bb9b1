"""A snapshot without what a selection leaves out, and without what cannot stand without that."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ...model.catalog import Catalog, ForeignKey, Table, TableName
from ...model.snapshot import Manifest
from ...model.target import Selection
from ..base import Blocks, ChunkSource
from ..selection import Selected, select, sentence
from .entries import PART, Definition, Entry, dumped, read_definition, without_keys

NO_SCHEMAS = "schema filters have no meaning here: a MySQL database is a single schema"


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A `ChunkSource` of what a selection takes of another one; `left_out` names everything else."""

    manifest: Manifest
    left_out: tuple[str, ...]
    _source: ChunkSource
    _definition: bytes

    def part(self, name: str, *, compressed: bool = False) -> Blocks:
        """Yield a named part."""
        if name != PART:
            return self._source.part(name, compressed=compressed)
        return iter((self._definition,))

    def table(self, name: TableName, *, compressed: bool = False) -> Blocks:
        """Yield a table's rows."""
        return self._source.table(name, compressed=compressed)


def narrow(source: ChunkSource, only: Selection) -> Narrowed:
    """Apply a selection to what a snapshot holds; blocking.

    Raises:
        ConfigInvalid: nothing would be left.
    """
    definition = read_definition(source)
    adapted, notice = fitting(only)
    selected = select(adapted, _catalog(definition))
    names = {table.name.name for table in selected.tables}
    kept = tuple(_kept(definition.entries, names, selected))
    tables = tuple(table for table in source.manifest.tables if table.name in selected.data)
    return Narrowed(
        replace(source.manifest, tables=tables),
        (*notice, *selected.warnings, *_lost(definition, kept)),
        source,
        dumped(replace(definition, entries=kept)),
    )


def fitting(selection: Selection) -> tuple[Selection, tuple[str, ...]]:
    """Return a selection without schema filters, and what to say about them."""
    wanted = replace(selection, use_default_schema=False, include_schemas=(), exclude_schemas=())
    filtered = selection.include_schemas or selection.exclude_schemas
    return wanted, (NO_SCHEMAS,) if filtered else ()


def _kept(entries: Iterable[Entry], names: set[str], selected: Selected) -> Iterable[Entry]:
    for entry in entries:
        if entry.kind == "TABLE" and entry.name in names:
            broken = [key for table, key in selected.broken_keys if table.name == entry.name]
            keys = tuple(pair for pair in entry.keys if pair[0] not in broken)
            yield replace(entry, text=without_keys(entry.text, broken), keys=keys)
        elif (entry.name if entry.kind in ("TABLE", "VIEW") else entry.table) in {*names, ""}:
            yield entry


def _lost(definition: Definition, kept: Iterable[Entry]) -> tuple[str, ...]:
    there = {(entry.kind, entry.name) for entry in kept}
    gone = (
        entry.called.lower()
        for entry in definition.entries
        if entry.kind not in ("TABLE", "VIEW") and (entry.kind, entry.name) not in there
    )
    return sentence("left out, as what it needs is left out", gone)


def _catalog(definition: Definition) -> Catalog:
    """Describe what a snapshot holds, as far as a selection looks at it."""

    def named(name: str) -> TableName:
        return TableName(definition.schema, name)

    tables = [
        Table(
            named(entry.name),
            "view" if entry.kind == "VIEW" else "table",
            (),
            foreign_keys=tuple(ForeignKey(key, (), named(table), ()) for key, table in entry.keys),
            reads=tuple(map(named, entry.reads)),
        )
        for entry in definition.of("TABLE", "VIEW")
    ]
    described = sorted(tables, key=lambda table: table.name)
    return Catalog((definition.schema,), tuple(described), engine="mysql")
