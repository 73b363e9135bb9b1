"""Files that hold secrets: readable by their owner only, written whole or not at all."""

import errno
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ..model.errors import ConfigInvalid, SpaceExhausted


@contextmanager
def writing() -> Generator[None]:
    """Turn what the operating system says against writing into an error with its file.

    Raises:
        SpaceExhausted: the disk is full.
        ConfigInvalid: anything else, a file that exists already included.
    """
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        message = f"`{error.filename}` cannot be written: {reason}"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise SpaceExhausted(message) from None
        raise ConfigInvalid(
            message, "Choose another place with --config, or make this one writable."
        ) from None


def write_new(path: Path, content: bytes) -> None:
    """Create a file of mode 0600 in a directory of mode 0700.

    Raises:
        FileExistsError: there is one already.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_file(path: Path, content: bytes) -> None:
    """Put new content in the place of a file in one step; a link keeps pointing to it."""
    place = path.resolve()
    fresh = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    try:
        write_new(fresh, content)
        fresh.replace(place)
    finally:
        fresh.unlink(missing_ok=True)
