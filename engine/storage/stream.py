"""Pieces of files going out, and objects coming in that survive a broken connection."""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from anyio.from_thread import check_cancelled

from ..model.errors import StorageUnreachable
from .retry import Patience

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

READ_AHEAD = 256 << 10
LARGEST_READ = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes to be stored, opened as often as needed."""

    size: int
    open: Callable[[], BinaryIO]

    @classmethod
    def of(cls, content: bytes | Path) -> "Source":
        """Return the source for bytes or a file."""
        if isinstance(content, bytes):
            return cls(len(content), lambda: io.BytesIO(content))
        return cls(content.stat().st_size, lambda: content.open("rb", buffering=0))

    def section(self, start: int, length: int) -> io.BufferedReader:
        """Open some of the bytes as a file of their own; it is read in a worker thread of anyio."""
        return io.BufferedReader(_Section(self.open(), range(start, start + length)), READ_AHEAD)


class _Section(io.RawIOBase):
    """A window on a file. Reading ends at once when the task that waits for the thread is cancelled."""

    def __init__(self, whole: BinaryIO, window: range) -> None:
        self._whole, self._start, self._length = whole, window.start, len(window)
        self._whole.seek(self._start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: self._length}[whence]
        return self._whole.seek(self._start + base + offset) - self._start

    def tell(self) -> int:
        return self._whole.tell() - self._start

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        check_cancelled()
        view = memoryview(buffer)
        piece = self._whole.read(min(len(view), self._length - self.tell()))
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._whole.close()
        super().close()


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of one answer. `read` raises StorageUnreachable when the connection breaks."""

    read: Callable[[int], bytes]
    close: Callable[[], None]


class ObjectReader(io.RawIOBase):
    """An object of known size, read once from start to end.

    After a broken connection it asks for the rest, with growing pauses, until an attempt brings nothing
    `patience.attempts` times in a row.
    """

    def __init__(self, size: int, first: Body, *, rest: Callable[[int], Body], patience: Patience) -> None:
        self._size, self._offset = size, 0
        self._body: Body | None = first
        self._rest = rest
        self._patience = patience
        self._delays = patience.delays()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer)
        while self._offset < self._size:
            try:
                if self._body is None:
                    self._body = self._rest(self._offset)
                piece = self._body.read(min(len(view), LARGEST_READ))
                if not piece:
                    raise StorageUnreachable("the object ended early")
            except StorageUnreachable:
                self._hang_up()
                if (delay := next(self._delays, None)) is None:
                    raise
                time.sleep(delay)
                continue
            view[: len(piece)] = piece
            self._offset += len(piece)
            self._delays = self._patience.delays()
            return len(piece)
        return 0

    def close(self) -> None:
        self._hang_up()
        super().close()

    def _hang_up(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None
