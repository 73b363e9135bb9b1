"""The standard streams, made safe: they can write every name, and tell a lost reader from other faults."""

import errno
import io
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO


class OutputLost(Exception):
    """Nobody can take the output any more; `full` if it was a disk and not a reader that went away."""

    def __init__(self, *, full: bool) -> None:
        super().__init__()
        self.full = full


class Results(io.TextIOWrapper):
    """Standard output that raises OutputLost, on every write once it is lost."""

    _lost: OutputLost | None = None

    def write(self, text: str, /) -> int:
        if self._lost:
            raise self._lost
        with self._watched():
            return super().write(text)

    def flush(self) -> None:
        with self._watched():
            super().flush()

    @contextmanager
    def _watched(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            _silence(self)
            self._lost = OutputLost(full=error.errno != errno.EPIPE)
            raise self._lost from None


class Remarks(io.TextIOWrapper):
    """Standard error that work goes on without."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError:
            _silence(self)
            return len(text)


def guard_streams() -> None:
    """Put the safe streams in the place of this process's own, which may be closed or missing."""
    out, err = sys.stdout, sys.stderr
    sys.stdin = sys.stdin or os.fdopen(os.open(os.devnull, os.O_RDONLY))
    sys.stdout = Results(_bytes(out), out.encoding if out else None, "backslashreplace")
    sys.stderr = Remarks(_bytes(err), err.encoding if err else None, "backslashreplace", line_buffering=True)


def _bytes(stream: TextIO | None) -> BinaryIO:
    return stream.buffer if stream else Path(os.devnull).open("wb")


def _silence(stream: io.TextIOWrapper) -> None:
    """Send what is still to come nowhere, so that Python's own flush at the end finds nothing wrong."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
