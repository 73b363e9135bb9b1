"""A directory of files, whole or not at all."""

import errno
import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from ..model.errors import ArgumentInvalid, SpaceExhausted
from .base import Blocks


def publish(
    files: Iterable[tuple[str, Blocks]], directory: Path, *, fresh: Path, each: Callable[[int], None]
) -> None:
    """Write files (0600) into a new directory (0700); blocking.

    Args:
        files: Their names and contents, each written before the next is asked for.
        directory: Where they are to be in the end.
        fresh: Where they grow: another new directory of the same disk.
        each: Told of every block how many bytes it has; what it raises ends the writing.

    Raises:
        ArgumentInvalid: the directory exists already.
        SpaceExhausted: the disk is full.
    """
    if directory.exists() or directory.is_symlink():
        raise ArgumentInvalid(f"`{directory.name}` exists already", "Name a directory that does not exist.")
    fresh.parent.mkdir(parents=True, exist_ok=True)
    try:
        fresh.mkdir(mode=0o700)
        for name, blocks in files:
            _write(fresh / name, blocks, each)
        fresh.rename(directory)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise SpaceExhausted(f"no space left for `{directory.name}`") from error
        raise
    finally:
        with suppress(FileNotFoundError):
            shutil.rmtree(fresh)


def _write(path: Path, blocks: Blocks, each: Callable[[int], None]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for block in blocks:
            each(len(block))
            file.write(block)
