"""Files encrypted to people: age (X25519), through the Rust implementation."""

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Protocol, cast

from ..model.errors import ConfigInvalid, KeyMissing, RecipientUnknown, SnapshotCorrupt
from ..model.secret import Secret


class _Identity(Protocol):
    def to_public(self) -> object: ...


class _IdentityKind(Protocol):
    def from_str(self, text: str) -> _Identity: ...


class _RecipientKind(Protocol):
    def from_str(self, text: str) -> object: ...


class _X25519(Protocol):
    Identity: _IdentityKind
    Recipient: _RecipientKind


class _Pyrage(Protocol):
    """The part of the untyped `pyrage` that is used here."""

    x25519: _X25519
    IdentityError: type[Exception]
    RecipientError: type[Exception]
    DecryptError: type[Exception]

    def encrypt(self, plain: bytes, recipients: Sequence[object], *, armored: bool) -> bytes: ...
    def decrypt(self, sealed: bytes, identities: Sequence[object]) -> bytes: ...


_age = cast(_Pyrage, import_module("pyrage"))


def public_key(identity: Secret) -> str:
    """Return the public key (`age1…`) of a secret one (`AGE-SECRET-KEY-1…`).

    Raises:
        ConfigInvalid: it is not an age secret key.
    """
    return str(_identity(identity).to_public())


def seal(plain: bytes, recipients: Iterable[str]) -> bytes:
    """Encrypt to public keys, as ASCII text (armored).

    Raises:
        RecipientUnknown: one of them is not an age public key, or there is none.
    """
    try:
        keys = [_age.x25519.Recipient.from_str(recipient) for recipient in recipients]
    except _age.RecipientError:
        raise RecipientUnknown(
            "a recipient's public key is not an age key", "It starts with `age1`."
        ) from None
    if not keys:
        raise RecipientUnknown("nobody to encrypt to", "Name at least one recipient's public key.")
    return _age.encrypt(plain, keys, armored=True)


def unseal(sealed: bytes, identities: Iterable[Secret], *, what: str) -> bytes:
    """Decrypt with whichever secret key fits.

    Raises:
        KeyMissing: none does.
        SnapshotCorrupt: it is not an age file, or it was changed.
    """
    keys = [_identity(identity) for identity in identities]
    if not keys:
        raise KeyMissing(f"no identity is configured that could open {what}")
    try:
        return _age.decrypt(sealed, keys)
    except _age.DecryptError as error:
        if "No matching keys" in str(error):
            raise KeyMissing(f"none of {len(keys)} identities opens {what}") from None
        raise SnapshotCorrupt(f"{what} is damaged") from None


def _identity(secret: Secret) -> _Identity:
    try:
        return _age.x25519.Identity.from_str(secret.reveal().strip())
    except _age.IdentityError:
        hint = "It starts with `AGE-SECRET-KEY-1`; `snapharbor config init` makes one."
        raise ConfigInvalid("an identity is not an age secret key", hint) from None
