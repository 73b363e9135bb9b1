"""The search for originals in plain Python: what `_search.c` does, said so that it can be read.

It is used where no compiled one could be built, and it is what the compiled one is held to.
"""

import re
from array import array
from collections.abc import Iterator

from ..database.telling import SHORTEST
from .hashing import Filter, Hash, holds, packed_address
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

LONGEST, SHORTEST_NUMBER = 4000, 7
WINDOW, OVERLAP = 1 << 20, 4096
GROUP_WORDS, NUMBER_GROUPS, GAP = 4, 6, 2
MOST_IN_A_CELL = 64

LETTERS = b"abcdefghijklmnopqrstuvwxyz"
DIGITS = b"0123456789"
WORD = re.compile(rb"[a-z0-9\x80-\xff]+")
TOKEN = re.compile(rb"[a-z0-9\x80-\xff._\-+@'$]+")
FIELD = re.compile(rb"[^\"{}\[\]()<>,;:|=\n\t\x00]+")
QUOTED = re.compile(rb"[^\"\x00]+")
COLONS = re.compile(rb"[0-9a-f:.]+")
BITS = re.compile(rb"/[0-9]{1,3}")
EDGES = b"._-+'$"
GAPS = b" ()./-+"
FOLD = bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in range(256))
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}

Piece = tuple[int, int]


class Searcher:
    """Searches one stream of copy text.

    `forms` say of each column: t text, b binary, v a value that holds nothing else, - not looked at.

    In columns marked in `shaped` it also counts what has the shape of personal data. Hashes are of lookup3,
    or of SHA-256.
    """

    def __init__(
        self, forms: bytes, shaped: bytes, bloom: Filter, first: Filter, seed: int, sha256: bool = False
    ) -> None:
        self._forms = forms
        self._shaped = shaped
        self._bloom = bloom
        self._first = first
        self._hash = Hash("sha256" if sha256 else "lookup3", seed)
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
            value = content.translate(FOLD)
            self._ask(value, column)
            if b":" in value[:5]:
                self._ask_address(value, column)
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
            if gate and holds(self._first, self._hash(text[start:end])):
                for _, last in words[index + 1 : index + GROUP_WORDS]:
                    self._ask(text[start:last], column)
        for digits, groups, _ in numbers(text, words):
            if groups > 1:
                self._ask(digits, column)
        for address in addresses(text):
            self._ask_address(address, column)
        if shaped:
            for kind in {*shapes(text, words)}:
                self.shapes[column][kind] += 1

    def _ask(self, piece: bytes, column: int) -> None:
        if SHORTEST <= len(piece) <= LONGEST and (len(piece) >= SHORTEST_NUMBER or piece[0] > 57):
            self._look_up(piece, column)
            if b"." in piece[1:4] and piece[0] in DIGITS:
                self._ask_address(piece, column)

    def _ask_address(self, text: bytes, column: int) -> None:
        if packed := packed_address(text):
            self._look_up(packed, column)

    def _look_up(self, value: bytes, column: int) -> None:
        self.asked += 1
        hash_ = self._hash(value)
        if holds(self._bloom, hash_) and hash_ not in self._here:
            self._found.extend((hash_ & ~1, column))
            if len(self._here) < MOST_IN_A_CELL:
                self._here.add(hash_)


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


def written(text: str, hashed: Hash) -> Iterator[int]:
    """Yield the hashes that a text would be found by."""
    folded = folded_latin(text.encode(errors="replace").translate(FOLD))
    found = [folded[start:end] for start, end in pieces(folded)]
    packed = filter(None, map(packed_address, (*found, *addresses(folded))))
    for piece in (*found, *packed):
        yield hashed(piece) & ~1


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


def addresses(text: bytes) -> Iterator[bytes]:
    """Yield what stands in a text and may be an address with colons, which part fields otherwise."""
    for found in COLONS.finditer(text):
        address = found[0].strip(b".")
        if address.endswith(b":") and not address.endswith(b"::"):
            address = address[:-1]
        elif found[0].endswith(address) and (bits := BITS.match(text, found.end())):
            address += bits[0]
        if found[0].count(b":") > 1:
            yield address


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
