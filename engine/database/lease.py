"""Private directories that are gone when their owner is, even if it was killed.

The owner holds a lock on a file in the directory; the kernel lets go of it whatever ends the owner. A
directory whose lock can be taken is abandoned, and `reap` removes it with all that belongs to it.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..locks import try_lock, wait_for_lock

LEASE = "lease"


def remove(directory: Path) -> None:
    """Remove a directory and all in it, as far as possible; who waits for one of its pipes meets its end."""
    for pipe in filter(Path.is_fifo, directory.glob("*")):
        with suppress(OSError):
            os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    shutil.rmtree(directory, ignore_errors=True)


def write_private(path: Path, text: str) -> Path:
    """Write a new file that only its owner may read, and return it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
    return path


@contextmanager
def leased_directory(
    parent: Path, prefix: str, *, destroy: Callable[[Path], None] = remove
) -> Generator[Path]:
    """Make a private directory `parent`/`prefix`-…, reaping abandoned ones, and remove it at the end.

    Args:
        parent: Made (mode 0700) if it is not there.
        prefix: Tells the directories of one kind from others.
        destroy: What ends and removes an instance of this kind.
    """
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    reap(parent, prefix, destroy=destroy)
    directory = Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=parent))
    # Locked before it has its name, so that no reaper ever sees it unlocked.
    descriptor = os.open(directory / f".{LEASE}", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        wait_for_lock(descriptor)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        (directory / f".{LEASE}").rename(directory / LEASE)
        yield directory
    finally:
        destroy(directory)
        os.close(descriptor)


def reap(parent: Path, prefix: str, *, destroy: Callable[[Path], None] = remove) -> tuple[str, ...]:
    """Remove the directories of a kind whose owner is gone, and return their names."""
    reaped: list[str] = []
    for directory in sorted(parent.glob(f"{prefix}-*")):
        try:
            descriptor = os.open(directory / LEASE, os.O_RDWR)
        except OSError:
            continue
        try:
            if try_lock(descriptor):
                destroy(directory)
                reaped.append(directory.name)
        finally:
            os.close(descriptor)
    return tuple(reaped)
