"""The search for originals in plain Python: what `_search.c` does, said so that it can be read.

It is used where no compiled one could be built, and it is what the compiled one is held to.

The hash is PostgreSQL's `hashtextextended`, Bob Jenkins' lookup3 with a 64-bit seed, which the source
computes at a tenth of what SHA-256 costs. It keeps nothing secret from who holds the seed, so neither the
seed nor a hash outlives the search that they were made for.
"""

import re
import struct
from array import array
from collections.abc import Iterator
from ipaddress import ip_interface
from mmap import mmap

from .shapes import (
    CARD,
    EMAIL,
    HIDDEN,
    IBAN,
    KINDS,
    PHONE,
    SECRET,
    is_card,
    is_email,
    is_hidden,
    is_iban,
    is_phone,
    is_secret,
)

LONGEST, SHORTEST, SHORTEST_NUMBER = 4000, 4, 7
WINDOW, OVERLAP = 1 << 20, 4096
GROUP_WORDS, NUMBER_GROUPS, GAP = 4, 6, 2
SHARED_BY = 20
MOST_IN_A_CELL = 64
PROBES, LINE, GOLDEN = 6, 64, 0x9E3779B97F4A7C15
ALL = (1 << 64) - 1
HASH = 8
COPY_START, COPY_END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"

LETTERS = b"abcdefghijklmnopqrstuvwxyz"
DIGITS = b"0123456789"
WORD = re.compile(rb"[a-z0-9\x80-\xff]+")
TOKEN = re.compile(rb"[a-z0-9\x80-\xff._\-+@'$]+")
FIELD = re.compile(rb"[^\"{}\[\]()<>,;:|=\n\t\x00]+")
QUOTED = re.compile(rb"[^\"\x00]+")
EDGES = b"._-+'$"
GAPS = b" ()./-+"
ADDRESS = re.compile(rb"[0-9a-f:.]{2,45}(/[0-9]{1,3})?")
FOLD = bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in range(256))
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}

Piece = tuple[int, int]
Filter = bytearray | mmap


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


class Searcher:
    """Searches one stream of copy text.

    `forms` say of each column: t text, b binary, v a value that holds nothing else, - not looked at.

    In columns marked in `shaped` it also counts what has the shape of personal data.
    """

    def __init__(self, forms: bytes, shaped: bytes, bloom: Filter, first: Filter, seed: int) -> None:
        self._forms = forms
        self._shaped = shaped
        self._bloom = bloom
        self._first = first
        self._seed = seed
        self._rest = b""
        self._found = array("Q")
        self._here: set[int] = set()
        self.rows = self.cells = self.asked = 0
        self.shapes = [[0] * len(KINDS) for _ in forms]

    def feed(self, block: bytes) -> int:
        """Take some of the stream, and return how many candidates wait.

        Raises:
            ValueError: it is no stream of rows with so many columns.
        """
        *lines, self._rest = (self._rest + block).split(b"\n")
        for line in lines:
            cells = line.split(b"\t")
            if len(cells) != len(self._forms):
                raise ValueError("rows of another width")
            self.rows += 1
            for column, cell in enumerate(cells):
                form = self._forms[column : column + 1]
                if form != b"-" and cell != b"\\N":
                    self.cells += 1
                    self._cell(unescaped(cell), column, binary=form == b"b")
        return len(self._found) // 2

    def text(self, content: bytes, column: int = 0) -> int:
        """Search a text that is no row, and return how many candidates wait."""
        self.cells += 1
        self._cell(content, column, binary=False)
        return len(self._found) // 2

    def finish(self) -> None:
        """End the stream.

        Raises:
            ValueError: the last row has no end.
        """
        if self._rest:
            raise ValueError("the last row has no end")

    def take(self) -> bytes:
        """Return the candidates that wait, 16 bytes each: hash and column."""
        found, self._found = self._found, array("Q")
        return found.tobytes()

    def _cell(self, content: bytes, column: int, *, binary: bool) -> None:
        shaped = bool(self._shaped[column])
        self._here.clear()
        if self._forms[column : column + 1] == b"v":
            self._ask(content.translate(FOLD), column)
            return
        if binary and content.startswith(b"\\x"):
            content = bytes.fromhex(content[2:].decode())
        if binary and shaped and is_hidden(content):
            self.shapes[column][HIDDEN] += 1
        start = 0
        while True:
            window = content[start : start + WINDOW].translate(FOLD)
            self._look(folded_latin(window), column, shaped=shaped)
            for decoded in again(window):
                self._look(folded_latin(decoded.translate(FOLD)), column, shaped=False)
            if start + WINDOW >= len(content):
                return
            start += WINDOW - OVERLAP

    def _look(self, text: bytes, column: int, *, shaped: bool) -> None:
        words = [found.span() for found in WORD.finditer(text)]
        for start, end in pieces(text):
            self._ask(text[start:end], column)
        for index, (start, end) in enumerate(words):
            gate = text[end : end + 1] == b" " and end - start <= LONGEST
            if gate and holds(self._first, lookup3(text[start:end], self._seed)):
                for _, last in words[index + 1 : index + GROUP_WORDS]:
                    self._ask(text[start:last], column)
        for digits, groups, _ in numbers(text, words):
            if groups > 1:
                self._ask(digits, column)
        if shaped:
            for kind in {*shapes(text, words)}:
                self.shapes[column][kind] += 1

    def _ask(self, piece: bytes, column: int) -> None:
        if SHORTEST <= len(piece) <= LONGEST and (len(piece) >= SHORTEST_NUMBER or piece[0] > 57):
            self._look_up(piece, column)
            if packed := packed_address(piece):
                self._look_up(packed, column)

    def _look_up(self, value: bytes, column: int) -> None:
        self.asked += 1
        hash_ = lookup3(value, self._seed)
        if holds(self._bloom, hash_) and hash_ not in self._here:
            self._found.extend((hash_ & ~1, column))
            if len(self._here) < MOST_IN_A_CELL:
                self._here.add(hash_)


def packed_address(text: bytes) -> bytes:
    """Return an address of a network as PostgreSQL keeps and hashes it, nothing if it is none."""
    if not ADDRESS.fullmatch(text):
        return b""
    try:
        found = ip_interface(text.decode())
    except ValueError:
        return b""
    return bytes((2 if found.version == 4 else 3, found.network.prefixlen)) + found.packed


def unescaped(cell: bytes) -> bytes:
    """Return what a cell of copy text means."""
    if b"\\" not in cell:
        return cell
    return re.sub(rb"\\(.)", _meant, cell, flags=re.DOTALL)


def again(text: bytes) -> Iterator[bytes]:
    """Yield a text as JSON, arrays and URLs mean it, where that differs."""
    if b"\\" in text:
        yield re.sub(rb"\\(?:u([0-9a-f]{4})|(.))", _escaped, text, flags=re.DOTALL)
    if re.search(rb"%[0-9a-f]{2}", text):
        yield re.sub(rb"%([0-9a-f]{2})", lambda found: bytes((int(found[1], 16),)), text)


def written(text: str, seed: int) -> Iterator[int]:
    """Yield the hashes that a text would be found by."""
    folded = folded_latin(text.encode(errors="replace").translate(FOLD))
    for start, end in pieces(folded):
        yield lookup3(folded[start:end], seed) & ~1


def pieces(text: bytes) -> Iterator[Piece]:
    """Yield what is looked up: words, tokens, fields, what is quoted, and the whole, each place once."""
    seen: set[Piece] = set()
    whole = ((0, len(text)),)
    runs = ((WORD, b""), (TOKEN, EDGES), (FIELD, b" "), (QUOTED, b" "))
    found = ((span, trim) for run, trim in runs for span in (one.span() for one in run.finditer(text)))
    for (start, end), trim in (*found, *((span, b" ") for span in whole)):
        while start < end and text[start] in trim:
            start += 1
        while start < end and text[end - 1] in trim:
            end -= 1
        if start < end and (start, end) not in seen:
            seen.add((start, end))
            yield start, end


def numbers(text: bytes, words: list[Piece]) -> Iterator[tuple[bytes, int, bool]]:
    """Yield digits that only blanks and signs part: of how many groups, and whether a plus stands before."""
    groups: list[Piece] = []
    for start, end in words:
        if text[start:end].strip(DIGITS):
            groups = []
            continue
        gap = text[groups[-1][1] : start] if groups else b""
        joined = groups and len(gap) <= GAP and not gap.strip(GAPS)
        groups = [*groups[1 - NUMBER_GROUPS :], (start, end)] if joined else [(start, end)]
        for first in range(len(groups)):
            digits = b"".join(text[slice(*group)] for group in groups[first:])
            if len(digits) <= LONGEST:
                yield digits, len(groups) - first, text[: groups[first][0]].endswith(b"+")


def shapes(text: bytes, words: list[Piece]) -> Iterator[int]:
    """Yield which shapes of personal data stand in a text."""
    if any(b"@" in found[0] and is_email(found[0].strip(EDGES)) for found in TOKEN.finditer(text)):
        yield EMAIL
    if any(is_iban(text[start:end]) for start, end in words):
        yield IBAN
    for digits, _, plus in numbers(text, words):
        if plus and is_phone(digits):
            yield PHONE
        elif not plus and is_card(digits):
            yield CARD
    if any(is_secret(found[0].strip(b" ")) for found in FIELD.finditer(text)):
        yield SECRET


def _meant(found: re.Match[bytes]) -> bytes:
    sign = found[1].decode("latin-1")
    return ESCAPES.get(sign, sign).encode("latin-1")


def _escaped(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return chr(int(found[1], 16)).encode("utf-8", "replace")
    sign = found[2].decode("latin-1")
    return ESCAPES.get(sign, sign).encode("latin-1")


def folded_latin(text: bytes) -> bytes:
    """Fold the capital letters of Latin-1, which UTF-8 writes as C3 80 to C3 9E."""
    if b"\xc3" not in text:
        return text
    return re.sub(rb"\xc3([\x80-\x96\x98-\x9e])", lambda found: bytes((0xC3, found[1][0] + 32)), text)
