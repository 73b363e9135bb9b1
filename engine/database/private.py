"""What private servers of every kind have in common: data made once, a start to wait for, an end."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from ..model.errors import Cancelled, DatabaseFailed, DatabaseUnreachable, EngineError, SpaceExhausted
from .lease import remove
from .process import stream

START_SECONDS = 60.0
PAUSE_SECONDS = 0.01
END_OF_LOG = 300
DISK_FULL = "the disk of the working directory is full"
START_HINT = "Check the free space and memory of this machine."
ENDED_HINT = (
    "Something on this machine ended it, perhaps for want of memory: see the system's log, then run it again."
)

OneLine = Callable[[str], str]


def is_full(complaint: str) -> bool:
    """Tell whether a server, or the program that makes its data, complains about a full disk."""
    return "No space left on device" in complaint or "Errcode: 28" in complaint


def from_template(directory: Path, kept: Path, make: Callable[[Path], None]) -> None:
    """Fill a directory with a copy of what is kept, which is made when it is first needed; blocking.

    Raises:
        SpaceExhausted: the disk is full.
        DatabaseFailed: it cannot be made.
    """
    if not kept.exists():
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="making-", dir=kept.parent))
        try:
            make(fresh)
            with suppress(OSError):  # somebody else was faster, and theirs is as good
                fresh.rename(kept)
        finally:
            remove(fresh)
    try:
        shutil.copytree(kept, directory, dirs_exist_ok=True)
    except shutil.Error as error:
        raise (SpaceExhausted(DISK_FULL) if is_full(str(error)) else error) from None


def install(argv: Sequence[str | Path], *, said: OneLine) -> None:
    """Run the program that makes a server's data; blocking.

    Args:
        argv: The program and its arguments.
        said: Makes what it complains of fit for people.

    Raises:
        SpaceExhausted: the disk is full.
        DatabaseFailed: it fails.
    """
    with stream(argv, stdout=False) as child:
        done = child.wait()
    if is_full(done.stderr):
        raise SpaceExhausted(DISK_FULL)
    if done.code != 0:
        raise DatabaseFailed(
            f"a private server cannot be made: {said(done.stderr[-END_OF_LOG:])}", START_HINT
        )


def await_start(pid: int, log: Path, *, ready: Callable[[], bool], said: OneLine) -> None:
    """Wait until a server answers, and end it if it does not in time; blocking.

    Args:
        pid: The server's.
        log: Where it says what is wrong.
        ready: Tells whether it answers.
        said: Makes what it complains of fit for people.

    Raises:
        SpaceExhausted: the disk is full.
        DatabaseFailed: it ended, or does not start in time.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if ready():
            return
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            break
        time.sleep(PAUSE_SECONDS)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    text = log.read_text(errors="replace")
    if is_full(text):
        raise SpaceExhausted(DISK_FULL)
    raise DatabaseFailed(f"a private server does not start: {said(text[-END_OF_LOG:])}", START_HINT)


def await_end(answers: Callable[[], bool], seconds: float) -> None:
    """Wait until a server that was told to end answers no more, so many seconds at most; blocking."""
    deadline = time.monotonic() + seconds
    while answers() and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)


def meant(error: EngineError, log: Path, *, full: bool, answers: Callable[[], bool]) -> EngineError:
    """Return an error as it is to be told where the server is our own: nobody has an address to correct.

    Args:
        error: What went wrong with it.
        log: The server's.
        full: Whether the error says that its disk is full.
        answers: Tells whether it still answers.
    """
    if full or is_full(log.read_text(errors="replace")):
        return SpaceExhausted(DISK_FULL)
    if isinstance(error, Cancelled) or answers():
        return error
    return DatabaseUnreachable("the private server ended before its work was done", ENDED_HINT)
