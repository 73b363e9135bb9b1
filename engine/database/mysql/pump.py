"""The native client as a pump: one persistent child per reader, fed with queries, read in large blocks.

Its own batch output escapes tab, newline, backslash and zero, as COPY text does. A byte that no UTF-8 has
stands for NULL.
"""

import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ...model.errors import DatabaseFailed, RuleFailed
from ..base import Blocks, Slice
from ..printed import ending, room, until_end
from ..process import Child, in_large_blocks
from ..programs import Programs
from .session import Session

NULL, WRITTEN_NULL = b"\xff", b"\\N"
RETURN, WRITTEN_RETURN = b"\r", b"\\r"
# As digits, so that the client sees no text of a rule; a warning then sets what cannot be set.
WARILY = """\
SET @snapharbor_rule = CONVERT(X'{}' USING utf8mb4);
PREPARE snapharbor_rule FROM @snapharbor_rule;
EXECUTE snapharbor_rule;
SET SESSION sql_mode = IF(@@warning_count = 0, @@sql_mode, 'snapharbor: a warning');
"""
# A number out of range, which values that are refused are made to be, and what cannot be set.
UNSETTABLE = 1231
REFUSED = (1690, UNSETTABLE)
VALUE = "give a value that its column refuses: NULL, too long, out of range, or of another character set"
WARNED = "the server warns of a value, or of a rule's condition about one"
UNHASHED = (
    "Nothing was stored, as what is not hashed is not looked for. Look for conditions of rules that compare "
    "texts with numbers, and for texts that are invalid in their character set; SHOW WARNINGS tells."
)
ALONE = "Run them in a private copy (--ephemeral), which names the rule that fails."
# Unbuffered, because we wait for the end of each query's output.
OPTIONS = ("--batch", "--quick", "--skip-column-names", "--unbuffered", "--binary-mode", "--silent")


def arguments(session: Session, command: Sequence[str | Path], *options: str) -> tuple[str | Path, ...]:
    """Return how a client is started; the option file has to be named first."""
    return (*command, f"--defaults-file={session.options}", *options)


@contextmanager
def started(programs: Programs, session: Session, command: Sequence[str | Path]) -> "Generator[Pump]":
    """Start one client."""
    argv = (*in_large_blocks(), *arguments(session, command, *OPTIONS))
    with programs.running(session, *argv, stdin=True) as child:
        yield Pump(programs, child)


class Pump:
    """A `SliceReader`."""

    def __init__(self, programs: Programs, child: Child) -> None:
        self._programs = programs
        self._child = child
        self._room = room()
        self._ending = ending()

    def enter(self, statements: Iterable[str]) -> None:
        """Run statements that print nothing, and return when they are done; blocking.

        Raises:
            EngineError: one failed.
        """
        self._send("".join(f"{statement};\n" for statement in statements))
        for _ in self._read(""):
            pass

    def read(self, piece: Slice) -> Blocks:
        """Yield the piece as copy text; blocking.

        Raises:
            DatabaseUnreachable, DatabaseFailed, TimedOut, ...: the piece is not whole.
        """
        if piece.computed is None:
            self._send(f"{piece.text};\n")
            yield from self._read(f"`{piece.table}` could not be read: ")
            return
        self._send(WARILY.format(piece.text.encode().hex()))
        try:
            yield from self._read("")
        except DatabaseFailed as error:
            number = error.details.get("errno")
            if piece.computed == "hashes":
                why = WARNED if number == UNSETTABLE else error.message
                raise DatabaseFailed(
                    f"originals of `{piece.table}` could not be hashed: {why}", UNHASHED
                ) from None
            refused = number in REFUSED
            raise RuleFailed(
                f"the rules of `{piece.table}` {VALUE if refused else f'fail: {error.message}'}",
                ALONE,
                table=str(piece.table),
            ) from None

    def _read(self, what: str) -> Blocks:
        self._send(f"SELECT '{self._ending}';\n")
        whole = False
        try:
            for block in until_end(self._child.stdout.fileno(), self._room, self._ending):
                yield bytes(block).replace(NULL, WRITTEN_NULL).replace(RETURN, WRITTEN_RETURN)
            self._programs.check()
            whole = True
        except EOFError:
            self._programs.check()
            error = self._programs.failure("mysql", self._child)
            raise type(error)(f"{what}{error.message}", error.hint, **error.details) from None
        finally:
            if not whole:
                # What is left of this piece would be taken for the start of the next one.
                self._child.stop()

    def _send(self, text: str) -> None:
        """Give the client something to do; if it is gone, the next read says so."""
        with suppress(BrokenPipeError):
            self._child.give(text.encode(errors="surrogateescape"))


class Pool:
    """Readers that all see one moment: made while it lasts, lent one at a time to each thread."""

    def __init__(self, programs: Programs, pumps: Iterable[Pump]) -> None:
        self._programs = programs
        self._idle = list(pumps)
        self._changed = threading.Condition()

    @contextmanager
    def lent(self, check: Callable[[], None]) -> Generator[Pump]:
        """Lend a reader, waiting until one is free; blocking."""
        with self._changed:
            while not self._idle:
                check()
                self._changed.wait(0.1)
            pump = self._idle.pop()
        try:
            check()
            yield pump
        finally:
            with self._changed:
                self._idle.append(pump)
                self._changed.notify()
