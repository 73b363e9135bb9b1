"""A file of SQL on its way into a client program, which must do nothing but send it to the server."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from ..model.errors import ArgumentInvalid
from .process import Child

BLOCK = 1 << 20
ARCHIVES = {b"PGDMP": "an archive of pg_dump", b"PK\x03\x04": "a zip archive", b"\x1f\x8b": "compressed"}


def look_at(file: Path) -> int:
    """Return how many bytes a file of SQL has.

    Raises:
        ArgumentInvalid: it cannot be read, is empty, or is something else.
    """
    try:
        with file.open("rb") as opened:
            start = opened.read(BLOCK)
            size = file.stat().st_size
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise ArgumentInvalid(f"`{file.name}` cannot be read: {reason}", "Name a file of SQL.") from None
    for magic, what in ARCHIVES.items():
        if start.startswith(magic):
            hint = "`snapharbor adopt` takes what DBSnapper and pg_dump wrote; unpack anything else first."
            raise ArgumentInvalid(f"`{file.name}` is {what}, not SQL", hint)
    if not start.strip() or b"\0" in start:
        raise ArgumentInvalid(f"`{file.name}` holds no SQL", "Name a file of SQL.")
    return size


def pieces(file: Path) -> Iterator[bytes]:
    """Yield the lines of a file; a long one comes in several pieces."""
    with file.open("rb") as opened:
        while piece := opened.readline(BLOCK):
            yield piece


def feed(child: Child, blocks: Iterable[bytes], each: Callable[[int], None]) -> None:
    """Send everything to a program, telling how much each time; blocking. One that is gone is left alone."""
    with suppress(BrokenPipeError):
        waiting: list[bytes] = []
        size = 0
        for block in blocks:
            waiting.append(block)
            size += len(block)
            if size >= BLOCK:
                child.give(b"".join(waiting))
                each(size)
                waiting, size = [], 0
        child.give(b"".join(waiting))
        each(size)
