"""Hashes of originals, computed here: of values that a source gives which has no such hash of its own.

A value is hashed as it comes by, and is in no place but the memory of that moment.
"""

import json
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from ..database.base import FIRST_WORD, PLAIN, SURE, Block, Blocks, Wanted
from ..database.telling import (
    GAPS,
    IDENTIFYING,
    LONGEST_GROUP,
    NUMBERS,
    ONE_WORD,
    PROSE,
    SMALLEST_NUMBER,
    is_common,
    names,
)
from .hashing import COPY_END, COPY_START, packed_address
from .kernel import lookup3
from .reference import FOLD, folded_latin, unescaped

NULL = b"\\N"
SPELLED = re.compile(r"uuid")
ADDRESS = re.compile(r"inet[46]")
NUMBER = re.compile(r"(int|bigint|decimal)\b.*")
MAIL = re.compile(rb"[a-z0-9._%+'-]+@[a-z0-9.-]*[a-z0-9]")
# Digits within a longer word, as in a hexadecimal one, are no number that anybody calls.
PHONE = re.compile(rb"(?<![a-z0-9_\x80-\xff])[0-9][0-9 ()./-]{5,22}[0-9](?![a-z0-9_\x80-\xff])")
STEP = re.compile(r'\.(\*|\{\}|"(?:[^"\\]|\\.)*"|\w+)|(\[\])')

Spell = Callable[[bytes], Iterable[bytes]]
Part = tuple[int, Spell]


@dataclass(frozen=True, slots=True)
class Values:
    """The columns of one stream of copy text, and the seed of their hashes."""

    columns: Sequence[Wanted]
    seed: int

    @property
    def flags(self) -> bytes:
        """What the hashes of a line are of, one after the other."""
        alone = (flag for column in self.columns for flag, _ in _parts(column))
        return bytes((*alone, *((SURE, FIRST_WORD) * len([*names(self.columns)]))))

    def hashed(self, blocks: Iterator[Block]) -> Blocks:
        """Yield the same rows as hashes, as the search takes them."""
        alone = [(place, spell) for place, column in enumerate(self.columns) for _, spell in _parts(column)]
        places = {column: place for place, column in enumerate(self.columns)}
        together = [(places[one], places[other]) for one, other in names(self.columns)]
        yield COPY_START
        rest = b""
        for block in blocks:
            *lines, rest = (rest + block).split(b"\n")
            if lines:
                yield b"".join(self._row(line.split(b"\t"), alone, together) for line in lines)
        yield COPY_END

    def _row(
        self,
        cells: Sequence[bytes],
        alone: Sequence[tuple[int, Spell]],
        together: Sequence[tuple[int, int]],
    ) -> bytes:
        hashes = [self._cell(cells[place], spell) for place, spell in alone]
        for one, other in together:
            name = NULL if NULL in (cells[one], cells[other]) else cells[one] + b" " + cells[other]
            hashes += [self._cell(name, _whole), self._cell(name, _first_word)]
        sized = (struct.pack(">i", len(one)) + one for one in hashes)
        return struct.pack(">h", len(hashes)) + b"".join(sized)

    def _cell(self, cell: bytes, spell: Spell) -> bytes:
        if cell == NULL:
            return b""
        return b"".join(struct.pack(">Q", lookup3(piece, self.seed)) for piece in spell(unescaped(cell)))


def _parts(column: Wanted) -> Iterator[Part]:
    """Yield what of a column's values is hashed: what the hashes are of, and how a value is spelled."""
    if is_common(column):
        return
    sure = SURE if IDENTIFYING.intersection(column.kinds) else PLAIN
    if SPELLED.fullmatch(column.type):
        yield sure, lambda value: (value,)
    elif ADDRESS.fullmatch(column.type):
        yield sure, lambda value: (packed_address(value),)
    elif NUMBER.fullmatch(column.type):
        yield sure, _large
    elif column.type == "json" or column.paths:
        yield PLAIN, _whole
        yield sure, lambda value: map(_spelled, _leaves(value, column.paths))
        if _is_prose(column):
            yield (
                SURE,
                lambda value: (one for leaf in _leaves(value, column.paths) for one in _contacts(leaf)),
            )
    else:
        yield from _of_text(column, sure)


def _of_text(column: Wanted, sure: int) -> Iterator[Part]:
    yield sure, _whole
    one_word = bool(column.kinds) and ONE_WORD.issuperset(column.kinds)
    if NUMBERS.intersection(column.kinds):
        yield SURE, lambda value: (_digits(_spelled(value)),)
    if not one_word:
        yield FIRST_WORD, _first_word
        if _is_prose(column):
            yield SURE, _contacts


def _is_prose(column: Wanted) -> bool:
    """Tell whether a column may hold sentences: what looks like nothing known may."""
    return not column.kinds or bool(PROSE.intersection(column.kinds))


def _spelled(text: bytes) -> bytes:
    """Return a text as it is compared: no blanks around it, small letters of ASCII and Latin-1."""
    return folded_latin(text.strip(b" ").translate(FOLD))


def _whole(value: bytes) -> Iterable[bytes]:
    return (_spelled(value),)


def _large(value: bytes) -> Iterable[bytes]:
    return (value,) if int(value.partition(b".")[0]) >= SMALLEST_NUMBER else ()


def _first_word(value: bytes) -> Iterable[bytes]:
    spelled = _spelled(value)
    return (spelled.partition(b" ")[0],) if b" " in spelled and len(spelled) <= LONGEST_GROUP else ()


def _digits(text: bytes) -> bytes:
    return text.translate(None, GAPS.encode())


def _contacts(value: bytes) -> Iterator[bytes]:
    """Yield addresses and telephone numbers that stand in a longer text."""
    text = _spelled(value)
    if b"@" in text:
        yield from (found[0] for found in MAIL.finditer(text))
    yield from (_digits(found[0]) for found in PHONE.finditer(text))


def _leaves(value: bytes, paths: Sequence[str]) -> Iterator[bytes]:
    """Yield what is at some paths of a document (`engine/discovery/leaves.py`), or every text in it."""
    try:
        tree: object = json.loads(value)
    except (ValueError, RecursionError):
        yield value
        return
    for path in paths or ("$",):
        for leaf in _at(tree, [word or mark for word, mark in STEP.findall(path)]):
            yield leaf.encode(errors="replace")


def _at(tree: object, steps: Sequence[str]) -> Iterator[str]:
    if not steps:
        yield from _texts(tree)
    elif isinstance(tree, list):
        rest = steps[1:] if steps[0] == "[]" else steps
        for child in cast(list[object], tree):
            yield from _at(child, rest)
    elif isinstance(tree, dict):
        members = cast(dict[str, object], tree)
        if steps[0] == "{}":
            yield from members
        elif steps[0] == "*":
            for child in members.values():
                yield from _at(child, steps[1:])
        else:
            name = json.loads(steps[0]) if steps[0].startswith('"') else steps[0]
            yield from _at(members.get(name), steps[1:])


def _texts(tree: object) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, int | float) and not isinstance(tree, bool):
        yield str(tree)
    elif isinstance(tree, list):
        for child in cast(list[object], tree):
            yield from _texts(child)
    elif isinstance(tree, dict):
        for child in cast(dict[str, object], tree).values():
            yield from _texts(child)
