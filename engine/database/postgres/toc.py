"""The table of contents of a pg_dump archive, formats 1.12 to 1.16, read and written byte for byte.

It is the head of a custom archive and the whole of a directory archive's `toc.dat`. Texts are bytes
in the archive's encoding; None and the empty text are different things to pg_restore.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

MAGIC = b"PGDMP"
CUSTOM, TAR = 1, 3
PRE_DATA, DATA, POST_DATA = 2, 3, 4
OLDEST, NEWEST = (1, 12), (1, 16)
Text = bytes | None


class ArchiveDamaged(ValueError):
    """The bytes are not an archive that this module knows."""


class ByteStream:
    """Reads exact amounts out of blocks of any size."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks: Iterator[bytes] = iter(blocks)
        self._block: bytes = b""
        self._at = 0

    def at_end(self) -> bool:
        """Say whether nothing is left."""
        while self._at == len(self._block):
            block = next(self._blocks, None)
            if block is None:
                return True
            self._block, self._at = block, 0
        return False

    def some(self, limit: int) -> bytes:
        """Return at least one and at most `limit` bytes."""
        if self.at_end():
            raise ArchiveDamaged("the archive ends early")
        taken = self._block[self._at : self._at + limit]
        self._at += len(taken)
        return taken

    def exactly(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        taken = self._block[self._at : self._at + size]
        self._at += len(taken)
        if len(taken) == size:
            return taken
        pieces = [taken]
        missing = size - len(taken)
        while missing:
            pieces.append(self.some(missing))
            missing -= len(pieces[-1])
        return b"".join(pieces)

    def integer(self, size: int) -> int:
        """Return a signed number: one byte of sign, then `size` bytes, lowest first."""
        raw = self.exactly(size + 1)
        value = int.from_bytes(raw[1:], "little")
        return -value if raw[0] else value


def integer(value: int, size: int) -> bytes:
    """Return a number as `ByteStream.integer` reads it."""
    return bytes((value < 0,)) + abs(value).to_bytes(size, "little")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of the archive. `place` is the file's name, or the offset's raw bytes in a custom archive."""

    id: int
    dumper: int
    table_oid: Text
    oid: Text
    tag: Text
    desc: Text
    section: int
    definition: Text
    drop: Text
    copy: Text
    namespace: Text
    tablespace: Text
    table_am: Text
    relkind: int
    owner: Text
    oids: Text
    depends: tuple[int, ...]
    place: Text


@dataclass(frozen=True, slots=True)
class Toc:
    """The head of an archive and its entries, in the order of a serial restore."""

    version: tuple[int, int, int]
    int_size: int
    offset_size: int
    format: int
    compression: int
    time: tuple[int, ...]
    database: Text
    server: Text
    tool: Text
    entries: tuple[Entry, ...]

    @property
    def has_relkind(self) -> bool:
        """Whether the format is that of PostgreSQL 17 and newer."""
        return self.version[:2] >= (1, 16)


class _Reader:
    def __init__(self, stream: ByteStream, version: tuple[int, int, int], int_size: int) -> None:
        self.stream = stream
        self.version = version
        self.int_size = int_size
        self._seen: dict[Text, Text] = {}

    def number(self) -> int:
        return self.stream.integer(self.int_size)

    def text(self) -> Text:
        length = self.number()
        return None if length < 0 else self.stream.exactly(length)

    def word(self) -> Text:
        """Return a text that many entries have, and keep it once."""
        text = self.text()
        return self._seen.setdefault(text, text)

    def depends(self) -> Iterator[int]:
        while (text := self.text()) is not None:
            yield int(text)

    def entry(self, place_size: int) -> Entry:
        """Read one entry; `place_size` is 0 where the place is a text."""
        return Entry(
            id=self.number(),
            dumper=self.number(),
            table_oid=self.word(),
            oid=self.text(),
            tag=self.text(),
            desc=self.word(),
            section=self.number(),
            definition=self.text(),
            drop=self.text(),
            copy=self.text(),
            namespace=self.word(),
            tablespace=self.word(),
            table_am=self.word() if self.version >= (1, 14) else None,
            relkind=self.number() if self.version >= (1, 16) else 0,
            owner=self.word(),
            oids=self.word(),
            depends=tuple(self.depends()),
            place=self.stream.exactly(place_size) if place_size else self.text(),
        )


def read_toc(stream: ByteStream) -> Toc:
    """Read a table of contents from where the stream stands.

    Raises:
        ArchiveDamaged: it is none, ends early, or is of a format outside OLDEST to NEWEST.
    """
    if stream.exactly(len(MAGIC)) != MAGIC:
        raise ArchiveDamaged("not a pg_dump archive")
    major, minor, revision, int_size, offset_size, form = stream.exactly(6)
    if not OLDEST <= (major, minor) <= NEWEST:
        raise ArchiveDamaged(f"archive format {major}.{minor} is not known")
    reader = _Reader(stream, (major, minor, revision), int_size)
    compression = stream.exactly(1)[0] if reader.version >= (1, 15) else reader.number()
    return Toc(
        version=reader.version,
        int_size=int_size,
        offset_size=offset_size,
        format=form,
        compression=compression,
        time=tuple(reader.number() for _ in range(7)),
        database=reader.text(),
        server=reader.text(),
        tool=reader.text(),
        entries=tuple(reader.entry(1 + offset_size if form == CUSTOM else 0) for _ in range(reader.number())),
    )


def write_toc(toc: Toc) -> bytes:
    """Return the bytes that `read_toc` read."""
    writer = _Writer(toc)
    written = bytearray().join(writer.head())
    for entry in toc.entries:
        written += b"".join(writer.entry(entry))
    return bytes(written)


def with_dependents(ids: AbstractSet[int], entries: Iterable[Entry]) -> set[int]:
    """Return the ids of entries, and of all that depend on them through any number of others."""
    dependents: defaultdict[int, list[int]] = defaultdict(list)
    for entry in entries:
        for other in entry.depends:
            dependents[other].append(entry.id)
    found, waiting = set(ids), list(ids)
    while waiting:
        fresh = [entry for entry in dependents[waiting.pop()] if entry not in found]
        found.update(fresh)
        waiting += fresh
    return found


class _Writer:
    def __init__(self, toc: Toc) -> None:
        self._toc = toc

    def number(self, value: int) -> bytes:
        return integer(value, self._toc.int_size)

    def text(self, value: Text) -> bytes:
        return self.number(-1) if value is None else self.number(len(value)) + value

    def head(self) -> Iterator[bytes]:
        toc = self._toc
        yield MAGIC + bytes((*toc.version, toc.int_size, toc.offset_size, toc.format))
        yield bytes((toc.compression,)) if toc.version >= (1, 15) else self.number(toc.compression)
        yield from map(self.number, toc.time)
        yield from map(self.text, (toc.database, toc.server, toc.tool))
        yield self.number(len(toc.entries))

    def entry(self, entry: Entry) -> Iterator[bytes]:
        version = self._toc.version
        yield from map(self.number, (entry.id, entry.dumper))
        yield from map(self.text, (entry.table_oid, entry.oid, entry.tag, entry.desc))
        yield self.number(entry.section)
        texts = (entry.definition, entry.drop, entry.copy, entry.namespace, entry.tablespace)
        yield from map(self.text, texts)
        if version >= (1, 14):
            yield self.text(entry.table_am)
        if version >= (1, 16):
            yield self.number(entry.relkind)
        yield from map(self.text, (entry.owner, entry.oids))
        yield from (self.text(b"%d" % other) for other in entry.depends)
        yield self.text(None)
        if self._toc.format == CUSTOM and entry.place is not None:
            yield entry.place
        else:
            yield self.text(entry.place)
