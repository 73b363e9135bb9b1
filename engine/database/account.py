"""As whom a private server runs: servers refuse to run as root.

An ordinary user's server runs as that user. For root it runs in a user namespace of its own, in which it
is nobody while its files stay root's; where the kernel forbids that (as containers often do), it runs as
the real `nobody`, in a directory and with programs that `nobody` can reach.
"""

import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..model.errors import ClientMissing, DatabaseFailed
from .process import stream

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

    def runs(self, *argv: str | Path) -> bool:
        """Tell whether it can run a program to a good end."""
        return _works((*self.prefix, *argv))


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


def _works(argv: tuple[str | Path, ...]) -> bool:
    try:
        with stream(argv, stdout=False) as child:
            return child.wait().code == 0
    except ClientMissing:
        return False
