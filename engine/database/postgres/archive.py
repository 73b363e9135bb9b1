"""A snapshot as a genuine pg_dump directory archive, which stock pg_restore reads.

pg_dump wrote everything but the rows of our tables; here those rows get their entries and files. A
table's file is its stored gzip chunks one after the other, which is one gzip stream to every reader.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, product

from ...model.errors import SnapshotCorrupt
from ...model.snapshot import TableData
from ..base import Blocks, ChunkSource
from .custom import block_objects, block_rows
from .toc import DATA, POST_DATA, TAR, ArchiveDamaged, ByteStream, Entry, Text, Toc, read_toc, write_toc

# Frozen rows come with a visibility map, one file more, which a few pages are not worth.
WORTH_FREEZING = 1 << 16
END_OF_ROWS = b"\\.\n\n\n"
GZIP = 31
FROM, FROM_FROZEN = b" FROM stdin;\n", b" FROM stdin WITH (FREEZE);\n"
NOT_CREATED = b"-- *not* creating schema, since initdb creates it\n"
NOT_DROPPED = b"-- *not* dropping schema, since initdb creates it\n"


@dataclass(frozen=True, slots=True)
class Layout:
    """Which file of a directory archive holds what. File names are without `.gz`.

    `tables` are ours, largest first; `blocks` are parts with rows that pg_dump read, `objects` parts
    with large objects, whose file is the list of them.
    """

    toc: Toc
    tables: tuple[tuple[str, TableData], ...]
    blocks: tuple[tuple[str, str], ...]
    objects: tuple[tuple[str, str], ...]

    def table_of_contents(self, *, compressed: bool, frozen: bool = False) -> bytes:
        """Return `toc.dat`. With `frozen`, our rows come in as old as rows can be.

        The server takes them like that only right after the TRUNCATE of a parallel restore.
        """
        compression = int(compressed) if self.toc.version >= (1, 15) else -int(compressed)
        toc = replace(self.toc, compression=compression)
        if frozen:
            ours = {place.encode() for place, table in self.tables if table.raw_bytes >= WORTH_FREEZING}
            toc = replace(
                toc, entries=tuple(_frozen(entry) if entry.place in ours else entry for entry in toc.entries)
            )
        return write_toc(toc)


def lay_out(source: ChunkSource) -> Layout:
    """Decide the files of a snapshot's archive.

    Raises:
        SnapshotCorrupt: tables, parts and the table of contents do not belong together.
    """
    try:
        toc = read_toc(ByteStream(source.part("toc")))
        entries = {(e.namespace, e.tag): e for e in toc.entries if e.desc == b"TABLE"}
        tables = sorted(source.manifest.tables, key=lambda table: (-table.raw_bytes, table.name))
        first = max((entry.id for entry in toc.entries), default=0) + 1
        ours = [_rows_entry(number, table, entries) for number, table in enumerate(tables, first)]
        files = [(str(entry.id) + ".dat", table) for entry, table in zip(ours, tables, strict=True)]
        theirs = [_placed(entry, toc) for entry in toc.entries]
        _check(theirs, {part.name for part in source.manifest.parts}, ours)
    except (ArchiveDamaged, KeyError) as error:
        raise SnapshotCorrupt("the snapshot's table of contents does not fit its data") from error
    data = [(entry, f"block/{entry.id}") for entry in theirs if entry.dumper]
    return Layout(
        toc=replace(toc, format=TAR, entries=_merged(theirs, ours)),
        tables=tuple(files),
        blocks=tuple((_text(e.place), part) for e, part in data if e.desc != b"BLOBS"),
        objects=tuple((_text(e.place), part) for e, part in data if e.desc == b"BLOBS"),
    )


def archive_files(source: ChunkSource) -> Iterator[tuple[str, Blocks]]:
    """Yield name and bytes of each file of the archive, each read to its end before the next; blocking."""
    layout = lay_out(source)
    yield "toc.dat", iter((layout.table_of_contents(compressed=True),))
    end = b"".join(_gzip(iter((END_OF_ROWS,))))
    for place, table in layout.tables:
        yield f"{place}.gz", chain(source.table(table.name, compressed=True), (end,))
    for place, part in layout.blocks:
        yield f"{place}.gz", _gzip(block_rows(source.part(part), layout.toc))
    for place, part in layout.objects:
        lines: list[bytes] = []
        for oid, blocks in block_objects(source.part(part), layout.toc):
            yield f"{object_file(oid)}.gz", _gzip(blocks)
            lines.append(object_line(oid))
        yield place, iter(lines)


def object_file(oid: int) -> str:
    """Return the file name of a large object."""
    return f"blob_{oid}.dat"


def object_line(oid: int) -> bytes:
    """Return a large object's line in the list of them."""
    return f"{oid} {object_file(oid)}\n".encode()


def _gzip(blocks: Blocks) -> Blocks:
    packer = zlib.compressobj(1, wbits=GZIP)
    for block in blocks:
        yield packer.compress(block)
    yield packer.flush()


def _rows_entry(number: int, table: TableData, entries: Mapping[tuple[Text, Text], Entry]) -> Entry:
    """Return the entry that pg_dump would have written for a table's rows; None and empty differ."""
    name = (
        table.name.schema.encode(errors="surrogateescape"),
        table.name.name.encode(errors="surrogateescape"),
    )
    owner = entries[name]
    columns = b", ".join(_quoted(column.encode(errors="surrogateescape")) for column in table.columns)
    spelled = _spelled(owner, name)
    return Entry(
        id=number,
        dumper=1,
        table_oid=b"0",
        oid=owner.oid,
        tag=owner.tag,
        desc=b"TABLE DATA",
        section=DATA,
        definition=None,
        drop=None,
        copy=b"COPY %b (%b)%b" % (spelled, columns, FROM),
        namespace=owner.namespace,
        tablespace=None,
        table_am=None,
        relkind=0,
        owner=owner.owner,
        oids=b"false",
        depends=(owner.id,),
        place=b"%d.dat" % number,
    )


def _frozen(entry: Entry) -> Entry:
    return replace(entry, copy=(entry.copy or b"").replace(FROM, FROM_FROZEN))


def _placed(entry: Entry, toc: Toc) -> Entry:
    """Give an entry of a custom archive the file name that the directory format gives it."""
    if entry.desc == b"SCHEMA" and entry.tag == b"public":
        entry = replace(entry, definition=NOT_CREATED, drop=NOT_DROPPED)
    if not entry.dumper:
        return replace(entry, place=b"")
    if entry.desc == b"BLOBS":
        return replace(entry, place=b"blobs_%d.toc" % entry.id if toc.version >= (1, 16) else b"blobs.toc")
    return replace(entry, place=b"%d.dat" % entry.id)


def _merged(theirs: list[Entry], ours: list[Entry]) -> tuple[Entry, ...]:
    """Put our rows where pg_dump puts rows: after all definitions, before everything that needs rows."""
    at = next((i for i, entry in enumerate(theirs) if entry.section in (DATA, POST_DATA)), len(theirs))
    return (*theirs[:at], *ours, *theirs[at:])


def _check(theirs: list[Entry], parts: set[str], ours: list[Entry]) -> None:
    """Refuse two entries for one table's rows: a parallel restore would keep only the last."""
    twice = {(e.namespace, e.tag) for e in theirs if e.desc == b"TABLE DATA"} & {
        (e.namespace, e.tag) for e in ours
    }
    if twice or any(entry.dumper and f"block/{entry.id}" not in parts for entry in theirs):
        raise ArchiveDamaged("rows twice, or nowhere")


def _spelled(table: Entry, name: tuple[bytes, bytes]) -> bytes:
    """Return a table's name as pg_dump spelled it.

    By that spelling pg_restore tells that the rows are the table's own, and takes them in faster.
    """
    ways = (b".".join(way) for way in product(*((part, _quoted(part)) for part in name)))
    created = (table.definition or b"").removeprefix(b"CREATE ").removeprefix(b"UNLOGGED ")
    return next(
        (way for way in ways if created.startswith(b"TABLE %b (" % way)), b".".join(map(_quoted, name))
    )


def _quoted(name: bytes) -> bytes:
    return b'"' + name.replace(b'"', b'""') + b'"'


def _text(place: Text) -> str:
    return (place or b"").decode()
