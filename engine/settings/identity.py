"""The two keys of a user: an age X25519 identity, and an Ed25519 key that signs manifests."""

import re
from importlib import import_module
from typing import Protocol, cast

from ..model.errors import ConfigInvalid
from ..model.secret import Secret

_IDENTITY = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]{58}")


class _Identity(Protocol):
    def to_public(self) -> object: ...


class _Identities(Protocol):
    """What pyrage, which is untyped, offers."""

    def generate(self) -> _Identity: ...

    def from_str(self, text: str) -> _Identity: ...


def _age() -> _Identities:
    return cast(_Identities, import_module("pyrage").x25519.Identity)


def identities_in(text: str) -> tuple[Secret, ...]:
    """Return the identities in a text, one a line, comments allowed: what age-keygen writes."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(Secret(line) for line in lines if _IDENTITY.fullmatch(line))


def new_identity() -> Secret:
    """Make an age identity."""
    return Secret(str(_age().generate()))


def public_key(identity: Secret) -> str:
    """Return the public key (`age1…`) of an identity.

    Raises:
        ConfigInvalid: it is not an identity.
    """
    try:
        return str(_age().from_str(identity.reveal()).to_public())
    except Exception:  # pyrage raises its own untyped error
        raise ConfigInvalid("the age identity is damaged", "Restore the key file from a backup.") from None


def new_signing_key() -> Secret:
    """Make an Ed25519 private key, PEM."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    return Secret(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def verifying_key(signing_key: Secret) -> str:
    """Return the public part of an Ed25519 key, 64 hexadecimal characters.

    Raises:
        ConfigInvalid: it is not such a key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(signing_key.reveal().encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigInvalid("`keys.signing` is not an Ed25519 private key in PEM")
    return key.public_key().public_bytes_raw().hex()
