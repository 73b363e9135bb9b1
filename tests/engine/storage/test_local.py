"""A directory as a storage: what is on the disk, whatever happens."""

import errno
import os
import resource
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from anyio import to_thread

from snapharbor.engine.model.errors import (
    EngineError,
    ObjectMissing,
    SpaceExhausted,
    StorageRefused,
    StorageUnreachable,
)
from snapharbor.engine.storage.local import INCOMING, LocalStorage, translated


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "storage"


@pytest.fixture
def storage(root: Path) -> LocalStorage:
    return LocalStorage(root)


@pytest.fixture
def small_files_only() -> Iterator[int]:
    """Let this process write no file above 64 kB, as a full quota would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, before[1]))
    yield 64 << 10
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def everything(root: Path) -> dict[str, int]:
    return {
        path.relative_to(root).as_posix(): stat.S_IMODE(path.lstat().st_mode)
        for path in (root, *root.rglob("*"))
    }


async def test_only_the_owner_may_read(storage: LocalStorage, root: Path, tmp_path: Path) -> None:
    moved = tmp_path / "file"
    moved.write_bytes(b"x")
    moved.chmod(0o644)
    await storage.put("a/b", b"x")
    await storage.put("c/d", moved)
    modes = {".": 0o700, "a": 0o700, "a/b": 0o600, "c": 0o700, "c/d": 0o600, INCOMING: 0o700}
    assert await to_thread.run_sync(everything, root) == modes


async def test_a_file_of_the_same_disk_is_moved(storage: LocalStorage, root: Path, tmp_path: Path) -> None:
    for key, if_absent in (("a", False), ("b", True)):
        source = tmp_path / "file"
        source.write_bytes(b"x")
        inode = source.stat().st_ino
        await storage.put(key, source, if_absent=if_absent)
        assert (root / key).stat().st_ino == inode
        assert (root / key).stat().st_nlink == 1
        assert not source.exists()


async def test_a_file_that_was_not_taken_stays(storage: LocalStorage, tmp_path: Path) -> None:
    source = tmp_path / "file"
    source.write_bytes(b"new")
    await storage.put("a", b"old")
    assert await storage.put("a", source, if_absent=True) is False
    assert source.read_bytes() == b"new"


async def test_a_link_to_a_file_is_copied_not_moved(
    storage: LocalStorage, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    await storage.put("a", tmp_path / "link")
    assert not (root / "a").is_symlink()
    assert (root / "a").read_bytes() == (tmp_path / "file").read_bytes()


@pytest.fixture
def foreign_file() -> Iterator[Path]:
    """Give a file on another disk where Linux has one, else something that is no file at all."""
    memory = Path("/dev/shm")
    if not memory.is_dir():
        yield Path(os.devnull)
        return
    with TemporaryDirectory(dir=memory) as directory:
        path = Path(directory) / "file"
        path.touch()
        yield path


async def test_a_file_that_cannot_be_moved_is_copied(
    storage: LocalStorage, root: Path, foreign_file: Path
) -> None:
    for key, if_absent in (("a", False), ("b", True)):
        assert await storage.put(key, foreign_file, if_absent=if_absent) is True
    found = await to_thread.run_sync(everything, root)
    assert found == {".": 0o700, INCOMING: 0o700, "a": 0o600, "b": 0o600}


async def test_nothing_is_left_of_a_write_that_did_not_fit(
    storage: LocalStorage, root: Path, tmp_path: Path, small_files_only: int
) -> None:
    await storage.put("a", b"small")
    with pytest.raises(SpaceExhausted):
        await storage.put("a", bytes(2 * small_files_only))
    assert (root / "a").read_bytes() == b"small"
    assert list((root / INCOMING).iterdir()) == []


async def test_what_a_killed_writer_left_is_removed_and_what_a_live_one_writes_is_not(root: Path) -> None:
    incoming = root / INCOMING
    incoming.mkdir(parents=True)
    for name, age in (("1-old", 7200), ("2-new", 60)):
        (incoming / name).write_bytes(b"half")
        os.utime(incoming / name, (time.time() - age, time.time() - age))
    storage = LocalStorage(root)
    assert [stored async for stored in storage.list("")] == []
    await storage.put("a", b"x")
    assert [path.name for path in incoming.iterdir()] == ["2-new"]


async def test_no_symbolic_link_leads_out(storage: LocalStorage, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    await storage.put("a", b"x")
    (root / "out").symlink_to(outside)
    (root / "file").symlink_to(outside / "secret")
    for key in ("out/secret", "file"):
        with pytest.raises(StorageRefused):
            async with storage.open(key):
                pass
    with pytest.raises(StorageRefused):
        await storage.put("out/new/file", b"x")
    with pytest.raises(StorageRefused):
        await storage.delete("out/secret")
    assert await storage.stat("file") is None
    await storage.put("file", b"mine")
    await storage.delete("file")
    assert [stored.key async for stored in storage.list("")] == ["a"]
    assert {path.name: path.read_bytes() for path in outside.iterdir()} == {"secret": b"secret"}


async def test_the_directory_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    storage = LocalStorage(tmp_path / "link")
    await storage.put("a/b", b"x")
    assert [stored.key async for stored in storage.list("a/")] == ["a/b"]
    assert (tmp_path / "real" / "a" / "b").read_bytes() == b"x"


async def test_a_key_cannot_be_both_an_object_and_a_directory(storage: LocalStorage) -> None:
    await storage.put("a/b", b"x")
    for key in ("a", "a/b/c"):
        for if_absent in (False, True):
            with pytest.raises(StorageRefused):
                await storage.put(key, b"y", if_absent=if_absent)


async def test_files_of_others_stay_out_of_sight(storage: LocalStorage, root: Path) -> None:
    await storage.put("a", b"x")
    (root / "README.TXT").write_text("not ours")
    (root / ".DS_Store").write_text("not ours")
    (root / "Folder").mkdir()
    (root / "Folder" / "a").write_text("not ours")
    os.mkfifo(root / "pipe")
    assert [stored.key async for stored in storage.list("")] == ["a"]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, SpaceExhausted),
        (errno.EDQUOT, SpaceExhausted),
        (errno.EACCES, StorageRefused),
        (errno.EROFS, StorageRefused),
        (errno.ENOENT, ObjectMissing),
        (errno.EIO, StorageUnreachable),
        (errno.ESTALE, StorageUnreachable),
    ],
)
def test_each_error_of_the_system_has_its_class(number: int, expected: type[EngineError]) -> None:
    error = translated(OSError(number, "x", "/secret/place"), "chunks/ab")
    assert type(error) is expected
    assert "/secret/place" not in error.message


async def test_a_directory_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageRefused):
        await LocalStorage(tmp_path / "file").put("a", b"x")
