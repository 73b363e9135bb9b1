"""What every `Storage` promises."""

import hashlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import BinaryIO

import anyio
import pytest
from anyio import to_thread

from snapharbor.engine.model.errors import ObjectMissing, StorageRefused
from snapharbor.engine.storage.base import Storage, Stored
from snapharbor.engine.storage.local import LocalStorage
from snapharbor.engine.storage.memory import MemoryStorage
from snapharbor.engine.storage.retry import RetryingStorage
from snapharbor.engine.storage.s3 import S3Storage

BIG = 40 << 20
HOSTILE = (
    *("", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\\b", "%2e%2e/a", "C:", "~"),
    *("A", "ä", "a b", "a\n", "a\x00", "+incoming/a", "a" * 201, "/".join("abcdefgh" for _ in range(100))),
)


@pytest.fixture(params=["memory", "local", "retrying", pytest.param("s3", marks=pytest.mark.server)])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "memory":
        return MemoryStorage()
    if request.param == "local":
        return LocalStorage(tmp_path / "storage")
    if request.param == "retrying":
        return RetryingStorage(LocalStorage(tmp_path / "storage"))
    return S3Storage(request.getfixturevalue("s3_profile"))


async def content(storage: Storage, key: str) -> bytes:
    async with storage.open(key) as reader:
        return await to_thread.run_sync(reader.read)


async def keys(storage: Storage, prefix: str = "") -> list[str]:
    return sorted([stored.key async for stored in storage.list(prefix)])


def digest(reader: BinaryIO) -> str:
    state = hashlib.sha256()
    while block := reader.read(1 << 20):
        state.update(block)
    return state.hexdigest()


@pytest.fixture
def big_file(tmp_path: Path) -> Path:
    path = tmp_path / "big"
    path.write_bytes(random.Random(7).randbytes(BIG))
    return path


async def test_what_was_put_is_read_back(storage: Storage) -> None:
    assert await storage.put("chunks/ab/abcd.zst", b"hello") is True
    assert await content(storage, "chunks/ab/abcd.zst") == b"hello"


async def test_an_object_may_be_empty(storage: Storage, tmp_path: Path) -> None:
    (tmp_path / "nothing").touch()
    await storage.put("a", b"")
    await storage.put("b", tmp_path / "nothing")
    assert (await content(storage, "a"), await content(storage, "b")) == (b"", b"")
    assert sorted([(stored.key, stored.size) async for stored in storage.list("")]) == [("a", 0), ("b", 0)]


async def test_putting_again_replaces_the_object(storage: Storage) -> None:
    await storage.put("a", b"a long first version")
    assert await storage.put("a", b"second") is True
    assert await content(storage, "a") == b"second"


async def test_if_absent_keeps_the_object_that_is_there(storage: Storage, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"third")
    assert await storage.put("a", b"first", if_absent=True) is True
    assert await storage.put("a", b"second", if_absent=True) is False
    assert await storage.put("a", tmp_path / "file", if_absent=True) is False
    assert await content(storage, "a") == b"first"


async def test_a_big_file_is_stored_whole(storage: Storage, big_file: Path) -> None:
    with big_file.open("rb") as reader:
        expected = digest(reader)
    assert await storage.put("big", big_file) is True
    found = await storage.stat("big")
    assert found is not None
    assert found.size == BIG
    async with storage.open("big") as reader:
        assert await to_thread.run_sync(digest, reader) == expected


async def test_a_big_file_is_not_stored_over_an_object_that_is_there(
    storage: Storage, big_file: Path
) -> None:
    await storage.put("big", b"small")
    assert await storage.put("big", big_file, if_absent=True) is False
    assert await content(storage, "big") == b"small"


@pytest.mark.parametrize("size", [1000, 17 << 20])
async def test_exactly_one_of_many_writers_is_first(storage: Storage, tmp_path: Path, size: int) -> None:
    won: list[int] = []

    async def write(number: int) -> None:
        source = tmp_path / f"from-{number}"
        source.write_bytes(bytes([number]) * size)
        if await storage.put("prize", source, if_absent=True):
            won.append(number)

    async with anyio.create_task_group() as group:
        for number in range(6):
            group.start_soon(write, number)
    assert len(won) == 1
    assert Counter(await content(storage, "prize")) == {won[0]: size}


async def test_concurrent_writers_of_one_key_leave_one_whole_object(storage: Storage) -> None:
    async with anyio.create_task_group() as group:
        for number in range(8):
            group.start_soon(storage.put, "same", bytes([number]) * 300_000)
    assert list(Counter(await content(storage, "same")).values()) == [300_000]
    assert await keys(storage) == ["same"]


async def test_stat_tells_size_and_age(storage: Storage) -> None:
    await storage.put("a/b", b"12345")
    found = await storage.stat("a/b")
    assert found is not None
    assert found == Stored("a/b", 5, found.modified)
    await storage.put("a/c", b"")
    later = await storage.stat("a/c")
    assert later is not None
    assert 0 <= later.modified - found.modified < 60


async def test_a_key_that_is_not_there_has_no_stat_and_cannot_be_opened(storage: Storage) -> None:
    await storage.put("a/b", b"x")
    for key in ("a", "a/bc", "a/b/c", "z"):
        assert await storage.stat(key) is None
    with pytest.raises(ObjectMissing):
        async with storage.open("z"):
            pass


async def test_deleting_twice_is_fine(storage: Storage) -> None:
    await storage.put("a/b", b"x")
    await storage.delete("a/b")
    await storage.delete("a/b")
    assert await storage.stat("a/b") is None
    assert await keys(storage) == []
    assert await storage.put("a/b", b"again", if_absent=True) is True


async def test_listing_is_by_the_start_of_the_key(storage: Storage) -> None:
    for key in ("a/1", "a/2/x", "ab/1", "a-b", "b"):
        await storage.put(key, key.encode())
    assert await keys(storage) == ["a-b", "a/1", "a/2/x", "ab/1", "b"]
    assert await keys(storage, "a") == ["a-b", "a/1", "a/2/x", "ab/1"]
    assert await keys(storage, "a/") == ["a/1", "a/2/x"]
    assert await keys(storage, "a/2/x") == ["a/2/x"]
    assert await keys(storage, "b/") == []
    assert await keys(storage, "nothing/here") == []


async def test_listing_goes_on_beyond_a_thousand_objects(storage: Storage) -> None:
    expected = [f"many/{number:04}" for number in range(1100)]
    limiter = anyio.CapacityLimiter(8)

    async def write(key: str) -> None:
        async with limiter:
            await storage.put(key, b"")

    async with anyio.create_task_group() as group:
        for key in expected:
            group.start_soon(write, key)
    assert await keys(storage, "many/") == expected


async def test_an_object_may_be_closed_before_its_end(storage: Storage, big_file: Path) -> None:
    with big_file.open("rb") as file:
        start = file.read(10)
    await storage.put("big", big_file)
    for _ in range(30):
        async with storage.open("big") as reader:
            assert await to_thread.run_sync(reader.read, 10) == start
        assert reader.closed


async def test_a_hostile_key_is_refused_by_every_call(storage: Storage) -> None:
    async def read(key: str) -> None:
        async with storage.open(key):
            pass

    calls: tuple[Callable[[str], Awaitable[object]], ...] = (
        *(lambda key: storage.put(key, b"x"), storage.stat, storage.delete, read),
        lambda key: storage.presign(key, 60),
    )
    accepted: list[str] = []
    for key in HOSTILE:
        for call in calls:
            try:
                await call(key)
            except StorageRefused:
                continue
            accepted.append(key)
    assert accepted == []
    assert await keys(storage) == []


async def test_a_hostile_prefix_is_refused(storage: Storage) -> None:
    for prefix in ("/", "../", "a/../", "A", "a//", "+", "a\n"):
        with pytest.raises(StorageRefused):
            await keys(storage, prefix)
