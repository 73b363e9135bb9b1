"""The client programs that read one consistent view: they end together."""

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from ..model.errors import EngineError
from ..model.secret import Secret
from .process import Child, Completed, stream


class Access(Protocol):
    """How a program connects."""

    @property
    def environment(self) -> Mapping[str, str]: ...

    @property
    def secrets(self) -> tuple[Secret, ...]: ...


class Programs:
    """Programs that end together, for one remembered reason; `explain` reads how one failed."""

    def __init__(self, explain: Callable[[str, Completed], EngineError]) -> None:
        self._explain = explain
        self._lock = threading.Lock()
        self._running: set[Child] = set()
        self._reason: EngineError | None = None

    @contextmanager
    def running(self, session: Access, *argv: str | Path, stdin: bool = False) -> Generator[Child]:
        """Start a program that `end` ends, with the session's environment."""
        with stream(argv, env=session.environment, stdin=stdin, secrets=session.secrets) as child:
            try:
                with self._lock:
                    self._running.add(child)
                self.check()
                yield child
            finally:
                with self._lock:
                    self._running.discard(child)

    def end(self, reason: EngineError) -> None:
        """End every program now; those who read them get the first reason."""
        with self._lock:
            self._reason = self._reason or reason
            running = tuple(self._running)
        for child in running:
            child.stop()

    def check(self) -> None:
        """Raise the reason for which everything was ended, if it was."""
        if self._reason is not None:
            raise self._reason

    def failure(self, program: str, child: Child) -> EngineError:
        """Wait for a program that went silent and return why."""
        done = child.wait()
        return self._reason or self._explain(program, done)
