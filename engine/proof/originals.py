"""What must not be found again: hashes of values that rules mask or remove, as the source computes them."""

import errno
import mmap
import secrets
import sys
import threading
from array import array
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TypeAlias

from ..database.wanted import HashName
from ..model.catalog import TableName
from ..model.errors import SpaceExhausted
from .hashing import HASH, Hash
from .kernel import Confirmer, Gatherer, Searcher, mark

SMALLEST, LARGEST = 1 << 12, 1 << 25
BYTES_A_VALUE = 2
GATES = 1 << 17
# With fewer bits a value than this, a filter answers yes too often to be of use.
BITS_A_VALUE = 8
Place: TypeAlias = tuple[str, str]
Span: TypeAlias = tuple[int, int]
BLOCK = 1 << 20


@dataclass(slots=True)
class Originals:
    """Hashes of originals: a filter that answers nearly every question, and a file for the rest.

    The file is in a private directory, has no name, and goes with this process. So does the seed of `hash`,
    without which one says nothing. Everything in here takes the same memory whatever the number of originals.
    """

    hash: Hash
    bloom: mmap.mmap
    first: mmap.mmap
    count: int = 0
    _file: IO[bytes] = field(default_factory=TemporaryFile)
    _tables: dict[tuple[TableName, Place | None], list[Span]] = field(
        default_factory=dict[tuple[TableName, Place | None], list[Span]]
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def expecting(cls, values: int, directory: Path, name: HashName) -> "Originals":
        """Make room for about so many values, of which there are hashes of that name."""
        wanted = SMALLEST
        while wanted < values * BYTES_A_VALUE and wanted < LARGEST:
            wanted *= 2
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = TemporaryFile(dir=directory)  # noqa: SIM115 - closed by close()
        seeded = Hash(name, secrets.randbits(64) | 1)
        return cls(seeded, _filter(wanted), _filter(GATES), _file=file)

    def gather(
        self,
        table: TableName,
        flags: bytes,
        blocks: Iterable[bytes | memoryview],
        *,
        own: Place | None = None,
    ) -> None:
        """Take one stream of rows of hashes; blocking, for several threads at a time.

        `own` is the only column that may hold the values still.
        """
        gatherer = Gatherer(flags, self.bloom, self.first)
        for block in blocks:
            with self._lock:
                kept = gatherer.feed(block)
                if kept:
                    self._tables.setdefault((table, own), []).append((self.count * HASH, len(kept)))
                    with _full_disk_told():
                        self._file.write(kept)
                    self.count += len(kept) // HASH
        gatherer.finish()

    def searcher(self, forms: bytes, shaped: bytes) -> Searcher:
        """Return a search of one stream of rows for what is kept here."""
        hashed = self.hash
        return Searcher(forms, shaped, self.bloom, self.first, hashed.seed, hashed.name == "sha256")

    @property
    def passes(self) -> int:
        """How many times a snapshot is searched, each time for some of the originals."""
        return -(-self.count * BITS_A_VALUE // (len(self.bloom) * 8)) or 1

    def only(self, part: int) -> None:
        """Look for one part of the originals from now on, of as many as there are passes."""
        self.bloom[:] = bytes(len(self.bloom))
        for kept in self._all():
            mark(self.bloom, kept, part, self.passes)

    def confirmed(self, candidates: Sequence[int]) -> Mapping[Place | None, frozenset[int]]:
        """Return those of some hashes that are originals, and rare enough to mean somebody.

        They are by the one column that may hold them still; None: they may stand nowhere.
        """
        if not candidates:
            return {}
        confirmers: dict[Place | None, Confirmer] = {}
        wanted = array("Q", candidates).tobytes()
        with self._lock:
            for (_, own), spans in self._tables.items():
                confirmer = confirmers.setdefault(own, Confirmer(wanted))
                for kept in self._read(spans):
                    confirmer.feed(kept)
                confirmer.settle()
        return {
            own: frozenset(compress(candidates, confirmer.answer())) for own, confirmer in confirmers.items()
        }

    def close(self) -> None:
        """Forget everything."""
        self._file.close()
        for held in (self.bloom, self.first):
            # After a failure, who gathered is still on the way out, and what it holds goes with it.
            with suppress(BufferError):
                held.close()

    def _all(self) -> Iterator[bytes]:
        for spans in self._tables.values():
            yield from self._read(spans)

    def _read(self, spans: Sequence[Span]) -> Iterator[bytes]:
        for start, size in spans:
            self._file.seek(start)
            yield self._file.read(size)


@contextmanager
def _full_disk_told() -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise SpaceExhausted("the disk of the working directory is full") from None


def _filter(size: int) -> mmap.mmap:
    """Return empty memory of its own, in large pages where the system has them: a filter is read all over."""
    if sys.platform != "linux":
        return mmap.mmap(-1, size)
    found = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    found.madvise(mmap.MADV_HUGEPAGE)
    return found
