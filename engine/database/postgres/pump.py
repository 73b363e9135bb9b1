"""psql as a pump: one persistent child per reader, fed with COPY commands, read in large blocks.

After each COPY, psql is told to print a line that is exactly `\\.`. Copy text doubles every backslash of
the data, so no row can be that line, and as nothing follows it before the next command, looking at the
last bytes that came is enough to see the end. No row is ever looked at.
"""

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...model.errors import EngineError
from ..base import Slice
from ..process import Child
from .programs import Programs
from .session import Session

BLOCK = 1 << 20
END = b"\\.\n"
NEWLINE = 10
ECHO_END = "\\echo '\\\\.'\n"


@contextmanager
def open_pump(
    programs: Programs, session: Session, *, psql: Path, preamble: Iterable[str], check: Callable[[], None]
) -> "Generator[Pump]":
    """Connect one psql and let it run the preamble; errors show at the first read."""
    options = ("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=sqlstate")
    with programs.running(session, psql, *options, "-d", session.conninfo, stdin=True) as child:
        pump = Pump(programs, child, check)
        pump.send("".join(f"{statement};\n" for statement in preamble))
        yield pump


class Pump:
    """A `SliceReader`."""

    def __init__(self, programs: Programs, child: Child, check: Callable[[], None]) -> None:
        self._programs = programs
        self._child = child
        self._check = check
        self._room = memoryview(bytearray(BLOCK))

    def send(self, text: str) -> None:
        """Give psql something to do; if it is gone, the next read says so."""
        rest = text.encode(errors="surrogateescape")
        with suppress(BrokenPipeError):
            while rest:
                rest = rest[self._child.stdin.write(rest) :]

    def read(self, piece: Slice) -> Iterator[memoryview]:
        """Yield the piece as copy text, blocks of at most 1 MiB in a room that is used again; blocking.

        Raises:
            DatabaseUnreachable, DatabaseFailed, TimedOut, ...: the piece is not whole.
        """
        self.send(f"{piece.query};\n{ECHO_END}")
        whole = False
        try:
            yield from self._until_end(piece)
            self._check()
            whole = True
        finally:
            if not whole:
                # What is left of this piece would be taken for the start of the next one.
                self._child.stop()

    def _until_end(self, piece: Slice) -> Iterator[memoryview]:
        source, room = self._child.stdout.fileno(), self._room
        filled, line_starts = 0, True
        while count := os.readv(source, [room[filled:]]):
            filled += count
            last = filled - len(END)
            if bytes(room[max(last, 0) : filled]) == END and (
                room[last - 1] == NEWLINE if last else line_starts
            ):
                if last:
                    yield room[:last]
                return
            if filled == BLOCK:
                # The last bytes stay: they may be the start of the end.
                yield room[:last]
                line_starts = room[last - 1] == NEWLINE
                room[: len(END)] = room[last:]
                filled = len(END)
        raise self._lost(piece)

    def _lost(self, piece: Slice) -> EngineError:
        self._programs.check()
        error = self._programs.failure("psql", self._child)
        message = f"`{piece.table}` could not be read: {error.message}"
        return type(error)(message, error.hint, **error.details)
