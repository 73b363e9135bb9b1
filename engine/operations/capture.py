"""Reading one consistent view into a repository: what build and sanitize share."""

from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from anyio import to_thread

from ..database.base import Slice, SliceReader, View
from ..database.meter import Meter
from ..model.catalog import TableName
from ..model.job import Report
from ..model.snapshot import Chunk, Part, TableData
from ..repository.writer import SnapshotWriter
from ..tasks import in_thread
from .reading import reading, start_workers


@dataclass(frozen=True, slots=True)
class Captured:
    """All streams of a view, stored."""

    parts: tuple[Part, ...]
    tables: tuple[TableData, ...]


async def capture(view: View, writer: SnapshotWriter, workers: int, report: Report) -> Captured:
    """Store the definition and every slice, `workers` slices at a time, the largest first.

    The first thing that fails stops everything and is raised.
    """
    meter = Meter(report, "reading", sum(piece.estimated_bytes for piece in view.slices))
    parts: list[Part] = []
    stored: dict[TableName, list[tuple[Slice, int, tuple[Chunk, ...]]]] = defaultdict(list)

    async def store(reader: SliceReader, piece: Slice) -> None:
        stream = await writer.store(partial(reader.read, piece), on_bytes=meter.add)
        stored[piece.table].append((piece, stream.rows, stream.chunks))

    async def read_definition() -> None:
        async with in_thread(closing(view.definition())) as named:
            while (part := await to_thread.run_sync(next, named, None)) is not None:
                name, blocks = part
                stream = await writer.store(partial(iter, blocks))
                parts.append(Part(name, stream.chunks))

    async with reading(view) as group:
        group.start_soon(read_definition)
        start_workers(group, view, view.slices, workers=workers, work=store)
    meter.end()
    return Captured(tuple(parts), tuple(_table(name, stored[name]) for name in sorted(stored)))


def _table(name: TableName, pieces: list[tuple[Slice, int, tuple[Chunk, ...]]]) -> TableData:
    pieces.sort(key=lambda piece: piece[0].ordinal)
    return TableData(
        name,
        pieces[0][0].columns,
        rows=sum(rows for _, rows, _ in pieces),
        chunks=tuple(chunk for _, _, chunks in pieces for chunk in chunks),
    )
