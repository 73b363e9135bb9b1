"""The only module that starts processes.

Every program gets an argument list (never a shell), a small environment, an own session and process group,
umask 077, and no standard input unless asked for. A program that is ours dies with us: leaving the block
ends its whole group (TERM, five seconds, KILL), and on Linux `setpriv --pdeathsig` lets the kernel send it
TERM if we are killed. Where there is no such program, it ends when its pipe to us breaks.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, TypeVar

from anyio import CancelScope, CapacityLimiter, get_cancelled_exc_class, to_thread

from ..model.errors import ClientMissing
from ..model.secret import Secret

GRACE_SECONDS = 5
TAIL_BYTES = 8192
# How a process that stands for a program in a container ends where there is none.
REFUSED = 125
PIPE_BYTES = 1 << 20

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program ended: its exit code, its output, and the end of what it complained about."""

    code: int
    stdout: bytes
    stderr: str


class Child:
    """A running program. `stdin` and `stdout` are unbuffered pipes where they were asked for.

    `wait` and `stop` may be called from any thread, and again.
    """

    def __init__(self, popen: subprocess.Popen[bytes], secrets: Iterable[Secret]) -> None:
        self._popen = popen
        self._secrets = tuple(secret.reveal() for secret in secrets if secret)
        self._tail = bytearray()
        self._drain = threading.Thread(target=self._drain_stderr, daemon=True)
        self._drain.start()
        for pipe in (popen.stdin, popen.stdout):
            _widen(pipe)

    @property
    def stdin(self) -> IO[bytes]:
        """The pipe that the program reads."""
        assert self._popen.stdin is not None
        return self._popen.stdin

    @property
    def stdout(self) -> IO[bytes]:
        """The pipe that the program writes; read it to its end before `wait`."""
        assert self._popen.stdout is not None
        return self._popen.stdout

    def give(self, content: bytes) -> None:
        """Write all of something to the pipe that the program reads; blocking.

        Raises:
            BrokenPipeError: it reads no more.
        """
        rest = memoryview(content)
        while rest:
            rest = rest[self.stdin.write(rest) :]

    @property
    def pid(self) -> int:
        """The process id, which is also its group's."""
        return self._popen.pid

    def wait(self) -> Completed:
        """Close its input, wait for its end, and say how it ended."""
        if self._popen.stdin is not None:
            with suppress(BrokenPipeError):
                self._popen.stdin.close()
        code = self._popen.wait()
        self._drain.join(GRACE_SECONDS)
        return Completed(code, b"", self.complaint())

    def complaint(self) -> str:
        """Return the end of its standard error so far, secrets blackened."""
        text = bytes(self._tail).decode(errors="replace").strip()
        for secret in self._secrets:
            text = text.replace(secret, "********")
        return text

    def stop(self) -> None:
        """End the program and all it started: TERM, five seconds, KILL."""
        if sys.platform == "win32":
            self._popen.kill()
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._popen.poll() is not None:
                return
            with suppress(ProcessLookupError):
                os.killpg(self._popen.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self._popen.wait(GRACE_SECONDS)

    def close(self) -> None:
        """Stop it if it still runs, and close its pipes."""
        self.stop()
        self._drain.join(GRACE_SECONDS)
        for pipe in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def _drain_stderr(self) -> None:
        assert self._popen.stderr is not None
        while block := self._popen.stderr.read(TAIL_BYTES):
            self._tail += block
            del self._tail[:-TAIL_BYTES]


@contextmanager
def stream(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    stdin: bool = False,
    stdout: bool = True,
    secrets: Iterable[Secret] = (),
) -> Generator[Child]:
    """Start a program for a worker thread to talk to; it never outlives the block.

    Args:
        argv: The program and its arguments.
        env: What it needs beside PATH, HOME and LANG.
        stdin: Give it a pipe to read instead of nothing.
        stdout: Give it a pipe to write instead of nothing.
        secrets: Texts to blacken in what it complains about.

    Raises:
        ClientMissing: there is no such program.
    """
    child = Child(_start(argv, env=env, stdin=stdin, stdout=stdout), secrets)
    try:
        yield child
    finally:
        child.close()


async def run(
    argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None, secrets: Iterable[Secret] = ()
) -> Completed:
    """Run a program to its end and return its output; cancelling ends it.

    Raises:
        ClientMissing: there is no such program.
    """
    with stream(argv, env=env, secrets=secrets) as child:

        def listen() -> Completed:
            output = child.stdout.read()
            done = child.wait()
            return Completed(done.code, output, done.stderr)

        return await attend(child, listen)


async def attend(child: Child, work: Callable[[], T]) -> T:
    """Do blocking work with a program in a worker thread; cancelling ends the program, and so the work."""
    finished = threading.Event()

    def attended() -> T:
        try:
            return work()
        finally:
            finished.set()

    def end() -> None:
        child.stop()
        finished.wait(GRACE_SECONDS)

    try:
        return await to_thread.run_sync(attended, abandon_on_cancel=True)
    except get_cancelled_exc_class():
        # A limiter of its own: the default one may be used up by those who wait for this very program.
        with CancelScope(shield=True):
            await to_thread.run_sync(end, limiter=CapacityLimiter(1))
        raise


def spawn_detached(
    argv: Sequence[str | Path], *, log: Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> int:
    """Start a program that outlives us and return its process id.

    It leads a session of its own; both its outputs are appended to `log` (mode 0600).

    Args:
        argv: The program and its arguments.
        log: The file that its outputs are appended to.
        cwd: Where it starts, our own directory if None.
        env: All of its environment, ours if None.
    """
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            cwd=cwd,
            env=env,
            umask=0o077,
            start_new_session=True,
        )

    try:
        popen = _launcher().submit(start).result()
    finally:
        os.close(descriptor)
    # Somebody has to take its exit code, or it stays in the process table while we live.
    threading.Thread(target=popen.wait, daemon=True).start()
    return popen.pid


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the small environment that programs get."""
    small = {"PATH": os.pathsep.join(os.get_exec_path()), "HOME": str(Path.home()), "LANG": "C.UTF-8"}
    return {**small, **(extra or {})}


@cache
def mortal(signal_name: str) -> tuple[str, ...]:
    """Return what to put before a program's arguments so that the kernel sends it a signal when we die.

    Nothing where there is no such means. Only what `stream` and `spawn_detached` start can rely on it.
    """
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    if setpriv is None or Path(setpriv).resolve().name == "busybox":
        return ()
    return (setpriv, "--pdeathsig", signal_name, "--")


@cache
def in_large_blocks() -> tuple[str, ...]:
    """Return what to put before a program's arguments so that it writes many kilobytes at a time.

    The C library writes 4 KiB at a time into a pipe, and each time the reader may be woken. Nothing where
    there is no such means.
    """
    stdbuf = shutil.which("stdbuf")
    return (stdbuf, "-o", str(PIPE_BYTES // 4)) if stdbuf else ()


def _start(
    argv: Sequence[str | Path], *, env: Mapping[str, str] | None, stdin: bool, stdout: bool
) -> subprocess.Popen[bytes]:
    program = shutil.which(argv[0])
    if program is None:
        raise ClientMissing(f"there is no program `{Path(argv[0]).name}`")

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603
            # TERM, because a parallel pg_restore passes that on to its workers.
            [*mortal("TERM"), program, *(str(part) for part in argv[1:])],
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE if stdout else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=environment(env),
            umask=0o077,
            start_new_session=True,
        )

    return _launcher().submit(start).result()


@cache
def _launcher() -> ThreadPoolExecutor:
    # The kernel's parent-death signal follows the thread that started the child, so one lasting thread does.
    return ThreadPoolExecutor(1, "launcher")


def _widen(pipe: IO[bytes] | None) -> None:
    if pipe is not None and sys.platform == "linux":
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
