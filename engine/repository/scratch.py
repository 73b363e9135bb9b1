"""A private directory per writer for files on their way, and the removal of what dead writers left."""

import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import IO

from anyio import to_thread

from ..locks import try_lock, wait_for_lock

_PREFIX = "spool-"


@asynccontextmanager
async def spool_directory(scratch: Path) -> AsyncGenerator[Path]:
    """Make a directory (0700) that is removed at the end, here or by the next writer.

    A lock that ends with its process says whether a directory is in use; one more lock makes looking for
    dead ones and making a new one a single step.
    """
    own, life = await to_thread.run_sync(_make, scratch)
    try:
        yield own
    finally:
        life.close()
        shutil.rmtree(own, ignore_errors=True)


def _make(scratch: Path) -> tuple[Path, IO[bytes]]:
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _lock_file(scratch / "spool.lock") as gate:
        wait_for_lock(gate.fileno())
        _reap(scratch)
        own = scratch / f"{_PREFIX}{token_hex(8)}"
        own.mkdir(mode=0o700)
        life = _lock_file(own / "lock")
        wait_for_lock(life.fileno())
    return own, life


def _lock_file(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb")


def _reap(scratch: Path) -> None:
    for directory in scratch.glob(f"{_PREFIX}*/"):
        with suppress(OSError), _lock_file(directory / "lock") as life:
            if not try_lock(life.fileno()):
                continue
        shutil.rmtree(directory, ignore_errors=True)
