"""A snapshot without what a selection leaves out, and without everything that cannot stand without that.

The entries of an archive name what they depend on: a foreign key, a view, a trigger goes with what it needs.
Extensions stay, and so do the schemas that they live in.
"""

import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from ...model.catalog import Catalog, ForeignKey, Table, TableKind, TableName
from ...model.errors import ConfigInvalid, SnapshotCorrupt
from ...model.snapshot import Manifest
from ...model.target import Selection
from ..base import Blocks, ChunkSource
from ..selection import DEFAULT_SCHEMA, Selected, select, sentence
from .toc import ArchiveDamaged, ByteStream, Entry, Text, read_toc, with_dependents, write_toc

RELATIONS: Mapping[Text, TableKind] = {
    b"TABLE": "table",
    b"FOREIGN TABLE": "foreign",
    b"VIEW": "view",
    b"MATERIALIZED VIEW": "materialized-view",
}
PRIVILEGES = frozenset((b"ACL", b"DEFAULT ACL"))
ROWS = frozenset((b"TABLE DATA", b"MATERIALIZED VIEW DATA"))
# What only ever goes with the one thing that it belongs to, and is not worth a word then.
PARTS = (
    ROWS
    | PRIVILEGES
    | {
        b"COMMENT",
        b"INDEX ATTACH",
        b"ROW SECURITY",
        b"SEQUENCE",
        b"SEQUENCE OWNED BY",
        b"SEQUENCE SET",
        b"STATISTICS DATA",
        b"TABLE ATTACH",
    }
)
NAMED_FREELY = frozenset((b"INDEX", b"STATISTICS"))

Relations = Mapping[int, TableName]


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A `ChunkSource` of what a selection takes of another one; `left_out` names everything else."""

    manifest: Manifest
    left_out: tuple[str, ...]
    _source: ChunkSource
    _toc: bytes

    def part(self, name: str, *, compressed: bool = False) -> Blocks:
        """Yield a named part."""
        if name != "toc":
            return self._source.part(name, compressed=compressed)
        return iter((gzip.compress(self._toc) if compressed else self._toc,))

    def table(self, name: TableName, *, compressed: bool = False) -> Blocks:
        """Yield a table's rows."""
        return self._source.table(name, compressed=compressed)


def narrow(source: ChunkSource, only: Selection) -> Narrowed:
    """Apply a selection to what a snapshot holds; blocking.

    Raises:
        ConfigInvalid: the selection contradicts itself, or nothing would be left.
        SnapshotCorrupt: the table of contents cannot be read.
    """
    try:
        toc = read_toc(ByteStream(source.part("toc")))
    except ArchiveDamaged as damage:
        raise SnapshotCorrupt("the snapshot's table of contents cannot be read") from damage
    relations = {entry.id: _name(entry) for entry in toc.entries if entry.desc in RELATIONS}
    catalog = _catalog(toc.entries, relations)
    if not catalog.schemas:
        return Narrowed(source.manifest, (), source, write_toc(toc))
    selected = select(only, catalog)
    chosen = _Chosen.of(toc.entries, selected)
    kept = tuple(entry for entry in toc.entries if entry.id not in chosen.gone)
    if not any(entry.namespace and entry.desc not in PRIVILEGES for entry in kept):
        raise ConfigInvalid("the filters leave nothing of what the snapshot holds")
    filled = selected.data.intersection(relations[entry.id] for entry in kept if entry.id in relations)
    tables = tuple(table for table in source.manifest.tables if table.name in filled)
    return Narrowed(
        replace(source.manifest, tables=tables),
        (*selected.warnings, *chosen.sentences(relations)),
        source,
        write_toc(replace(toc, entries=kept)),
    )


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Entries that go: those `asked` for, and with them all that are `gone`, `hollow` schemas included."""

    entries: Sequence[Entry]
    asked: AbstractSet[int]
    hollow: AbstractSet[int]
    gone: AbstractSet[int]

    @classmethod
    def of(cls, entries: Sequence[Entry], selected: Selected) -> "_Chosen":
        """Follow the dependencies."""
        needed = {other for entry in entries if entry.desc == b"EXTENSION" for other in entry.depends}
        asked = {*_asked(entries, selected)} - needed
        gone = with_dependents(asked, entries)
        content = [entry for entry in entries if entry.desc not in PRIVILEGES]
        emptied = {entry.namespace for entry in content}.difference(
            entry.namespace for entry in content if entry.id not in gone
        )
        schemas = {entry.id for entry in entries if entry.desc == b"SCHEMA" and entry.tag in emptied}
        hollow = schemas - gone - needed
        return cls(entries, asked, hollow, with_dependents(gone | hollow, entries))

    def sentences(self, relations: Relations) -> Iterator[str]:
        """Name what was not asked for and goes all the same."""
        lost = relations.keys() & self.gone
        implied = self.gone - self.asked - self.hollow
        names = [
            _label(entry)
            for entry in self.entries
            if entry.id in implied and not _is_part(entry, [relations[i] for i in lost & {*entry.depends}])
        ]
        yield from sentence("left out, as what it needs is left out", names)
        empty = [_text(entry.tag) for entry in self.entries if entry.id in self.hollow]
        yield from sentence("left out, schema{s} that would be empty", empty)


def _asked(entries: Iterable[Entry], selected: Selected) -> Iterator[int]:
    """Yield the entries that the selection itself leaves out."""
    schemas, bare, tables = set(selected.schemas.left_out), selected.bare, set(selected.excluded)
    keys = {TableName(table.schema, f"{table.name} {key}") for table, key in selected.broken_keys}
    for entry in entries:
        name = _name(entry)
        if (
            name.schema in schemas
            or (entry.desc == b"SCHEMA" and name.name in schemas)
            or (entry.desc in RELATIONS and name in tables)
            or (entry.desc in ROWS and name in bare)
            or (entry.desc == b"FK CONSTRAINT" and name in keys)
        ):
            yield entry.id


def _catalog(entries: Iterable[Entry], relations: Relations) -> Catalog:
    """Describe what an archive holds, as far as a selection looks at it."""
    schemas: set[str] = set()
    tables: dict[TableName, Table] = {}
    parents: dict[TableName, TableName] = {}
    keys: defaultdict[TableName, list[ForeignKey]] = defaultdict(list)
    for entry in entries:
        name = _name(entry)
        others = [relations[other] for other in entry.depends if other in relations]
        schemas.add(name.name if entry.desc == b"SCHEMA" and name.name != DEFAULT_SCHEMA else name.schema)
        if entry.desc in RELATIONS:
            reads = () if entry.desc == b"TABLE" else tuple(others)
            tables[name] = Table(name, RELATIONS[entry.desc], (), reads=reads)
        elif entry.desc == b"TABLE ATTACH":
            parents.update((name, other) for other in others if other != name)
        elif entry.desc == b"FK CONSTRAINT":
            for owner, key in _keys(name, others):
                keys[owner].append(key)
    described = (
        replace(table, partition_of=parents.get(name), foreign_keys=tuple(keys[name]))
        for name, table in sorted(tables.items())
    )
    return Catalog(tuple(sorted(schemas - {""})), tuple(described))


def _keys(name: TableName, tables: Sequence[TableName]) -> Iterator[tuple[TableName, ForeignKey]]:
    """Yield a foreign key by its owner; an entry's name is the owner's, a space, and the key's own."""
    owners = [table for table in tables if _begins(name, table)]
    if not owners:
        return
    owner = max(owners, key=lambda table: len(table.name))
    for referenced in {*tables} - {owner}:
        yield owner, ForeignKey(name.name[len(owner.name) + 1 :], (), referenced, ())


def _is_part(entry: Entry, lost: Iterable[TableName]) -> bool:
    """Tell whether an entry goes without saying when the tables in `lost` go."""
    if entry.desc in PARTS or entry.desc in RELATIONS:
        return entry.desc in PARTS
    name = _name(entry)
    return any(
        table.schema == name.schema and (entry.desc in NAMED_FREELY or _begins(name, table)) for table in lost
    )


def _begins(name: TableName, table: TableName) -> bool:
    return name.schema == table.schema and name.name.startswith(f"{table.name} ")


def _label(entry: Entry) -> str:
    name = _name(entry)
    return f"{_text(entry.desc).lower()} {name if name.schema else name.name}"


def _name(entry: Entry) -> TableName:
    return TableName(_text(entry.namespace), _text(entry.tag))


def _text(text: Text) -> str:
    return (text or b"").decode(errors="surrogateescape")
