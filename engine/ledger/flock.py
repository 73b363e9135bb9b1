"""One at a time, among all tasks and processes of a working directory."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from ..locks import PAUSE_SECONDS, try_lock
from ..model.errors import TimedOut

PATIENCE_SECONDS = 10.0


@asynccontextmanager
async def exclusive(file: Path, *, patience: float = PATIENCE_SECONDS) -> AsyncGenerator[None]:
    """Be the only one in the block, among all tasks and processes that name the same file.

    Raises:
        TimedOut: somebody else was in for longer than `patience` seconds.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for _ in range(round(patience / PAUSE_SECONDS)):
            if try_lock(descriptor):
                break
            await anyio.sleep(PAUSE_SECONDS)
        else:
            hint = "Wait for the process that holds it to end."
            raise TimedOut(f"another process keeps `{file.name}` locked", hint)
        yield
    finally:
        os.close(descriptor)
