"""Small objects whole, from async code; objects as streams, from worker threads."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import BinaryIO

from anyio import from_thread, to_thread

from ..model.errors import SnapshotCorrupt
from ..storage.base import Storage

SMALL = 64 << 20


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
    stream = from_thread.run(context.__aenter__)
    try:
        yield stream
    finally:
        from_thread.run(context.__aexit__, None, None, None)


def _read_all(stream: BinaryIO) -> bytes:
    parts: list[bytes] = []
    size = 0
    while size <= SMALL and (part := stream.read(1 << 20)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)
