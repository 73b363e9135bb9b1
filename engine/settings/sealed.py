"""Encrypted values, `enc:v1:…`: one value, bound to the key path it was written for.

AES-256-GCM (NIST SP 800-38D) under a key of its own, made by HKDF-SHA-256 (RFC 5869) from the age
identity and a random salt of 16 bytes; the associated data is the key path. After the prefix stands
base64url without padding of: key id (8 bytes, SHA-256 of the public key), salt (16), nonce (12),
ciphertext and tag (16).
"""

import binascii
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256

from ..keypair import recipient_of
from ..model.errors import ConfigInvalid, KeyMissing
from ..model.json import canonical
from ..model.secret import Secret

PREFIX = "enc:v1:"
_INFO = b"snapharbor configuration value v1"
_KEY_ID, _SALT, _NONCE = 8, 16, 12


def seal(text: str, path: Sequence[str], identity: Secret) -> str:
    """Encrypt one value for one key path."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
    box = AESGCM(_key(identity, salt)).encrypt(nonce, text.encode(), canonical(list(path)))
    return PREFIX + urlsafe_b64encode(_key_id(identity) + salt + nonce + box).decode().rstrip("=")


def unseal(text: str, path: Sequence[str], identities: Sequence[Secret]) -> str:
    """Decrypt what `seal` made.

    Raises:
        KeyMissing: it was encrypted to an identity that is not at hand.
        ConfigInvalid: it was changed, or written for another key path.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    body = text.removeprefix(PREFIX)
    try:
        content = urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        raise ConfigInvalid("is an encrypted value that was damaged") from None
    key_id, salt, nonce, box = _cut(content)
    for identity in identities:
        if _key_id(identity) == key_id:
            try:
                return AESGCM(_key(identity, salt)).decrypt(nonce, box, canonical(list(path))).decode()
            except (InvalidTag, ValueError):
                hint = "Encrypted values cannot be moved: write the plain value, run `config encrypt`."
                raise ConfigInvalid("was changed, or encrypted for another key path", hint) from None
    raise KeyMissing("was encrypted to an identity that is not at hand", "Add it to `keys.previous`.")


def _cut(content: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    salt, nonce = _KEY_ID + _SALT, _KEY_ID + _SALT + _NONCE
    return content[:_KEY_ID], content[_KEY_ID:salt], content[salt:nonce], content[nonce:]


def _key_id(identity: Secret) -> bytes:
    return sha256(recipient_of(identity).encode()).digest()[:_KEY_ID]


def _key(identity: Secret, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, salt, _INFO).derive(identity.reveal().encode())
