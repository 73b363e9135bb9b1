"""Tells when a program started and when it and all its children are gone, without looking again and again."""

import os
from pathlib import Path
from typing import IO


class Witness:
    """A named pipe that a shell script holds open for writing: `exec 3> path; echo $$ >&3`."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "witness"
        os.mkfifo(self.path)
        self._pipe: IO[str] | None = None

    @property
    def script(self) -> str:
        """The start of a shell script that is watched, with all it starts."""
        return f"exec 3> '{self.path}'; echo $$ >&3; "

    def started(self) -> int:
        """Wait for the script to start and return its process id; blocking."""
        self._pipe = self.path.open()
        return int(self._pipe.readline())

    def gone(self) -> bool:
        """Wait until nobody holds the pipe any more; blocking."""
        assert self._pipe is not None
        with self._pipe as pipe:
            return pipe.read() == ""
