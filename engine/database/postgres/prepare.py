"""The data directory of a private server: made once per version, copied ever after."""

import secrets
import shutil
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..account import Account
from ..lease import write_private
from ..private import from_template, install
from .errors import one_line
from .tools import Toolbox

BUILTIN_LOCALES = 17


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
    make = partial(_make, tools=tools, account=account)
    if templates is None or account.foreign:
        make(directory)
    else:
        from_template(directory, templates / f"{tools.origin}-{tools.version}", make)


def reachable(tools: Toolbox, account: Account) -> Toolbox:
    """Return programs that an account may run, a copy if these stand in a private directory."""
    if not account.foreign or account.runs(tools.program("initdb"), "--version"):
        return tools
    copy = account.place(Path()) / f"programs-{tools.version}"
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(prefix="copying-", dir=copy.parent))
        installed = tools.directory.parent
        shutil.copytree(installed, fresh / installed.parent.name / installed.name, symlinks=True)
        libraries = installed.parent.with_suffix(".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name)
        _open_up(fresh)
        fresh.rename(copy)
    return replace(tools, directory=copy / Path(*tools.directory.parts[-3:]))


def _open_up(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        if not path.is_symlink():
            path.chmod(
                path.stat().st_mode | (0o755 if path.is_dir() else 0o444 | path.stat().st_mode >> 6 & 0o111)
            )


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
    install(argv, said=one_line)


def _locale(major: int) -> tuple[str, ...]:
    """Byte order, and upper and lower case of every script, whatever the machine has installed."""
    if major >= BUILTIN_LOCALES:
        return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    return ("--locale=C", f"--lc-ctype={'UTF-8' if sys.platform == 'darwin' else 'C.UTF-8'}")
