"""Hashes that come as lines of hexadecimal digits, packed as the search takes them."""

import struct
from collections.abc import Iterator

from ..database.base import Block, Blocks
from .hashing import COPY_END, COPY_START

TAB, NEWLINE = b"\t", b"\n"


def packed(blocks: Iterator[Block], columns: int) -> Blocks:
    """Yield lines of digits, with tabs between so many columns, as rows of binary COPY: a row for a block.

    Raises:
        ValueError: they are no such lines.
    """
    yield COPY_START
    rest = b""
    for block in blocks:
        lines, newline, rest = (rest + block).rpartition(NEWLINE)
        if newline:
            yield _row(lines, columns)
    if rest:
        raise ValueError("a line without an end")
    yield COPY_END


def _row(lines: bytes, columns: int) -> bytes:
    cells = lines.replace(NEWLINE, TAB).split(TAB)
    if len(cells) != columns * (lines.count(NEWLINE) + 1):
        raise ValueError("lines of another width")
    hashes = [bytes.fromhex(b"".join(cells[column::columns]).decode("ascii")) for column in range(columns)]
    return struct.pack(">h", columns) + b"".join(struct.pack(">i", len(some)) + some for some in hashes)
