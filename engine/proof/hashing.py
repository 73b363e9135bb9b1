"""Hashes of originals, gathered and confirmed in plain Python, as `_search.c` does it.

A hash is one that the source itself can compute: PostgreSQL's `hashtextextended`, Bob Jenkins' lookup3 with
a 64-bit seed, at a tenth of what SHA-256 costs; on MySQL and MariaDB the first eight bytes of SHA-256 over
the seed and the value. Neither keeps anything secret from who holds the seed, so neither the seed nor a hash
outlives the search that they were made for.
"""

import hashlib
import re
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_interface
from mmap import mmap

from ..database.wanted import HashName

SHARED_BY = 20
PROBES, LINE, GOLDEN = 6, 64, 0x9E3779B97F4A7C15
ALL = (1 << 64) - 1
HASH = 8
COPY_START, COPY_END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
ADDRESS = re.compile(rb"[0-9a-f:.]{2,45}(/[0-9]{1,3})?")

Filter = bytearray | mmap


@dataclass(frozen=True, slots=True)
class Hash:
    """A seeded hash of 64 bits, which source and search compute alike."""

    name: HashName
    seed: int

    def __call__(self, value: bytes) -> int:
        """Return the hash of some bytes."""
        return (lookup3 if self.name == "lookup3" else sha256)(value, self.seed)


def packed_address(text: bytes) -> bytes:
    """Return an address of a network as PostgreSQL keeps and hashes it, nothing if it is none."""
    if not ADDRESS.fullmatch(text):
        return b""
    try:
        found = ip_interface(text.decode())
    except ValueError:
        return b""
    return bytes((2 if found.version == 4 else 3, found.network.prefixlen)) + found.packed


def sha256(value: bytes, seed: int) -> int:
    """Return the first 64 bits of SHA-256 over a seed's eight bytes and some others."""
    digest = hashlib.sha256(seed.to_bytes(HASH, "big") + value).digest()
    return int.from_bytes(digest[:HASH], "big")


def lookup3(value: bytes, seed: int) -> int:
    """Return PostgreSQL's 64-bit hash of some bytes, with a seed."""
    a = b = c = (0x9E3779B9 + len(value) + 3923095) & 0xFFFFFFFF
    if seed:
        a, b, c = _mix((a + (seed >> 32)) & 0xFFFFFFFF, (b + seed) & 0xFFFFFFFF, c)
    whole = len(value) // 12 * 12
    for at in range(0, whole, 12):
        a, b, c = _mix(
            (a + int.from_bytes(value[at : at + 4], "little")) & 0xFFFFFFFF,
            (b + int.from_bytes(value[at + 4 : at + 8], "little")) & 0xFFFFFFFF,
            (c + int.from_bytes(value[at + 8 : at + 12], "little")) & 0xFFFFFFFF,
        )
    rest = value[whole:]
    a = (a + int.from_bytes(rest[:4], "little")) & 0xFFFFFFFF
    b = (b + int.from_bytes(rest[4:8], "little")) & 0xFFFFFFFF
    c = (c + (int.from_bytes(rest[8:], "little") << 8)) & 0xFFFFFFFF
    b, c = _final(a, b, c)
    return b << 32 | c


def _mix(a: int, b: int, c: int) -> tuple[int, int, int]:
    for turns in ((4, 6, 8), (16, 19, 4)):
        a = ((a - c) ^ _turned(c, turns[0])) & 0xFFFFFFFF
        c = (c + b) & 0xFFFFFFFF
        b = ((b - a) ^ _turned(a, turns[1])) & 0xFFFFFFFF
        a = (a + c) & 0xFFFFFFFF
        c = ((c - b) ^ _turned(b, turns[2])) & 0xFFFFFFFF
        b = (b + a) & 0xFFFFFFFF
    return a, b, c


def _final(a: int, b: int, c: int) -> tuple[int, int]:
    c = ((c ^ b) - _turned(b, 14)) & 0xFFFFFFFF
    a = ((a ^ c) - _turned(c, 11)) & 0xFFFFFFFF
    b = ((b ^ a) - _turned(a, 25)) & 0xFFFFFFFF
    c = ((c ^ b) - _turned(b, 16)) & 0xFFFFFFFF
    a = ((a ^ c) - _turned(c, 4)) & 0xFFFFFFFF
    b = ((b ^ a) - _turned(a, 14)) & 0xFFFFFFFF
    c = ((c ^ b) - _turned(b, 24)) & 0xFFFFFFFF
    return b, c


def _turned(word: int, by: int) -> int:
    return (word << by | word >> (32 - by)) & 0xFFFFFFFF


def marks(value: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the places of a hash in a filter of so many bytes, as byte and bit; its last bit does not count.

    All are in one line of 64 bytes, so that a question costs one visit to memory.
    """
    line = (value >> 1) % (size // LINE) * LINE
    places = (value >> 1) * GOLDEN & ALL
    for probe in range(PROBES):
        place = places >> 9 * probe
        yield line + (place >> 3) % LINE, place & 7


def holds(bloom: Filter, value: int) -> bool:
    """Tell whether a filter may hold a hash."""
    return all(bloom[byte] >> bit & 1 for byte, bit in marks(value, len(bloom)))


def mark(bloom: Filter, kept: bytes, part: int, parts: int) -> None:
    """Mark those of some hashes that fall into one of so many parts."""
    for value in array("Q", kept):
        if (value >> 1) % parts == part:
            for byte, bit in marks(value, len(bloom)):
                bloom[byte] |= 1 << bit


class Gatherer:
    """Takes hashes as they come from the source, and marks them in filters.

    They come as rows of PostgreSQL's binary COPY, any number of them in a cell, 8 bytes each.
    `flags` say of each column: 0 a value, 1 a value that identifies somebody by itself, 2 only a first word.
    """

    def __init__(self, flags: bytes, bloom: Filter, first: Filter) -> None:
        self._flags = flags
        self._bloom = bloom
        self._first = first
        self._rest = b""
        self._begun = self._ended = False

    def feed(self, block: bytes | memoryview) -> bytes:
        """Take some of the stream, and return the hashes to keep, 8 bytes each, the flag as the last bit.

        Raises:
            ValueError: it is no stream of rows with so many columns.
        """
        self._rest += block
        kept = array("Q")
        while self._rest and (cells := self._row()) is not None:
            for flag, cell in zip(self._flags, cells, strict=True):
                kept.extend(self._marked(cell, flag))
        return kept.tobytes()

    def finish(self) -> None:
        """End the stream.

        Raises:
            ValueError: it has no end.
        """
        if not self._ended:
            raise ValueError("rows without an end")

    def _row(self) -> list[bytes] | None:
        """Take the next row from what is there, if all of it is."""
        rest, at = self._rest, 0 if self._begun else len(COPY_START)
        if rest[:at] != COPY_START[: min(at, len(rest))] or self._ended:
            raise ValueError("no rows of hashes")
        width = rest[at : at + len(COPY_END)]
        if width == COPY_END:
            self._begun, self._ended, self._rest = True, True, rest[at + len(COPY_END) :]
            return [b""] * len(self._flags)
        if len(width) == len(COPY_END) and int.from_bytes(width, "big") != len(self._flags):
            raise ValueError("no rows of hashes")
        at += len(width)
        cells: list[bytes] = []
        for _ in self._flags:
            size = max(int.from_bytes(rest[at : at + 4], "big", signed=True), 0)
            if size % HASH:
                raise ValueError("no rows of hashes")
            at += 4 + size
            cells.append(rest[at - size : at])
        if at > len(rest):
            return None
        self._begun, self._rest = True, rest[at:]
        return cells

    def _marked(self, cell: bytes, flag: int) -> Iterator[int]:
        filter_ = self._first if flag == 2 else self._bloom
        for (value,) in struct.iter_unpack(">Q", cell):
            for byte, bit in marks(value, len(filter_)):
                filter_[byte] |= 1 << bit
            if flag != 2:
                yield value & ~1 | flag


class Confirmer:
    """Tells which of some candidates are originals, and rare enough to mean somebody."""

    def __init__(self, candidates: bytes) -> None:
        self._order = array("Q", candidates)
        self._counts = dict.fromkeys((value & ~1 for value in self._order), 0)
        self._sure: set[int] = set()
        self._rare: set[int] = set()

    def feed(self, kept: bytes) -> None:
        """Take some of the hashes of one table."""
        for value in array("Q", kept):
            if value & ~1 in self._counts:
                self._counts[value & ~1] += 1
                if value & 1:
                    self._sure.add(value & ~1)

    def settle(self) -> None:
        """End a table: what fewer rows share than that, or identifies by itself, counts."""
        for value, count in self._counts.items():
            if 0 < count < SHARED_BY:
                self._rare.add(value)
            self._counts[value] = 0

    def answer(self) -> bytes:
        """Return a byte for each candidate, 1 for an original."""
        return bytes(value & ~1 in self._rare or value & ~1 in self._sure for value in self._order)
