"""A snapshot of another repository, stored anew in this one: other keys, other chunk ids, same content."""

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from typing import TypeVar

from ..model.errors import JobConflict, SnapshotCorrupt
from ..model.job import Progress, Report
from ..model.snapshot import Chunk, Manifest, Part, Snapshot, TableData
from .manifest import SignedManifest
from .parallel import each
from .repository import Repository
from .values import StoredStream
from .writer import SnapshotWriter

WORKERS = 4

Stream = TypeVar("Stream", Part, TableData)
ReadChunk = Callable[[Chunk], Generator[bytes]]


async def copy_snapshot(
    snapshot: Snapshot, *, source: Repository, into: Repository, report: Report
) -> Snapshot:
    """Store a snapshot of one repository in another, and return it as it is there.

    Raises:
        SnapshotCorrupt, ObjectMissing: it cannot be read back whole; nothing was kept.
        JobConflict: another snapshot has its id there.
    """
    original = await source.signed(snapshot.id)
    async with source.hold():
        return await adopt(original, source.source(snapshot).chunk, into=into, report=report)


async def adopt(original: SignedManifest, read: ReadChunk, *, into: Repository, report: Report) -> Snapshot:
    """Store every chunk that `read` gives, then a manifest of our own that keeps the original one."""
    manifest = original.manifest
    if await into.exists(manifest.id):
        return await _same(original, into)
    async with into.writer() as writer:
        stored = await _store(manifest, read, writer=writer, report=report)
        tables = tuple(_checked_table(_moved(table, stored), stored, table) for table in manifest.tables)
        parts = tuple(_moved(part, stored) for part in manifest.parts)
        return await writer.commit(replace(manifest, parts=parts, tables=tables), origin=original.own)


async def _same(original: SignedManifest, into: Repository) -> Snapshot:
    there = await into.signed(original.manifest.id)
    known = (there.own, there.origin)
    if original.own.signed.text not in (said.signed.text for said in known if said is not None):
        raise JobConflict(f"there is another snapshot `{original.manifest.id}`", "Delete that one first.")
    return await into.find(original.manifest.id)


async def _store(
    manifest: Manifest, read: ReadChunk, *, writer: SnapshotWriter, report: Report
) -> dict[str, StoredStream]:
    chunks = {chunk.id: chunk for chunk in manifest.chunks()}
    total = sum(chunk.raw_bytes for chunk in chunks.values())
    stored: dict[str, StoredStream] = {}

    async def one(chunk: Chunk) -> None:
        stored[chunk.id] = await writer.store(partial(read, chunk))
        done = sum(stream.raw_bytes for stream in stored.values())
        report(Progress("copy", done, total, "bytes"))

    await each(chunks.values(), one, workers=WORKERS)
    return stored


def _moved(stream: Stream, stored: dict[str, StoredStream]) -> Stream:
    return replace(stream, chunks=tuple(new for old in stream.chunks for new in stored[old.id].chunks))


def _checked_table(moved: TableData, stored: dict[str, StoredStream], table: TableData) -> TableData:
    if sum(stored[chunk.id].rows for chunk in table.chunks) != table.rows:
        raise SnapshotCorrupt(f"table `{table.name}` has another number of rows than the manifest says")
    return moved
