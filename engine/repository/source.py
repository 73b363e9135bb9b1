"""A snapshot's streams, read back in worker threads."""

from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import closing

from ..model.catalog import TableName
from ..model.errors import ArgumentInvalid
from ..model.snapshot import Chunk, Manifest
from ..storage.base import Storage
from .chunk import checked, packed, plain
from .keys import Keys
from .layout import chunk_key
from .transfer import on_loop, opened


class RepositorySource:
    """A `ChunkSource` over one snapshot; call it from worker threads of the event loop.

    Every block was authenticated before it is given out, and at the end of a chunk of plain output
    its id is checked too. Compressed output is the stored gzip members, one after the other.

    Raises, while iterating: ObjectMissing, SnapshotCorrupt, KeyMissing.
    """

    def __init__(
        self, storage: Storage, keys: Callable[[], Coroutine[object, object, Keys]], manifest: Manifest
    ) -> None:
        self._storage = storage
        self._keys = keys
        self._manifest = manifest
        self._chunks = {table.name: table.chunks for table in manifest.tables}

    @property
    def manifest(self) -> Manifest:
        """The snapshot's manifest."""
        return self._manifest

    def part(self, name: str, *, compressed: bool = False) -> Iterator[bytes]:
        """Yield a named part."""
        found = next((part for part in self._manifest.parts if part.name == name), None)
        if found is None:
            raise ArgumentInvalid(f"the snapshot has no part `{name[:80]}`")
        return self._stream(found.chunks, compressed)

    def table(self, name: TableName, *, compressed: bool = False) -> Iterator[bytes]:
        """Yield a table's rows."""
        if name not in self._chunks:
            raise ArgumentInvalid(f"the snapshot has no table `{name}`")
        return self._stream(self._chunks[name], compressed)

    def chunk(self, chunk: Chunk, *, compressed: bool = False) -> Generator[bytes]:
        """Yield one chunk."""
        keys = on_loop(self._keys)
        with opened(self._storage, chunk_key(chunk.id)) as stored:
            members = packed(chunk, stored.read, key=keys.chunk(chunk.id), key_id=keys.id)
            yield from members if compressed else checked(chunk, plain(chunk, members), keys)

    def _stream(self, chunks: tuple[Chunk, ...], compressed: bool) -> Iterator[bytes]:
        for chunk in chunks:
            with closing(self.chunk(chunk, compressed=compressed)) as blocks:
                yield from blocks
