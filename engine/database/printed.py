"""Reading what a client program prints of one query, to a line that no row can be.

The program is told to print such a line after it. As nothing follows that line before the next command,
looking at the last bytes that came is enough to see the end. No row is ever looked at.
"""

import os
from collections.abc import Iterator

BLOCK = 1 << 20
NEWLINE = 10


def room() -> memoryview:
    """Return what one reader reads into."""
    return memoryview(bytearray(BLOCK))


def until_end(descriptor: int, room: memoryview, end: bytes) -> Iterator[memoryview]:
    """Yield what comes before the line `end`, blocks of at most 1 MiB in a room that is used again; blocking.

    Raises:
        EOFError: it ended before the line came.
    """
    filled, line_starts = 0, True
    while count := os.readv(descriptor, [room[filled:]]):
        filled += count
        last = filled - len(end)
        if bytes(room[max(last, 0) : filled]) == end and (room[last - 1] == NEWLINE if last else line_starts):
            if last:
                yield room[:last]
            return
        if filled == BLOCK:
            # The last bytes stay: they may be the start of the end.
            yield room[:last]
            line_starts = room[last - 1] == NEWLINE
            room[: len(end)] = room[last:]
            filled = len(end)
    raise EOFError
