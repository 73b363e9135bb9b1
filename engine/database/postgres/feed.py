"""Named pipes in place of an archive's data files, so that readable rows never touch a disk.

pg_restore opens each file when it wants it. The pipes are looked at in turn, those wanted next most
often, and one that has found its reader is filled by a worker thread. Nothing waits longer than the
reader lives: opening never blocks, and writing to a reader that is gone fails.
"""

import errno
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType

from ..base import Blocks

PIPE_BYTES = 1 << 20
SHORTEST, LONGEST = 0.0005, 0.02
NEXT = 4
AROUND_SECONDS, AROUND = 0.02, 64


PourInto = Callable[[Path, Blocks], None]


@dataclass(frozen=True, slots=True)
class Feed:
    """A named pipe and what fills it once somebody reads it.

    `fill` gets a descriptor to write to, and a way to fill more pipes one after the other.
    """

    path: Path
    fill: Callable[[int, PourInto], None]


class Feeder:
    """Fills pipes in the background from entering to leaving it.

    `lanes` are feeds in the order in which they will probably be wanted; any order works. `stop_reader`
    is called when a feed fails, before its reader can see that the pipe ends early.
    """

    def __init__(
        self, lanes: Sequence[Sequence[Feed]], *, at_once: int, stop_reader: Callable[[], None]
    ) -> None:
        for feed in (feed for lane in lanes for feed in lane):
            os.mkfifo(feed.path, 0o600)
        self._lanes = [dict.fromkeys(lane) for lane in lanes]
        self._window = NEXT * at_once
        self._unread = sum(map(len, lanes))
        self._stop_reader = stop_reader
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._failure: BaseException | None = None
        self._pool = ThreadPoolExecutor(at_once, "feed")
        self._watcher = threading.Thread(target=self._watch, name="feeder")

    def __enter__(self) -> "Feeder":
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._watcher.join()
        self._pool.shutdown()

    @property
    def unread(self) -> int:
        """How many pipes were not read to their end."""
        return self._unread

    def check(self) -> None:
        """Raise what a feed failed with, if one did."""
        if self._failure is not None:
            raise self._failure

    def _pour_into(self, path: Path, blocks: Blocks) -> None:
        """Fill one more pipe, which exists, and remove it."""
        pause = SHORTEST
        while (descriptor := _open_if_read(path)) is None:
            if self._over.wait(pause):
                raise BrokenPipeError
            pause = min(1.2 * pause, LONGEST)
        try:
            pour(descriptor, blocks)
        finally:
            os.close(descriptor)
        path.unlink()

    def _watch(self) -> None:
        pause, around = SHORTEST, self._around()
        looked_around = time.monotonic()
        while not self._over.wait(pause):
            wanted = [(lane, feed) for lane in self._lanes for feed in islice(lane, self._window)]
            if time.monotonic() - looked_around > AROUND_SECONDS:
                looked_around = time.monotonic()
                wanted += islice(around, AROUND)
            found = sum(self._open(lane, feed) for lane, feed in wanted)
            pause = SHORTEST if found else min(1.2 * pause, LONGEST)

    def _around(self) -> Iterator[tuple[dict[Feed, None], Feed]]:
        """Go through all pipes again and again: where the order was guessed wrong, this finds it."""
        while any(self._lanes):
            yield from [(lane, feed) for lane in self._lanes for feed in lane]

    def _open(self, lane: dict[Feed, None], feed: Feed) -> bool:
        if feed not in lane or (descriptor := _open_if_read(feed.path)) is None:
            return False
        del lane[feed]
        self._pool.submit(self._fill, feed, descriptor)
        return True

    def _fill(self, feed: Feed, descriptor: int) -> None:
        try:
            feed.fill(descriptor, self._pour_into)
            with self._lock:
                self._unread -= 1
        except BrokenPipeError:
            # The reader is gone, and says why better than we could.
            pass
        except BaseException as failure:
            self._failure = self._failure or failure
            self._stop_reader()
        finally:
            os.close(descriptor)


def pour(descriptor: int, blocks: Blocks) -> None:
    """Write all blocks."""
    for block in blocks:
        rest = memoryview(block)
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def _open_if_read(path: Path) -> int | None:
    """Open a pipe for writing if somebody has it open for reading."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return None
        raise
    os.set_blocking(descriptor, True)
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return descriptor
