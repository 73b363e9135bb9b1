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
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import anyio
from anyio import CapacityLimiter, to_thread
from anyio.abc import TaskGroup

from ...tasks import open_tasks
from ..base import Blocks
from ..process import Child, Completed, attend

PIPE_BYTES = 1 << 20
SHORTEST, LONGEST = 0.0005, 0.02
NEXT = 4
AROUND_SECONDS, AROUND = 0.02, 64

PourInto = Callable[[Path, Blocks], None]


@dataclass(frozen=True, slots=True)
class Feed:
    """A named pipe, which exists, and what fills it once somebody reads it.

    `fill` runs in a worker thread. It gets a descriptor to write to, and a way to fill more pipes, one
    after the other, before it goes on.
    """

    path: Path
    fill: Callable[[int, PourInto], None]


class Feeder:
    """Fills pipes for one program.

    `lanes` are feeds in the order in which they will probably be wanted; any order works. `at_once` is
    how many pipes the program may have open.
    """

    def __init__(self, lanes: Sequence[Sequence[Feed]], child: Child, *, at_once: int) -> None:
        self._lanes = [dict.fromkeys(lane) for lane in lanes]
        self._child = child
        self._window = NEXT * at_once
        self._limiter = CapacityLimiter(at_once)
        self._over = threading.Event()
        self.unread = sum(map(len, lanes))

    async def serve(self) -> Completed:
        """Fill pipes until the program ends, and say how it ended; `unread` are the pipes left then.

        What a feed fails with is raised, and the program is stopped before it sees that a pipe ends early.
        """
        async with open_tasks() as group:
            group.start_soon(self._watch, group)
            try:
                return await attend(self._child, self._child.wait)
            finally:
                self._over.set()
                group.cancel_scope.cancel()

    async def _watch(self, group: TaskGroup) -> None:
        pause, around = SHORTEST, self._around()
        looked_around = time.monotonic()
        while any(self._lanes):
            await anyio.sleep(pause)
            wanted = [(lane, feed) for lane in self._lanes for feed in islice(lane, self._window)]
            if time.monotonic() - looked_around > AROUND_SECONDS:
                looked_around = time.monotonic()
                wanted += islice(around, AROUND)
            found = sum(self._open(lane, feed, group) for lane, feed in wanted)
            pause = SHORTEST if found else min(1.2 * pause, LONGEST)

    def _around(self) -> Iterator[tuple[dict[Feed, None], Feed]]:
        """Go through all pipes again and again: where the order was guessed wrong, this finds it."""
        while any(self._lanes):
            yield from [(lane, feed) for lane in self._lanes for feed in lane]

    def _open(self, lane: dict[Feed, None], feed: Feed, group: TaskGroup) -> bool:
        if feed not in lane or (descriptor := _open_if_read(feed.path)) is None:
            return False
        del lane[feed]
        group.start_soon(self._filled, feed, descriptor)
        return True

    async def _filled(self, feed: Feed, descriptor: int) -> None:
        # Shielded, because the descriptor is the thread's; the thread ends when the program does.
        with anyio.CancelScope(shield=True):
            if await to_thread.run_sync(self._fill, feed, descriptor, limiter=self._limiter):
                self.unread -= 1

    def _fill(self, feed: Feed, descriptor: int) -> bool:
        try:
            feed.fill(descriptor, self._pour_into)
        except BrokenPipeError:
            # The reader is gone, and says why better than we could.
            return False
        except BaseException:
            self._child.stop()
            raise
        else:
            return True
        finally:
            os.close(descriptor)

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
