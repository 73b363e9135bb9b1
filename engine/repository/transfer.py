"""Small objects whole, from async code; objects as streams, from worker threads."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import BinaryIO, TypeVar

from anyio import CancelScope, from_thread, to_thread

from ..model.errors import SnapshotCorrupt
from ..storage.base import Storage

SMALL = 64 << 20

Result = TypeVar("Result")


async def read_object(storage: Storage, key: str) -> bytes:
    """Return a small object's bytes.

    Raises:
        ObjectMissing: there is none.
        SnapshotCorrupt: it is larger than anything of its kind can be.
    """
    async with storage.open(key) as stream:
        content = await to_thread.run_sync(_read_all, stream)
    if len(content) > SMALL:
        raise SnapshotCorrupt(f"`{key}` is larger than it can be")
    return content


@contextmanager
def opened(storage: Storage, key: str) -> Generator[BinaryIO]:
    """Open an object for one sequential read, from a worker thread of the event loop."""
    context = storage.open(key)
    stream = on_loop(context.__aenter__)
    try:
        yield stream
    finally:
        on_loop(lambda: context.__aexit__(None, None, None))


def on_loop(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run async work from a worker thread and wait for it.

    It is shielded: in a scope that was cancelled before, anyio 4.16 would wait for ever at the first lock.
    The thread itself asks between two blocks whether it is cancelled.
    """

    async def shielded() -> list[Result]:
        results: list[Result] = []
        with CancelScope(shield=True):
            results.append(await work())
        return results

    return from_thread.run(shielded)[0]


def _read_all(stream: BinaryIO) -> bytes:
    parts: list[bytes] = []
    size = 0
    while size <= SMALL and (part := stream.read(1 << 20)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)
