"""The real command as a child process: with pipes, or with a terminal of its own."""

import fcntl
import io
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from snapharbor.cli.main import run_command
from snapharbor.engine.model.url import DatabaseUrl

COMMAND = (sys.executable, "-m", "snapharbor")
PATIENCE = 60.0
CUSTOMERS = 50
INTERRUPT = "\x03"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    def lines(self) -> list[dict[str, Any]]:
        """Return stdout as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    def last(self) -> dict[str, Any]:
        """Return the last JSON line of stdout."""
        return self.lines()[-1]


@dataclass(frozen=True, slots=True)
class Command:
    """`snapharbor` in a directory of its own, with nothing of this machine's environment but the path.

    No output may hold one of the `canaries`.
    """

    home: Path
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    canaries: tuple[str, ...] = ()

    def __call__(self, *arguments: str, input: str = "") -> Ran:
        """Run it with pipes; `input` is all of its standard input."""
        ran = subprocess.run(
            (*COMMAND, *arguments),
            input=input,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="surrogateescape",
            cwd=self.home,
            env=self.environment(),
            timeout=PATIENCE,
            check=False,
        )
        return self._ended(ran.returncode, ran.stdout, ran.stderr)

    def here(self, *arguments: str) -> Ran:
        """Run it in this process: the same door, without the second that a start takes."""
        out, err = io.BytesIO(), io.BytesIO()
        streams = [io.TextIOWrapper(binary, "utf-8", write_through=True) for binary in (out, err)]
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(streams[0]), redirect_stderr(streams[1]):
            patch.chdir(self.home)
            for name in set(os.environ) - set(self.environment()):
                patch.delenv(name)
            for name, value in self.environment().items():
                patch.setenv(name, value)
            try:
                code = run_command(arguments)
            except SystemExit as left:  # a shell's question is answered before any command runs
                code = int(left.code or 0)
        return self._ended(code, out.getvalue().decode(), err.getvalue().decode())

    def terminal(self, *arguments: str, answers: Mapping[str, str] | None = None, columns: int = 80) -> Ran:
        """Run it on a terminal; each answer is typed once its question stands there. All is in `out`."""
        main, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        environment = {**self.environment(), "TERM": "xterm-256color"}
        child = subprocess.Popen(
            (*COMMAND, *arguments), stdin=other, stdout=other, stderr=other, cwd=self.home, env=environment,
            preexec_fn=_own_terminal,
        )  # fmt: skip
        os.close(other)
        try:
            out = _converse(main, dict(answers or {}))
            return self._ended(child.wait(PATIENCE), out, "")
        finally:
            child.kill()
            child.wait()
            os.close(main)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start it with pipes and leave it running."""
        return subprocess.Popen(
            (*COMMAND, *arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, encoding="utf-8", cwd=self.home, env=self.environment(),
        )  # fmt: skip

    def environment(self) -> dict[str, str]:
        """Return the variables that the command sees."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8", **self.variables}

    def having(self, **variables: str) -> "Command":
        """Return the same command with more variables."""
        return replace(self, variables={**self.variables, **variables})

    def _ended(self, code: int, out: str, err: str) -> Ran:
        for canary in self.canaries:
            assert canary not in out + err, "a secret was printed"
        return Ran(code, out, err)


@dataclass(frozen=True, slots=True)
class Shop:
    """The command with a target `shop` of 50 customers, and the two databases that it was told about."""

    command: Command
    source: DatabaseUrl
    copy: DatabaseUrl


def _own_terminal() -> None:
    """Make the terminal on stdin the controlling one, so that a typed interrupt is one."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _converse(terminal: int, answers: dict[str, str]) -> str:
    seen, typed, deadline = b"", "", time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 1.0)
        if not ready:
            if typed == INTERRUPT:
                # It may have come after Python's last look at signals and before the blocking read.
                os.write(terminal, typed.encode())
            continue
        try:
            block = os.read(terminal, 65536)
        except OSError:  # the other end is closed: the command has ended
            break
        if not block:
            break
        seen += block
        for question in [question for question in answers if question.encode() in seen]:
            typed = answers.pop(question)
            os.write(terminal, typed.encode())
    return seen.decode("utf-8", "replace").replace("\r\n", "\n")


def written(path: Path, lines: Sequence[str]) -> Path:
    """Write a file of lines that only its owner reads."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o600)
    return path
