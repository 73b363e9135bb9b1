"""The two key pairs of a user: age (X25519) opens what is encrypted, Ed25519 signs what is written.

The libraries are imported when a key is first used, so that reading a configuration stays cheap.
"""

import re
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from .model.errors import ConfigInvalid, ConfigMissing, KeyMissing, RecipientUnknown, SnapshotCorrupt
from .model.secret import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NO_KEYS = "`snapharbor config init --config NEW.yml` makes keys and shows how they are named under `keys`."
_IDENTITY = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]{58}")


class _Identity(Protocol):
    def to_public(self) -> object: ...


class _IdentityKind(Protocol):
    def generate(self) -> _Identity: ...
    def from_str(self, text: str) -> _Identity: ...


class _RecipientKind(Protocol):
    def from_str(self, text: str) -> object: ...


class _X25519(Protocol):
    Identity: _IdentityKind
    Recipient: _RecipientKind


class _Pyrage(Protocol):
    """The part of the untyped `pyrage`, age in Rust, that is used here."""

    x25519: _X25519
    IdentityError: type[Exception]
    RecipientError: type[Exception]
    DecryptError: type[Exception]

    def encrypt(self, plain: bytes, recipients: Sequence[object], *, armored: bool) -> bytes: ...
    def decrypt(self, sealed: bytes, identities: Sequence[object]) -> bytes: ...


def identities_in(text: str) -> tuple[Secret, ...]:
    """Return the identities in a text, one a line, comments allowed: what age-keygen writes."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(Secret(line) for line in lines if _IDENTITY.fullmatch(line))


def new_identity() -> Secret:
    """Make an age identity (`AGE-SECRET-KEY-1…`)."""
    return Secret(str(_age().x25519.Identity.generate()))


def recipient_of(identity: Secret) -> str:
    """Return the public key (`age1…`) of an identity.

    Raises:
        ConfigInvalid: it is not an age secret key.
    """
    return str(_identity(identity).to_public())


def seal(plain: bytes, recipients: Iterable[str]) -> bytes:
    """Encrypt to public keys, as ASCII text (armored).

    Raises:
        RecipientUnknown: one of them is not an age public key, or there is none.
    """
    age = _age()
    try:
        keys = [age.x25519.Recipient.from_str(recipient) for recipient in recipients]
    except age.RecipientError:
        hint = "It starts with `age1`."
        raise RecipientUnknown("a recipient's public key is not an age key", hint) from None
    if not keys:
        raise RecipientUnknown("nobody to encrypt to", "Name at least one recipient's public key.")
    return age.encrypt(plain, keys, armored=True)


def unseal(sealed: bytes, identities: Iterable[Secret], *, what: str) -> bytes:
    """Decrypt with whichever identity fits.

    Raises:
        KeyMissing: none does.
        SnapshotCorrupt: it is not an age file, or it was changed.
    """
    age = _age()
    keys = [_identity(identity) for identity in identities]
    if not keys:
        raise KeyMissing(f"no identity is configured that could open {what}")
    try:
        return age.decrypt(sealed, keys)
    except age.DecryptError as error:
        if "No matching keys" in str(error):
            raise KeyMissing(f"none of {len(keys)} identities opens {what}") from None
        raise SnapshotCorrupt(f"{what} is damaged") from None


def new_signing_key() -> Secret:
    """Make an Ed25519 private key, PEM."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    return Secret(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def private_key(signing_key: Secret) -> "Ed25519PrivateKey":
    """Return the key in a PEM text.

    Raises:
        ConfigMissing: it is empty.
        ConfigInvalid: it is not an Ed25519 private key.
    """
    if not signing_key.reveal():
        raise ConfigMissing("`keys.signing` is not set", NO_KEYS)
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(signing_key.reveal().encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, Ed25519PrivateKey):
        return key
    hint = "It is a PEM file; `snapharbor config init` makes one."
    raise ConfigInvalid("`keys.signing` is not an Ed25519 private key", hint)


def verifying_key(signing_key: Secret) -> str:
    """Return the public part of a signing key, 64 hexadecimal characters.

    Raises:
        ConfigInvalid: it is not such a key.
    """
    return private_key(signing_key).public_key().public_bytes_raw().hex()


def _age() -> _Pyrage:
    return cast(_Pyrage, import_module("pyrage"))


def _identity(secret: Secret) -> _Identity:
    age = _age()
    try:
        return age.x25519.Identity.from_str(secret.reveal().strip())
    except age.IdentityError:
        hint = "It starts with `AGE-SECRET-KEY-1`; `snapharbor config init` makes one."
        raise ConfigInvalid("an identity is not an age secret key", hint) from None
