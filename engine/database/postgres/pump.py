"""psql as a pump: one persistent child per reader, fed with COPY commands, read in large blocks."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ...model.errors import EngineError
from ..base import Slice
from ..printed import ending, room, until_end
from ..process import Child, in_large_blocks
from ..programs import Programs
from .session import Session


@contextmanager
def open_pump(
    programs: Programs,
    session: Session,
    *,
    psql: Sequence[str | Path],
    preamble: Iterable[str],
    check: Callable[[], None],
) -> "Generator[Pump]":
    """Connect one psql and let it run the preamble; errors show at the first read."""
    options = ("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=sqlstate")
    with programs.running(
        session, *in_large_blocks(), *psql, *options, "-d", session.conninfo, stdin=True
    ) as child:
        pump = Pump(programs, child, check)
        pump.send("".join(f"{statement};\n" for statement in preamble))
        yield pump


class Pump:
    """A `SliceReader`."""

    def __init__(self, programs: Programs, child: Child, check: Callable[[], None]) -> None:
        self._programs = programs
        self._child = child
        self._check = check
        self._room = room()
        self._ending = ending()

    def send(self, text: str) -> None:
        """Give psql something to do; if it is gone, the next read says so."""
        with suppress(BrokenPipeError):
            self._child.give(text.encode(errors="surrogateescape"))

    def read(self, piece: Slice) -> Iterator[memoryview]:
        """Yield what the piece prints, blocks of at most 1 MiB in a room that is used again; blocking.

        Raises:
            DatabaseUnreachable, DatabaseFailed, TimedOut, ...: the piece is not whole.
        """
        self.send(f"{piece.text};\n\\echo {self._ending}\n")
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
        try:
            yield from until_end(self._child.stdout.fileno(), self._room, self._ending)
        except EOFError:
            raise self._lost(piece) from None

    def _lost(self, piece: Slice) -> EngineError:
        self._programs.check()
        error = self._programs.failure("psql", self._child)
        message = f"`{piece.table}` could not be read: {error.message}"
        return type(error)(message, error.hint, **error.details)
