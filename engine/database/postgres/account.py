"""As whom a private server runs: PostgreSQL refuses to run as root.

An ordinary user's server runs as that user. For root it runs in a user namespace of its own, in which it
is nobody while its files stay root's; where the kernel forbids that (as containers often do), it runs as
the real `nobody`, in a directory and with programs that `nobody` can reach.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from ...model.errors import ClientMissing, DatabaseFailed
from ..process import stream
from .tools import Toolbox

NOBODY = 65534
NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")


@dataclass(frozen=True, slots=True)
class Account:
    """`prefix` goes before a program's arguments; `foreign` if the files must be given away."""

    prefix: tuple[str, ...]
    foreign: bool = False

    def place(self, parent: Path) -> Path:
        """Return where the server's directories can be, `parent` if it may look there."""
        if not self.foreign:
            return parent
        public = Path(tempfile.gettempdir()) / "snapharbor-nobody"
        public.mkdir(mode=0o711, exist_ok=True)
        if public.is_symlink() or public.stat().st_uid != os.geteuid():
            raise DatabaseFailed("the directory of private servers belongs to somebody else")
        return public

    def own(self, path: Path) -> Path:
        """Give a file or directory to the account, and return it."""
        if self.foreign:
            os.chown(path, NOBODY, NOBODY)
        return path

    def reachable(self, tools: Toolbox) -> Toolbox:
        """Return programs that the account may run, a copy if these stand in a private directory."""
        if not self.foreign or _works((*self.prefix, str(tools.program("initdb")), "--version")):
            return tools
        copy = self.place(Path()) / f"programs-{tools.version}"
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


@cache
def fitting_account() -> Account:
    """Return the account for this process's user.

    Raises:
        ClientMissing: root has neither a user namespace nor a way to become `nobody`.
    """
    if os.geteuid() != 0:
        return Account(())
    if _works((*NAMESPACE, "true")):
        return Account(NAMESPACE)
    if _works((*AS_NOBODY, "true")):
        return Account(AS_NOBODY, foreign=True)
    raise ClientMissing(
        "a private server cannot run as root here", "Run as an ordinary user, or install util-linux."
    )


def _works(argv: tuple[str, ...]) -> bool:
    try:
        with stream(argv, stdout=False) as child:
            return child.wait().code == 0
    except ClientMissing:
        return False


def _open_up(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        if not path.is_symlink():
            path.chmod(
                path.stat().st_mode | (0o755 if path.is_dir() else 0o444 | path.stat().st_mode >> 6 & 0o111)
            )
