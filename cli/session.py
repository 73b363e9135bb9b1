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
    from asyncio import AbstractEventLoop

    from ..engine.harbor import Harbor

Result = TypeVar("Result")
SIGNALS = frozenset((signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)))


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
    import asyncio

    import anyio

    done: list[Result] = []

    async def obeying() -> None:
        # A scope, because a task that is cancelled from outside leaves its worker threads behind, at work.
        with anyio.CancelScope() as scope:
            loop = asyncio.get_running_loop()
            with _waking(loop), _signals(_Stop(lambda: loop.call_soon_threadsafe(scope.cancel))):
                done.append(await work())

    anyio.run(obeying)
    if not done:
        raise KeyboardInterrupt
    return done[0]


@contextmanager
def interruptible() -> Generator[None]:
    """Let a signal end a blocking question that is asked inside the event loop."""
    with _signals(signal.default_int_handler):
        yield


class _Stop:
    """What is done about signals: the first one cancels, the second one interrupts."""

    def __init__(self, cancel: Callable[[], object]) -> None:
        self._cancel = cancel
        self._asked = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
        self._cancel()


@contextmanager
def _waking(loop: "AbstractEventLoop") -> Generator[None]:
    """Let a signal wake the loop, also one that comes when it is just about to wait.

    Without that, nothing happens until the loop wakes for another reason. On Windows it does so by itself.
    """
    if sys.platform == "win32":
        yield
        return
    import socket

    reading, writing = socket.socketpair()
    with reading, writing:
        reading.setblocking(False)
        writing.setblocking(False)
        loop.add_reader(reading, reading.recv, 64)
        before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            loop.remove_reader(reading)


@contextmanager
def _signals(handler: Callable[[int, FrameType | None], object]) -> Generator[None]:
    before = [(number, signal.signal(number, handler)) for number in SIGNALS]
    try:
        yield
    finally:
        for number, previous in before:
            signal.signal(number, previous)
