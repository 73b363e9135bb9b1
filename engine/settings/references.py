"""References to secrets that are kept elsewhere: environment, file, keyring of the operating system."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from ..model.errors import ConfigInvalid, SecretUnset
from .environment import environment

PREFIX = "secret:"
_MAX_BYTES = 64 * 1024
_FORM = "Write secret:env:NAME, secret:file:PATH or secret:keyring:SERVICE/USER."


@dataclass(frozen=True, slots=True)
class Fetched:
    """A secret's text and what is worrying about where it was."""

    text: str = field(repr=False)
    warning: str = ""


def fetch(reference: str, base: Path) -> Fetched:
    """Return what a `secret:` reference stands for; relative paths begin at `base`.

    Raises:
        SecretUnset: it does not exist.
        ConfigInvalid: not a reference, or a file of ours that others can read.
    """
    kind, _, name = reference.removeprefix(PREFIX).partition(":")
    if name and kind == "env":
        value = environment().get(name)
        if value is None:
            raise SecretUnset(f"needs the variable `{name}`, which is not set", variable=name)
        return Fetched(value)
    if name and kind == "file":
        return _from_file(base / Path(name).expanduser())
    if kind == "keyring" and "/" in name:
        return Fetched(_from_keyring(*name.rsplit("/", 1)))
    raise ConfigInvalid("is not a `secret:` reference that is understood", _FORM)


def exposed(path: Path) -> bool:
    """Whether anybody but its owner can read or write a file or directory."""
    return os.name == "posix" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _from_file(path: Path) -> Fetched:
    try:
        if exposed(path) and path.stat().st_uid == os.getuid():
            raise ConfigInvalid(f"refers to `{path}`, which others can read", f"Run: chmod 600 '{path}'")
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        text = content.decode()
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise SecretUnset(f"refers to `{path}`, which cannot be read: {reason}") from None
    except UnicodeDecodeError:
        raise ConfigInvalid(f"refers to `{path}`, which is not text") from None
    if len(content) > _MAX_BYTES:
        raise ConfigInvalid(f"refers to `{path}`, which is larger than 64 KiB")
    # A secret that an orchestrator mounts belongs to somebody else and cannot be changed here.
    warning = f"`{path}` can be read by others" if exposed(path) else ""
    return Fetched(text.rstrip("\r\n"), warning)


def _from_keyring(service: str, user: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    try:
        value = keyring.get_password(service, user)
    except KeyringError as error:
        reason = type(error).__name__
        raise SecretUnset(f"needs the keyring, which does not answer (`{reason}`)") from None
    if value is None:
        hint = f"Store it: `keyring set {service} {user}`."
        raise SecretUnset(f"needs `{service}/{user}`, which is not in the keyring", hint)
    return value
