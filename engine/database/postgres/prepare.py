"""The data directory of a private server: made once per version, copied ever after."""

import secrets
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from ...model.errors import DatabaseFailed, SpaceExhausted
from ..lease import remove, write_private
from ..process import stream
from .account import Account
from .errors import one_line
from .tools import Toolbox

BUILTIN_LOCALES = 17
DISK_FULL = "the disk of the working directory is full"


def is_full(complaint: str) -> bool:
    """Tell whether a server or its initdb complains about a full disk."""
    return "No space left on device" in complaint


def prepare(directory: Path, tools: Toolbox, *, account: Account, templates: Path | None = None) -> None:
    """Put `data` and the superuser's `password` into a directory; blocking.

    Args:
        directory: An existing directory.
        tools: The server's programs.
        account: As whom they run.
        templates: Where prepared ones are kept, each with a password of its own; None makes a new one.

    Raises:
        SpaceExhausted: the disk is full.
        DatabaseFailed: initdb fails.
    """
    if templates is None or account.foreign:
        _make(directory, tools, account=account)
        return
    kept = templates / f"{tools.origin}-{tools.version}"
    if not kept.exists():
        templates.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="making-", dir=templates))
        try:
            _make(fresh, tools, account=account)
            with suppress(OSError):  # somebody else was faster, and theirs is as good
                fresh.rename(kept)
        finally:
            remove(fresh)
    try:
        shutil.copytree(kept, directory, dirs_exist_ok=True)
    except shutil.Error as error:
        if is_full(str(error)):
            raise SpaceExhausted(DISK_FULL) from None
        raise


def _make(directory: Path, tools: Toolbox, *, account: Account) -> None:
    password = account.own(write_private(directory / "password", f"{secrets.token_hex(24)}\n"))
    argv: list[str | Path] = [
        *account.prefix,
        tools.program("initdb"),
        "--pgdata",
        directory / "data",
        f"--pwfile={password}",
        "--username=postgres",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--no-sync",
        *_locale(tools.major),
    ]
    with stream(argv, stdout=False) as child:
        if (done := child.wait()).code != 0:
            if is_full(done.stderr):
                raise SpaceExhausted(DISK_FULL)
            raise DatabaseFailed(f"a private server cannot be made: {one_line(done.stderr)}")


def _locale(major: int) -> tuple[str, ...]:
    """Byte order, and upper and lower case of every script, whatever the machine has installed."""
    if major >= BUILTIN_LOCALES:
        return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    return ("--locale=C", f"--lc-ctype={'UTF-8' if sys.platform == 'darwin' else 'C.UTF-8'}")
