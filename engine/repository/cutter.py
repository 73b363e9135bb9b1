"""One stream cut into chunks, in a worker thread."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field

from ..model.snapshot import Chunk
from .chunk import Spool
from .lines import count_lines
from .values import CHUNK_BYTES, StoredStream


@dataclass(slots=True)
class Cutter:
    """Fills one spool after the other; `keep` takes a full one away. At most one exists at a time."""

    start: Callable[[], Spool]
    keep: Callable[[Spool], Chunk]
    _spool: Spool | None = None
    _chunks: list[Chunk] = field(default_factory=list[Chunk])
    _rows: int = 0

    def run(self, blocks: Iterator[bytes | memoryview], each: Callable[[int], None]) -> StoredStream:
        """Store the whole stream, telling `each` about every block before it is taken."""
        try:
            for block in blocks:
                each(len(block))
                self._take(block)
            self._end()
        finally:
            if self._spool is not None:
                self._spool.discard()
            if isinstance(blocks, Generator):
                blocks.close()
        chunks = tuple(self._chunks)
        return StoredStream(chunks, self._rows, sum(chunk.raw_bytes for chunk in chunks))

    def _take(self, block: bytes | memoryview) -> None:
        self._rows += count_lines(block)
        rest = memoryview(block)
        while rest:
            spool = self._spool = self._spool or self.start()
            room = CHUNK_BYTES - spool.raw_bytes
            spool.write(rest[:room])
            rest = rest[room:]
            if spool.raw_bytes == CHUNK_BYTES:
                self._end()

    def _end(self) -> None:
        if self._spool is not None:
            self._chunks.append(self.keep(self._spool))
            self._spool = None
