"""Proof that whoever works on something still does.

It keeps a file of its own locked, and the kernel lets go of the lock when the process ends, however it
ends: nothing has to be timed, and a process id that was given to somebody else deceives nobody.
"""

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..locks import try_lock
from ..mark import machine, mark, started


@contextmanager
def present(root: Path) -> Generator[str]:
    """Keep a file of our own (mode 0600) under `root` locked for the block; yield its name, our token.

    Others know us by the token: for as long as the block lasts and our process runs, we are `alive`.
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        token = f"{mark()}-{secrets.token_hex(8)}"
        descriptor = os.open(root / token, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        # Between these lines somebody may take it for a dead one's and sweep it away.
        if try_lock(descriptor) and _same(descriptor, root / token):
            break
        os.close(descriptor)
    try:
        yield token
    finally:
        (root / token).unlink(missing_ok=True)
        os.close(descriptor)


def alive(root: Path, token: str) -> bool:
    """Whether the block of that token still lasts, in whatever process."""
    with _tried(root / token) as free:
        return free is False


def here(token: str) -> bool:
    """Whether that token was made on this machine since it was started."""
    return token.startswith(f"{machine()}-")


def process_id(root: Path, token: str) -> int | None:
    """Return the id of the process of that token if it is certain that it is still the same one."""
    _, pid, moment, _ = token.split("-")
    if here(token) and started(int(pid)) == moment and alive(root, token):
        return int(pid)
    return None


def sweep(root: Path) -> None:
    """Remove the files of those who are gone."""
    for file in root.glob("*-*-*-*"):
        with _tried(file) as free:
            if free:
                file.unlink(missing_ok=True)


@contextmanager
def _tried(file: Path) -> Generator[bool | None]:
    """Hold the lock for the block if it is free; None: there is no such file."""
    try:
        descriptor = os.open(file, os.O_RDWR)
    except FileNotFoundError:
        yield None
        return
    try:
        yield try_lock(descriptor) and _same(descriptor, file)
    finally:
        os.close(descriptor)


def _same(descriptor: int, file: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), file.stat())
    return False
