"""The first configuration: a file, three keys beside it, a working directory."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from ..keypair import new_identity, new_signing_key, recipient_of, verifying_key
from ..model.errors import ConfigInvalid
from ..model.secret import Secret
from .environment import CONFIG, environment, user_file
from .files import write_new, writing
from .load import load_settings

TEMPLATE = """\
# Snapharbor reads this file. What every key means: docs/configuration.md
# Check it with `snapharbor config check`, see what counts with `snapharbor config show`.

keys:
  identity: {identity}   # opens your snapshots: keep a copy in a safe place
  signing: {signing}     # signs them
  masking: {masking}     # makes masked values what they are: whoever has it can guess

defaults:
  cpus: {cpus}

# Destinations that nothing may ever be loaded into: patterns of `host/database` or `database`.
protected:
  - "*prod*"

targets: {{}}
#  shop:
#    snapshot:
#      src_url: "postgres://reader:{{{{`SHOP_PASSWORD` | env | urlquery}}}}@db.example.com:5432/shop"
#      dst_url: postgres://localhost:5432/shop_dev
#    sanitize:
#      query_file: sanitize/shop.sql

storage_profiles: {{}}
#  team:
#    provider: s3
#    bucket: example-snapshots
#    region: eu-central-1
"""


KEYS = {
    "identity": "secret:file:keys/identity.txt",
    "signing": "secret:file:keys/signing.pem",
    "masking": "secret:file:keys/masking.txt",
}
"""How a configuration names the keys that `make_keys` puts beside it."""


@dataclass(frozen=True, slots=True)
class Created:
    """Where everything is, and the public halves of the keys."""

    file: Path
    working_directory: Path
    public_key: str
    verifying_key: str


def create_configuration(config: Path | None = None) -> Created:
    """Write a configuration with fresh keys that passes its own check; nothing is ever overwritten.

    Args:
        config: the file; None is SNAPHARBOR_CONFIG, or else the user's own file.

    Raises:
        ConfigInvalid: the file exists.
    """
    file = Path(config or environment().get(CONFIG) or user_file()).expanduser().absolute()
    if file.exists() or file.is_symlink():
        raise ConfigInvalid(f"`{file}` exists already", "Edit it, or name another place with --config.")
    with writing():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _, *public = make_keys(file.parent)
        write_new(file, TEMPLATE.format(cpus=min(2, os.cpu_count() or 1), **KEYS).encode())
        settings = load_settings(file)
        settings.working_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Created(file, settings.working_directory, *public)


def make_keys(directory: Path) -> tuple[Secret, str, str]:
    """Make the files that `KEYS` names beside a configuration; keys that exist are kept and used.

    Returns:
        The identity, and the public halves of it and of the signing key.

    Raises:
        ConfigInvalid: a key that exists is damaged.
    """
    keys = directory / "keys"
    _write_once(keys / ".gitignore", lambda: Secret("*\n"))
    identity = _write_once(keys / "identity.txt", lambda: Secret(f"{new_identity().reveal()}\n"))
    signing = _write_once(keys / "signing.pem", new_signing_key)
    _write_once(keys / "masking.txt", lambda: Secret(f"{token_urlsafe(32)}\n"))
    opening = Secret(identity.strip())
    return opening, recipient_of(opening), verifying_key(Secret(signing))


def _write_once(path: Path, make: Callable[[], Secret]) -> str:
    """Return a file's text; write it first if it is not there."""
    try:
        write_new(path, make().reveal().encode())
    except FileExistsError:
        if not path.is_file():
            raise
    return path.read_text()
