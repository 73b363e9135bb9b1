from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.repository import (
    ORDERS,
    Watched,
    blocks,
    build,
    keys_in,
    manifest,
    rows_of,
    somebody,
)

from snapharbor.engine.model.errors import JobConflict, ObjectMissing, SnapshotUnknown
from snapharbor.engine.model.snapshot import Chunk, Part, TableData
from snapharbor.engine.repository import cutter
from snapharbor.engine.repository.gzip import decompressor
from snapharbor.engine.repository.values import CHUNK_BYTES, StoredStream
from snapharbor.engine.storage.base import Storage
from snapharbor.engine.storage.local import LocalStorage
from snapharbor.engine.storage.memory import MemoryStorage
from snapharbor.engine.storage.s3 import S3Storage

ME = somebody()
CANARY = b"canary.7f3a@example.org"
ROWS = b"".join(b"%d\t%s\t%d\n" % (number, CANARY, number * 37) for number in range(5000))


@pytest.fixture(params=["local", "memory", pytest.param("s3", marks=pytest.mark.server)])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "s3":
        return S3Storage(request.getfixturevalue("s3_profile"))
    return LocalStorage(tmp_path / "store") if request.param == "local" else MemoryStorage()


def gunzip(members: bytes) -> bytes:
    plain, rest = b"", members
    while rest:
        unpacker = decompressor()
        plain += unpacker.decompress(rest)
        assert unpacker.eof
        rest = unpacker.unused_data
    return plain


async def test_what_is_stored_is_read_back_exactly(storage: Storage, tmp_path: Path) -> None:
    repository = ME.repository(storage, tmp_path)
    stored = await build(repository, manifest("s1"), ROWS)
    fresh = ME.repository(storage, tmp_path)
    assert await fresh.find("s1") == stored
    assert stored.manifest.rows == 5000
    assert stored.manifest.tables[0].raw_bytes == len(ROWS)
    assert await rows_of(fresh, stored) == ROWS
    assert gunzip(await rows_of(fresh, stored, compressed=True)) == ROWS


@given(content=st.binary(max_size=5000), size=st.integers(1, 900), limit=st.integers(1, 1500))
def test_streams_are_cut_without_loss_whatever_their_blocks(content: bytes, size: int, limit: int) -> None:
    async def check(directory: Path) -> None:
        repository = ME.repository(MemoryStorage(), directory)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cutter, "CHUNK_BYTES", limit)
            async with repository.writer() as writer:
                stream = await writer.store(blocks(content, size))
        full, rest = divmod(len(content), limit)
        assert [chunk.raw_bytes for chunk in stream.chunks] == [limit] * full + [rest] * bool(rest)
        assert (stream.rows, stream.raw_bytes) == (content.count(b"\n"), len(content))

    with TemporaryDirectory() as directory:
        anyio.run(check, Path(directory))


async def test_a_long_stream_becomes_several_chunks_that_are_one_stream(tmp_path: Path) -> None:
    repository = ME.repository(MemoryStorage(), tmp_path)
    block = Random(1).randbytes(1 << 20)

    def long() -> Iterator[bytes]:
        yield from [block] * (CHUNK_BYTES >> 20)
        yield b"the end\n"

    async with repository.writer() as writer:
        stream = await writer.store(long)
        tables = (TableData(ORDERS, ("id",), stream.rows, stream.chunks),)
        snapshot = await writer.commit(replace(manifest("s1"), tables=tables))
    assert [chunk.raw_bytes for chunk in stream.chunks] == [CHUNK_BYTES, 8]
    assert await rows_of(repository, snapshot) == b"".join(long())
    assert gunzip(await rows_of(repository, snapshot, compressed=True)) == b"".join(long())


async def test_an_empty_stream_is_no_chunk(tmp_path: Path) -> None:
    async with ME.repository(MemoryStorage(), tmp_path).writer() as writer:
        assert await writer.store(blocks(b"")) == StoredStream((), 0, 0)


async def test_nothing_that_is_stored_shows_the_content_or_the_names(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "store")
    stored = await build(ME.repository(storage, tmp_path), manifest("s1"), ROWS, part=CANARY * 9)
    files = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert len(files) == 4
    for file in files:
        bytes_of = file.read_bytes()
        assert not [
            word
            for word in (CANARY, b"canary", b"orders", b"pg_dump", b"\x1f\x8b\x08\x00")
            if word in bytes_of
        ]
        assert file.stat().st_mode & 0o777 == 0o600
    assert stored.manifest.tables[0].name == ORDERS


async def test_nothing_readable_ever_stands_in_the_scratch_directory(tmp_path: Path) -> None:
    seen: list[tuple[int, bytes]] = []

    def look(operation: str, key: str) -> None:
        files = (tmp_path / "scratch").glob("*/*")
        seen.extend((file.stat().st_mode & 0o777, file.read_bytes()) for file in files)

    storage = Watched(MemoryStorage(), look)
    await build(ME.repository(storage, tmp_path), manifest("s1"), ROWS)
    assert any(len(spooled) > 1000 for _mode, spooled in seen)
    assert not [spooled for _mode, spooled in seen if CANARY in spooled]
    assert (tmp_path / "scratch").stat().st_mode & 0o777 == 0o700
    assert {path.name for path in (tmp_path / "scratch").iterdir()} == {"spool.lock"}


async def test_equal_content_is_stored_once(storage: Storage, tmp_path: Path) -> None:
    repository = ME.repository(storage, tmp_path)
    first = await build(repository, manifest("s1"), ROWS)
    before = await keys_in(storage)
    second = await build(repository, manifest("s2"), ROWS)
    assert await keys_in(storage) - before == {"snapshots/s2/manifest"}
    assert second.manifest.chunks() == first.manifest.chunks()


async def test_the_same_content_has_other_ids_in_another_repository(tmp_path: Path) -> None:
    one = await build(ME.repository(MemoryStorage(), tmp_path), manifest("s1"), ROWS)
    two = await build(ME.repository(MemoryStorage(), tmp_path), manifest("s1"), ROWS)
    assert not {chunk.id for chunk in one.manifest.chunks()} & {chunk.id for chunk in two.manifest.chunks()}


async def test_many_streams_are_stored_at_the_same_time(storage: Storage, tmp_path: Path) -> None:
    repository = ME.repository(storage, tmp_path)
    streams: dict[int, StoredStream] = {}

    async with repository.writer() as writer, anyio.create_task_group() as tasks:

        async def one(number: int) -> None:
            streams[number] = await writer.store(blocks(b"%d\n" % (number % 10) * 1000))

        for number in range(100):
            tasks.start_soon(one, number)
    assert len({stream.chunks for stream in streams.values()}) == 10
    assert len(await keys_in(storage, "chunks/")) == 10


async def test_two_writers_of_the_same_content_do_not_hurt_each_other(
    storage: Storage, tmp_path: Path
) -> None:
    async def one(snapshot_id: str) -> None:
        await build(ME.repository(storage, tmp_path), manifest(snapshot_id), ROWS)

    async with anyio.create_task_group() as tasks:
        for snapshot_id in ("s1", "s2", "s3"):
            tasks.start_soon(one, snapshot_id)
    repository = ME.repository(storage, tmp_path)
    for snapshot in await repository.snapshots():
        assert (await repository.verify(snapshot)).passed
        assert await rows_of(repository, snapshot) == ROWS
    assert len(await repository.snapshots()) == 3


async def test_without_commit_there_is_no_snapshot_and_the_next_try_finds_the_chunks(
    storage: Storage, tmp_path: Path
) -> None:
    repository = ME.repository(storage, tmp_path)
    async with repository.writer() as writer:
        await writer.store(blocks(ROWS))
    assert await repository.snapshots() == ()
    chunks = await keys_in(storage, "chunks/")
    assert len(chunks) == 1
    assert await keys_in(storage, "leases/") == set()
    await build(repository, manifest("s1"), ROWS, part=ROWS)
    assert await keys_in(storage, "chunks/") == chunks


async def test_a_stream_that_fails_is_closed_and_leaves_nothing(tmp_path: Path) -> None:
    storage, closed = MemoryStorage(), list[bool]()

    def failing() -> Iterator[bytes]:
        try:
            yield ROWS
            raise ConnectionResetError
        finally:
            closed.append(True)

    async with ME.repository(storage, tmp_path).writer() as writer:
        with pytest.raises(ConnectionResetError):
            await writer.store(failing)
    assert closed == [True]
    assert await keys_in(storage) == {"repository.json"}
    assert {path.name for path in (tmp_path / "scratch").iterdir()} == {"spool.lock"}


async def test_cancelling_stops_a_stream_between_two_blocks(tmp_path: Path) -> None:
    storage, closed = MemoryStorage(), list[bool]()

    with anyio.CancelScope() as scope:

        def endless() -> Iterator[bytes]:
            try:
                while True:
                    yield ROWS
                    anyio.from_thread.run_sync(scope.cancel)
            finally:
                closed.append(True)

        async with ME.repository(storage, tmp_path).writer() as writer:
            await writer.store(endless)
    assert scope.cancelled_caught
    assert closed == [True]
    assert await keys_in(storage) == {"repository.json"}


async def test_progress_counts_every_plain_byte(tmp_path: Path) -> None:
    counted: list[int] = []
    async with ME.repository(MemoryStorage(), tmp_path).writer() as writer:
        await writer.store(blocks(ROWS), on_bytes=counted.append)
    assert sum(counted) == len(ROWS)


async def test_a_manifest_whose_chunks_are_not_there_is_not_committed(tmp_path: Path) -> None:
    repository = ME.repository(MemoryStorage(), tmp_path)
    wanted = replace(manifest("s1"), parts=(Part("toc.dat", (Chunk("e" * 64, 10, 100),)),))
    async with repository.writer() as writer:
        with pytest.raises(ObjectMissing):
            await writer.commit(wanted)
    assert await repository.snapshots() == ()


async def test_committing_again_is_harmless_and_another_snapshot_of_that_id_is_refused(
    tmp_path: Path,
) -> None:
    repository = ME.repository(MemoryStorage(), tmp_path)
    first = await build(repository, manifest("s1"), ROWS)
    assert await build(repository, manifest("s1"), ROWS) == first
    with pytest.raises(JobConflict):
        await build(repository, manifest("s1"), ROWS[:-1])
    assert await repository.find("s1") == first


@pytest.mark.parametrize("bad", ["", "S1", "a/b", "../s1", "s1\n", "x" * 200, "snapshots", "é"])
async def test_an_id_that_is_no_snapshot_is_unknown(bad: str, tmp_path: Path) -> None:
    repository = ME.repository(MemoryStorage(), tmp_path)
    await build(repository, manifest("s1"), ROWS)
    assert not await repository.exists(bad)
    with pytest.raises(SnapshotUnknown):
        await repository.find(bad)
    with pytest.raises(SnapshotUnknown):
        await repository.delete(bad)


async def test_snapshots_come_newest_first(storage: Storage, tmp_path: Path) -> None:
    repository = ME.repository(storage, tmp_path)
    for day in (2, 1, 3):
        await build(repository, manifest(f"s{day}", created_at=f"2026-11-0{day}T03:00:00+00:00"), ROWS)
    assert [snapshot.id for snapshot in await repository.snapshots()] == ["s3", "s2", "s1"]
    await repository.delete("s2")
    assert [snapshot.id for snapshot in await repository.snapshots()] == ["s3", "s1"]
