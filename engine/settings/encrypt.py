"""Encrypts the plain secrets of a configuration file where they stand; the rest stays as it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..model.errors import ConfigInvalid, ConfigMissing, KeyMissing
from ..model.secret import Secret
from .document import Block, KeyPath, Origin, Scalar, invalid
from .environment import find_file
from .files import replace_file, write_new, writing
from .load import read_document
from .plain import can_be_encrypted, plain_secrets, scalars
from .reader import parse, read_text
from .resolve import Resolver
from .schema import Root
from .sealed import PREFIX, seal, unseal
from .shape import renamed


@dataclass(frozen=True, slots=True)
class Encrypted:
    """What was done: key paths that are encrypted now, and plain ones that cannot be."""

    file: Path
    backup: Path | None
    encrypted: tuple[str, ...]
    left: tuple[str, ...]


def encrypt_configuration(config: Path | None = None) -> Encrypted:
    """Encrypt every plain secret of the file, keeping comments and order; a second run does nothing.

    The file as it was stays beside it as a backup, which holds the plain values.

    Raises:
        ConfigMissing: there is no file.
        KeyMissing: there is no identity to encrypt to.
        ConfigInvalid: the file cannot be read, or a value stands at several places at once.
    """
    file = find_file(config)
    if file is None:
        raise ConfigMissing("there is no configuration file to encrypt")
    text = read_text(file)
    plain = list(plain_secrets(_tree(text, file), file))
    wanted = [(path, scalar) for path, scalar in plain if can_be_encrypted(path)]
    left = tuple(".".join(path) for path, _ in plain if not can_be_encrypted(path))
    if not wanted:
        return Encrypted(file, None, (), left)
    identity = _identity(file)
    fresh = _rewritten(text, wanted, identity)
    _prove(_tree(text, file), _tree(fresh, file), identity, file)
    backup = file.with_name(f"{file.name}.{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.bak")
    with writing():
        write_new(backup, file.read_bytes())
        replace_file(file, fresh.encode())
    return Encrypted(file, backup, tuple(".".join(path) for path, _ in wanted), left)


def _tree(text: str, file: Path) -> Block:
    tree = renamed(parse(text, str(file)), Root, lambda _path, _new, _origin: None)
    assert isinstance(tree, Block)
    return tree


def _identity(file: Path) -> Secret:
    resolver = Resolver(file.parent)
    resolver.read_identities(read_document(file).tree)
    if not resolver.identities:
        raise KeyMissing("there is no identity to encrypt to", "Set `keys.identity`, or run `config init`.")
    return resolver.identities[0]


def _rewritten(text: str, wanted: list[tuple[KeyPath, Scalar]], identity: Secret) -> str:
    """Return the text with every wanted value replaced, from the last to the first."""
    end = len(text)
    for path, scalar in sorted(wanted, key=lambda found: found[1].span or (0, 0), reverse=True):
        start, stop = scalar.span or (0, 0)
        if stop > end:
            raise _shared(path, scalar.origin)
        tail = "\n" if text[stop - 1] == "\n" else ""
        text = text[:start] + seal(scalar.text or "", path, identity) + tail + text[stop:]
        end = start
    return text


def _prove(before: Block, after: Block, identity: Secret, file: Path) -> None:
    """Make sure that the new text says what the old one said, before it takes its place."""
    old, new = _values(before), _values(after)
    if list(old) != list(new):
        raise ConfigInvalid(f"`{file}` cannot be rewritten safely", "Write each secret as a simple value.")
    for path, scalar in new.items():
        text = scalar.text or ""
        if text != (old[path].text or "") and (
            not text.startswith(PREFIX) or unseal(text, path, (identity,)) != old[path].text
        ):
            raise _shared(path, old[path].origin)


def _values(tree: Block) -> Mapping[KeyPath, Scalar]:
    return {path: scalar for path, scalar, _ in scalars(tree, Root)}


def _shared(path: KeyPath, origin: Origin) -> ConfigInvalid:
    return invalid(path, origin, "stands at several places at once", "Write it out without a YAML alias.")
