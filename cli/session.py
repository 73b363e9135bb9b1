"""How the command was called, and the one event loop it runs in."""

import logging
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from ..engine.harbor import Harbor

Result = TypeVar("Result")


class Session:
    """The global flags, which click fills in while it parses, and the working directory once it is known."""

    def __init__(self) -> None:
        self.config: Path | None = None
        self.json = False
        self.read_only = False
        self.directory: Path | None = None

    @asynccontextmanager
    async def harbor(self, *, partial: bool = False) -> AsyncGenerator["Harbor"]:
        """Open what the flags name; `partial`: as much of it as can be checked."""
        from ..engine.harbor import Harbor
        from .output import warn

        async with Harbor.open(self.config, read_only=self.read_only, partial=partial) as harbor:
            for warning in harbor.services.settings.warnings:
                warn(self, warning)
            logging.lastResort = Remarks(self)
            self.directory = harbor.services.settings.working_directory
            yield harbor

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked: both ends are a terminal, and no program reads the output."""
        return not self.json and sys.stdin.isatty() and sys.stderr.isatty()


class Remarks(logging.Handler):
    """Shows what the engine logs where nobody set up a log; what libraries log is for nobody here."""

    def __init__(self, session: Session) -> None:
        super().__init__(logging.WARNING)
        self._session = session

    def emit(self, record: logging.LogRecord) -> None:
        from .output import warn

        if record.name.startswith("snapharbor."):
            warn(self._session, record.getMessage())


def run(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run async work; an interrupt, a TERM or a hang-up cancels it and leaves as KeyboardInterrupt.

    The first signal lets everything clean up after itself; a second one ends at once.
    """
    import anyio

    with _signals((signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)), _as_interrupt):
        return anyio.run(work)


@contextmanager
def interruptible() -> Generator[None]:
    """Let an interrupt end a blocking question that is asked inside the event loop."""
    with _signals((signal.SIGINT,), signal.default_int_handler):
        yield


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)


@contextmanager
def _signals(
    numbers: tuple[signal.Signals, ...], handler: Callable[[int, FrameType | None], object]
) -> Generator[None]:
    before = [(number, signal.signal(number, handler)) for number in dict.fromkeys(numbers)]
    try:
        yield
    finally:
        for number, previous in before:
            signal.signal(number, previous)
