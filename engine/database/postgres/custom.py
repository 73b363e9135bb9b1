"""A pg_dump custom archive as it comes out of a pipe: its parts, apart, without waiting for its end."""

from collections.abc import Iterator

from ..base import Blocks
from .toc import ArchiveDamaged, ByteStream, Toc, integer, read_toc, write_toc

ROWS, LARGE_OBJECTS = 1, 3
BLOCK = 1 << 18


def split_custom(blocks: Blocks) -> Iterator[tuple[str, Blocks]]:
    """Yield the part `toc`, then a part `block/ID` for each entry whose data is in the archive.

    A block's part keeps the archive's own framing. Each part is read to its end before the next.

    Raises:
        ArchiveDamaged: the bytes are no uncompressed custom archive, or end early.
    """
    stream = ByteStream(blocks)
    toc = read_toc(stream)
    yield "toc", iter((write_toc(toc),))
    while not stream.at_end():
        kind = stream.exactly(1)[0]
        block = stream.integer(toc.int_size)
        if kind == ROWS:
            yield f"block/{block}", _gathered(_frames(stream, toc.int_size))
        elif kind == LARGE_OBJECTS:
            yield f"block/{block}", _gathered(_objects(stream, toc.int_size))
        else:
            raise ArchiveDamaged(f"block kind {kind} is not known")


def block_rows(blocks: Blocks, toc: Toc) -> Blocks:
    """Yield the bytes of a table's block without framing."""
    return _contents(ByteStream(blocks), toc.int_size)


def block_objects(blocks: Blocks, toc: Toc) -> Iterator[tuple[int, Blocks]]:
    """Yield oid and bytes of each large object of a block, each read to its end before the next."""
    stream = ByteStream(blocks)
    while oid := stream.integer(toc.int_size):
        yield oid, _contents(stream, toc.int_size)


def _contents(stream: ByteStream, size: int) -> Blocks:
    while left := stream.integer(size):
        while left:
            piece = stream.some(left)
            left -= len(piece)
            yield piece


def _frames(stream: ByteStream, size: int) -> Blocks:
    while length := stream.integer(size):
        yield integer(length, size)
        while length:
            piece = stream.some(length)
            length -= len(piece)
            yield piece
    yield integer(0, size)


def _objects(stream: ByteStream, size: int) -> Blocks:
    while oid := stream.integer(size):
        yield integer(oid, size)
        yield from _frames(stream, size)
    yield integer(0, size)


def _gathered(pieces: Blocks) -> Blocks:
    """Yield the same bytes in fewer blocks."""
    gathered = bytearray()
    for piece in pieces:
        gathered += piece
        if len(gathered) >= BLOCK:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)
