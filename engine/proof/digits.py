"""Hashes that come as lines of hexadecimal digits, packed as the search takes them."""

import struct
from collections.abc import Iterator, Sequence

from ..database.base import Block, Blocks
from .hashing import COPY_END, COPY_START


def packed(blocks: Iterator[Block], columns: int) -> Blocks:
    """Yield lines of digits, with tabs between so many columns, as rows of binary COPY: a row for a block.

    Raises:
        ValueError: they are no such lines.
    """
    yield COPY_START
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        if lines:
            yield _row([*zip(*(line.split(b"\t") for line in lines), strict=True)], columns)
    if rest:
        raise ValueError("a line without an end")
    yield COPY_END


def _row(cells: Sequence[Sequence[bytes]], columns: int) -> bytes:
    if len(cells) != columns:
        raise ValueError("lines of another width")
    hashes = [bytes.fromhex(b"".join(column).decode("ascii")) for column in cells]
    return struct.pack(">h", columns) + b"".join(struct.pack(">i", len(some)) + some for some in hashes)
