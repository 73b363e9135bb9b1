"""Writing one snapshot: streams become chunks, and the manifest comes last."""

import errno
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

from anyio import CapacityLimiter, Lock, from_thread, to_thread

from ..model.errors import JobConflict, ObjectMissing, SpaceExhausted
from ..model.snapshot import Chunk, Manifest, Snapshot, snapshot
from ..storage.base import Storage
from .chunk import Spool
from .cutter import Cutter
from .keys import KeyRing, Keys
from .layout import CHUNKS, chunk_key, manifest_key
from .lease import Lease
from .manifest import Testimony, open_manifest, seal_manifest, sign_manifest
from .transfer import on_loop, read_object
from .values import StoredStream

THREADS = 64

Blocks = Callable[[], Iterator[bytes | memoryview]]


class SnapshotWriter:
    """Stores streams, many at the same time, and commits the manifest that names them.

    Chunks that are there already are not stored again, whoever stored them. Without `commit` there is no
    snapshot, and what was stored waits for the next try until prune's grace is over.
    """

    def __init__(
        self,
        storage: Storage,
        keys: Keys,
        *,
        ring: KeyRing,
        lease: Lease,
        spool: Path,
        profile: str | None,
    ) -> None:
        self._storage = storage
        self._keys = keys
        self._ring = ring
        self._lease = lease
        self._spool = spool
        self._profile = profile
        self._known: dict[str, int] | None = None
        self._listing = Lock()
        self._threads = CapacityLimiter(THREADS)  # its own: storing a chunk needs a thread of the common one

    async def store(self, blocks: Blocks, *, on_bytes: Callable[[int], None] | None = None) -> StoredStream:
        """Read a stream to its end in a worker thread and store it in chunks.

        Args:
            blocks: opens the stream; called once, in the thread, and a generator is closed at the end.
            on_bytes: told of every block how many plain bytes it has, in the thread.

        Raises:
            SpaceExhausted: the disk or the storage is full.
        """
        await self._existing()
        return await to_thread.run_sync(self._store, blocks, on_bytes, limiter=self._threads)

    async def commit(self, manifest: Manifest, *, origin: Testimony | None = None) -> Snapshot:
        """Sign and store the manifest: from now on the snapshot exists.

        Raises:
            ObjectMissing: a chunk that it names is not stored.
            JobConflict: another snapshot has that id.
        """
        if self._lease.lapsed():
            await self._lease.renew()
            self._known = None
        existing = await self._existing()
        if missing := {chunk.id for chunk in manifest.chunks()} - existing.keys():
            raise ObjectMissing(f"{len(missing)} chunks of the snapshot are not stored", "Build it again.")
        signed = sign_manifest(manifest, self._ring.signing_key, origin=origin)
        sealed = seal_manifest(signed, self._keys)
        key = manifest_key(manifest.id)
        if not await self._storage.put(key, sealed, if_absent=True):
            there = await read_object(self._storage, key)
            if open_manifest(there, manifest.id, keys=self._keys, ring=self._ring).manifest != manifest:
                raise JobConflict(f"there is another snapshot `{manifest.id}`", "Build again under a new id.")
        return snapshot(manifest, self._profile)

    def _store(self, blocks: Blocks, on_bytes: Callable[[int], None] | None) -> StoredStream:
        def each(size: int) -> None:
            from_thread.check_cancelled()
            if on_bytes is not None:
                on_bytes(size)

        with _full_disk_told():
            return Cutter(self._start, self._keep).run(blocks(), each)

    def _start(self) -> Spool:
        return Spool(self._spool / token_hex(8), self._keys)

    def _keep(self, spool: Spool) -> Chunk:
        try:
            chunk = spool.finish()
            size = on_loop(lambda: self._put(chunk, spool.path))
            return replace(chunk, stored_bytes=size)
        finally:
            spool.discard()

    async def _put(self, chunk: Chunk, path: Path) -> int:
        """Store a chunk unless it is there, and return the size of what is there."""
        known = await self._existing()
        if chunk.id in known:
            return known[chunk.id]
        size = chunk.stored_bytes
        key = chunk_key(chunk.id)
        if not await self._storage.put(key, path, if_absent=True):
            there = await self._storage.stat(key)
            if there is None:
                raise ObjectMissing(f"`{key}` was there and is gone", "Run the same command again.")
            size = there.size
        known[chunk.id] = size
        return size

    async def _existing(self) -> dict[str, int]:
        """Return the sizes of all chunks, listed once, after the lease was taken."""
        async with self._listing:
            if self._known is None:
                self._known = {
                    stored.key.rpartition("/")[2]: stored.size async for stored in self._storage.list(CHUNKS)
                }
            return self._known


@contextmanager
def _full_disk_told() -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise SpaceExhausted("the disk of the working directory is full") from None
