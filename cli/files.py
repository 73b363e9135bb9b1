"""Files that a verb writes because it was told to."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ..engine.model.errors import ArgumentInvalid, SpaceExhausted


def write_file(file: Path, text: str, *, replace: bool = False) -> None:
    """Write a file whole or not at all, for its owner only.

    Raises:
        ArgumentInvalid: there is one already that is not to be replaced, or it cannot be written there.
        SpaceExhausted: the disk is full.
    """
    from ..engine.settings.files import replace_file, write_new

    with _told(file):
        (replace_file if replace else write_new)(file, text.encode())


@contextmanager
def _told(file: Path) -> Generator[None]:
    import errno

    try:
        yield
    except OSError as error:
        message = f"`{file}` cannot be written: {(error.strerror or 'unknown reason').lower()}"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise SpaceExhausted(message) from None
        raise ArgumentInvalid(message, "Name another file.") from None
