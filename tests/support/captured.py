"""What a view yields, kept in memory and given back, so that databases are tested without a repository."""

from collections import defaultdict
from dataclasses import dataclass, replace

from snapharbor.engine.database.base import Blocks, View
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.snapshot import Chunk, Manifest, Part, TableData

from .repository import manifest


@dataclass(frozen=True, slots=True)
class Captured:
    """A `ChunkSource` over bytes at hand."""

    manifest: Manifest
    parts: dict[str, bytes]
    tables: dict[TableName, bytes]

    def part(self, name: str, *, compressed: bool = False) -> Blocks:
        assert not compressed
        return iter((self.parts[name],))

    def table(self, name: TableName, *, compressed: bool = False) -> Blocks:
        assert not compressed
        return iter((self.tables[name],))


def capture(view: View) -> Captured:
    """Read a view to its end; blocking."""
    parts = {name: b"".join(blocks) for name, blocks in view.definition()}
    pieces: defaultdict[TableName, dict[int, bytes]] = defaultdict(dict)
    with view.reader() as reader:
        for piece in view.slices:
            pieces[piece.table][piece.ordinal] = b"".join(reader.read(piece))
    tables = {name: b"".join(found[ordinal] for ordinal in sorted(found)) for name, found in pieces.items()}
    columns = {piece.table: piece.columns for piece in view.slices}
    described = replace(
        manifest("2026-01-01-00-00-00-000000"),
        parts=tuple(Part(name, _chunk(content)) for name, content in parts.items()),
        tables=tuple(
            TableData(name, columns[name], content.count(b"\n"), _chunk(content))
            for name, content in sorted(tables.items())
        ),
    )
    return Captured(described, parts, tables)


def _chunk(content: bytes) -> tuple[Chunk, ...]:
    return (Chunk("0" * 64, len(content), len(content)),)
