"""Searching a finished snapshot: every chunk is decoded again, by several threads, in little memory."""

import threading
from array import array
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

from ..database.base import LARGE_OBJECTS, Artefact, ChunkSource
from ..model.catalog import TableName
from ..model.proof import Hit, Trace
from ..model.snapshot import Chunk, Manifest, TableData
from .forms import NOTHING, Forms
from .kernel import Searcher
from .originals import Originals
from .shapes import HIDDEN, KINDS, LOGIN, SECRET, is_hidden

AT_ONCE = 50_000
OVERLAP = 4096
HEAD = 20
NEWLINE = b"\n"
SHAPES = KINDS


class Finished(ChunkSource, Protocol):
    """A stored snapshot, read back in worker threads."""

    def chunk(self, chunk: Chunk, *, compressed: bool = False) -> Generator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of one table: the rows that begin in one of its chunks."""

    table: TableData
    forms: Forms
    ordinal: int


@dataclass(frozen=True, slots=True)
class _Candidates:
    """What may be originals in a table, each with the number of its column; nearly all of them are none."""

    table: str
    columns: Sequence[str]
    values: Sequence[int]
    places: Sequence[int]


@dataclass(slots=True)
class Found:
    """What a search has seen so far; for several threads. `allowed` are hashes of what the rules write."""

    originals: Originals
    allowed: frozenset[int] = frozenset()
    cells: int = 0
    bytes: int = 0
    asked: int = 0
    definitions: int = 0
    large_objects: int = 0
    unread: list[str] = field(default_factory=list[str])
    hits: Counter[tuple[str, str, Trace]] = field(default_factory=Counter[tuple[str, str, Trace]])
    _waiting: list[_Candidates] = field(default_factory=list["_Candidates"])
    _number: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, searcher: Searcher, place: str, columns: Sequence[str]) -> None:
        """Take the candidates of a searcher, and look them up when there are many."""
        pairs = array("Q", searcher.take())
        taken = _Candidates(place, columns, pairs[::2], pairs[1::2])
        with self._lock:
            self._waiting.append(taken)
            self._number += len(taken.values)
            if self._number > AT_ONCE:
                self._settle()

    def end(self, searcher: Searcher, place: str, columns: Sequence[str]) -> None:
        """Take everything else of a searcher that is done."""
        self.take(searcher, place, columns)
        with self._lock:
            self.cells += searcher.cells
            self.asked += searcher.asked
            for column, counts in zip(columns, searcher.shapes, strict=True):
                for shape, count in zip(SHAPES, counts, strict=True):
                    if count:
                        self.hits[place, column, shape] += count

    def finish(self) -> tuple[Hit, ...]:
        """Return everything that was found."""
        with self._lock:
            self._settle()
        return tuple(Hit(*where, count) for where, count in sorted(self.hits.items()))

    def add(self, *, bytes_: int = 0, definitions: int = 0, large_objects: int = 0) -> None:
        """Count what was read."""
        with self._lock:
            self.bytes += bytes_
            self.definitions += definitions
            self.large_objects += large_objects

    def failed(self, sentence: str) -> None:
        """Note what could not be searched."""
        with self._lock:
            self.unread.append(sentence)

    def _settle(self) -> None:
        values = array("Q", chain.from_iterable(candidates.values for candidates in self._waiting))
        true = self.originals.confirmed(values)
        known = frozenset[int]().union(*true.values()) - self.allowed
        for candidates in self._waiting if known else ():
            for value, column in zip(candidates.values, candidates.places, strict=True):
                place = (candidates.table, candidates.columns[column])
                if value in known and any(value in found for own, found in true.items() if own != place):
                    self.hits[(*place, "original")] += 1
        self._waiting.clear()
        self._number = 0


def units(manifest: Manifest, forms: Mapping[TableName, Forms]) -> Iterator[Unit]:
    """Yield the pieces of every table, the largest first."""
    for table in sorted(manifest.tables, key=lambda table: (-table.raw_bytes, table.name)):
        for ordinal in range(len(table.chunks)):
            yield Unit(table, forms[table.name], ordinal)


def search_unit(
    finished: Finished, unit: Unit, found: Found, *, shaped: bool, told: Callable[[int], None]
) -> None:
    """Search one piece of a table; blocking. `shaped` says whether shapes count, once is enough."""
    place, columns = unit.forms.place, unit.forms.columns
    if not unit.forms.forms.strip(bytes((NOTHING,))):
        return
    marks = unit.forms.shaped if shaped else bytes(len(columns))
    originals = found.originals
    searcher = originals.searcher(unit.forms.forms, marks)
    try:
        for block in _rows_of(finished, unit):
            if searcher.feed(block):
                found.take(searcher, place, columns)
            found.add(bytes_=len(block))
            told(len(block))
        searcher.finish()
    except ValueError:
        found.failed(f"`{place}` is no stream of rows with {len(columns)} columns")
    found.end(searcher, place, columns)


def search_rest(artefact: Artefact, found: Found, *, shaped: bool) -> None:
    """Search definitions, large objects, and rows that only the dump program knows; blocking."""
    for place, text in artefact.definitions():
        _search_text(place, (text,), found, shaped=shaped)
        found.add(definitions=1)
        if shaped and LOGIN.search(text):
            found.hits[place, "", SHAPES[SECRET]] += 1
    for place, blocks in artefact.loose():
        _search_text(place, blocks, found, shaped=shaped)
        found.add(large_objects=int(place == LARGE_OBJECTS))


def _search_text(place: str, blocks: Iterable[bytes], found: Found, *, shaped: bool) -> None:
    originals, columns = found.originals, ("",)
    searcher = originals.searcher(b"t", bytes((shaped,)))
    for number, (window, size) in enumerate(_windows(blocks)):
        if number == 0 and shaped and place == LARGE_OBJECTS and is_hidden(window[:HEAD]):
            found.hits[place, "", SHAPES[HIDDEN]] += 1
        if searcher.text(window):
            found.take(searcher, place, columns)
        found.add(bytes_=size)
    found.end(searcher, place, columns)


def _windows(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """Yield blocks with the end of the one before in front, and how much of each is new."""
    tail = b""
    for block in blocks:
        yield tail + block, len(block)
        tail = (tail + block)[-OVERLAP:]


def _rows_of(finished: Finished, unit: Unit) -> Iterator[bytes]:
    """Yield the rows that begin in a chunk: chunks are cut where they are full, and not where rows end.

    A row that begins in a chunk ends in it or in the next one that has a line's end.
    """
    own, *following = unit.table.chunks[unit.ordinal :]
    begun = unit.ordinal == 0
    with closing(finished.chunk(own)) as blocks:
        for block in blocks:
            if begun:
                yield block
            elif NEWLINE in block:
                begun = True
                yield block[block.index(NEWLINE) + 1 :]
    if not begun:
        return
    for chunk in following:
        with closing(finished.chunk(chunk)) as blocks:
            for block in blocks:
                head, newline, _ = block.partition(NEWLINE)
                yield head + newline
                if newline:
                    return
