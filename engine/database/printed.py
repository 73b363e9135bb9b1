"""Reading what a client program prints of one query, to a line that no data can hold.

The program is told to print such a line after it. As nothing follows that line before the next command,
looking at the last bytes that came is enough to see the end. No row is ever looked at.
"""

import os
import secrets
from collections.abc import Iterator

BLOCK = 1 << 20


def room() -> memoryview:
    """Return what one reader reads into."""
    return memoryview(bytearray(BLOCK))


def ending() -> str:
    """Return what a reader lets its program print at the end: nobody who wrote data can have known it."""
    return secrets.token_hex(16)


def until_end(descriptor: int, room: memoryview, ending: str) -> Iterator[memoryview]:
    """Yield what comes before an ending, blocks of at most 1 MiB in a room that is used again; blocking.

    Raises:
        EOFError: it ended before the line came.
    """
    end, filled = memoryview(f"{ending}\n".encode()), 0
    while count := os.readv(descriptor, [room[filled:]]):
        filled += count
        last = max(filled - len(end), 0)
        if room[last:filled] == end:
            if last:
                yield room[:last]
            return
        if filled == BLOCK:
            # The last bytes stay: they may be the start of the end.
            yield room[:last]
            room[: len(end)] = room[last:]
            filled = len(end)
    raise EOFError
