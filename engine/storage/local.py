"""A storage in a directory."""

import errno
import io
import os
import secrets
import shutil
import stat
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TypeVar

from anyio import to_thread

from ..model.errors import EngineError, ObjectMissing, SpaceExhausted, StorageRefused, StorageUnreachable
from .base import Stored
from .keys import checked_key, checked_prefix, is_key

T = TypeVar("T")
INCOMING = "+incoming"  # `+` stands in no key
ABANDONED_SECONDS = 3600  # a live writer touches its file every few milliseconds
LISTING_BATCH = 1000

_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_REFUSED = frozenset(
    (errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)
)
_CANNOT_MOVE = frozenset((errno.EXDEV, errno.ELOOP, errno.EPERM))


class LocalStorage:
    """A `Storage` of files below one directory (files 0600, directories 0700).

    An object appears by a rename or a hard link of a file that is already on the disk, so a reader
    or a crash never meets half of one.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._reaped = False

    async def put(self, key: str, content: bytes | Path, *, if_absent: bool = False) -> bool:
        """Store bytes or a file's bytes; a file on the same file system is moved."""
        return await self._run(key, lambda path: self._put(path, content, if_absent=if_absent))

    @asynccontextmanager
    async def open(self, key: str) -> AsyncGenerator[BinaryIO]:
        """Open the file."""
        with await self._run(key, _open_regular) as reader:
            yield reader

    async def stat(self, key: str) -> Stored | None:
        """Return size and age."""
        return await self._run(key, lambda path: _stored(key, path))

    async def list(self, prefix: str) -> AsyncIterator[Stored]:
        """Yield the files, in no order."""
        checked_prefix(prefix)
        found = self._walk(prefix)
        while batch := await to_thread.run_sync(lambda: list(islice(found, LISTING_BATCH))):
            for stored in batch:
                yield stored

    async def delete(self, key: str) -> None:
        """Remove the file; its directory stays."""
        await self._run(key, _remove)

    async def presign(self, key: str, seconds: int) -> str | None:
        """Return None: a directory has no links of its own."""
        checked_key(key)
        return None

    async def _run(self, key: str, work: Callable[[Path], T]) -> T:
        checked_key(key)

        def guarded() -> T:
            with _errors(key):
                return work(self._path(key))

        return await to_thread.run_sync(guarded)

    def _path(self, key: str) -> Path:
        path = self._root / key
        if not path.parent.resolve().is_relative_to(self._root.resolve()):
            raise StorageRefused(f"`{key}` leads out of the storage through a symbolic link")
        return path

    def _put(self, target: Path, content: bytes | Path, *, if_absent: bool) -> bool:
        self._reap()
        if target.is_dir():
            raise OSError(errno.EISDIR, "a directory of other objects")
        if if_absent and os.path.lexists(target):
            return False
        _make_directory(target.parent)
        if isinstance(content, Path):
            try:
                _seal(content)
                return _publish(content, target, if_absent=if_absent)
            except OSError as error:
                if error.errno not in _CANNOT_MOVE:
                    raise
        with self._copied(content) as copy:
            return _publish(copy, target, if_absent=if_absent)

    @contextmanager
    def _copied(self, content: bytes | Path) -> Generator[Path]:
        incoming = self._root / INCOMING
        _make_directory(incoming)
        path = incoming / f"{os.getpid()}-{secrets.token_hex(8)}"
        try:
            with open(path, "xb", opener=_private) as copy:
                with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as original:
                    shutil.copyfileobj(original, copy, 1 << 20)
                copy.flush()
                os.fsync(copy.fileno())
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _reap(self) -> None:
        """Remove what writers that were killed left behind, once."""
        if self._reaped:
            return
        self._reaped = True
        with suppress(FileNotFoundError):
            for leftover in (self._root / INCOMING).iterdir():
                with suppress(FileNotFoundError):
                    if time.time() - leftover.lstat().st_mtime > ABANDONED_SECONDS:
                        leftover.unlink()

    def _walk(self, prefix: str) -> Iterator[Stored]:
        start = prefix.rpartition("/")[0]
        with _errors(prefix):
            pending = [self._path(start) if start else self._root]
            while pending:
                for entry in _entries(pending.pop()):
                    key = Path(entry.path).relative_to(self._root).as_posix()
                    if not is_key(key) or not (key.startswith(prefix) or prefix.startswith(f"{key}/")):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(Path(entry.path))
                    elif key.startswith(prefix) and (found := _stored(key, Path(entry.path))):
                        yield found


def _publish(ready: Path, target: Path, *, if_absent: bool) -> bool:
    if if_absent:
        try:
            os.link(ready, target)
        except FileExistsError:
            return False
        ready.unlink()
    else:
        ready.replace(target)
    _sync_directory(target.parent)
    return True


def _seal(path: Path) -> None:
    """Make a regular file private and bring it onto the disk."""
    with _open_regular(path) as file:
        path.chmod(0o600)
        os.fsync(file.fileno())


def _make_directory(path: Path) -> None:
    if not path.is_dir():
        _make_directory(path.parent)
        path.mkdir(0o700, exist_ok=True)
        _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    with suppress(PermissionError):  # Windows does not open directories, and needs no sync
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _open_regular(path: Path) -> BinaryIO:
    if stat.S_ISREG(path.lstat().st_mode):
        return path.open("rb")
    raise OSError(errno.ELOOP, "not a regular file")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _stored(key: str, path: Path) -> Stored | None:
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Stored(key, found.st_size, found.st_mtime) if stat.S_ISREG(found.st_mode) else None


def _entries(directory: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return
    _sync_directory(path.parent)


@contextmanager
def _errors(key: str) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise translated(error, key) from error


def translated(error: OSError, key: str) -> EngineError:
    """Return what the operating system's error means for an object."""
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    message = f"the directory of the storage failed at `{key}`: {reason.lower()}"
    if error.errno == errno.ENOENT:
        return ObjectMissing(f"no object `{key}`")
    if error.errno in _FULL:
        return SpaceExhausted(message, "Free space on the storage's disk, then run the same command again.")
    if error.errno in _REFUSED:
        return StorageRefused(message, "Check owner and rights of the directory of the storage.")
    return StorageUnreachable(message, "Check that the disk of the storage is mounted and healthy.")
