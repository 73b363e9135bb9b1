"""The original's encrypted values: `$aes$`, then the hexadecimal digits of nonce, ciphertext and tag.

AES-256-GCM without associated data, under the 32 characters of `secret_key` as they are.
"""

import re

from ...model.errors import KeyMissing

VALUE = re.compile(r"\$aes\$([0-9A-Fa-f]*)")
_NONCE = 12
_KEY_BYTES = 32
_HINT = "Set DBSNAPPER_SECRET_KEY to the key that it was encrypted with, 32 characters."


def opened(digits: str, secret_key: str) -> str:
    """Decrypt what stands behind `$aes$`.

    Raises:
        KeyMissing: there is no such key, or the value was encrypted with another one, or changed.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key = secret_key.encode()
    if len(key) != _KEY_BYTES:
        what = "has another length than 32" if key else "is not there"
        raise KeyMissing(f"is encrypted, and the original's `secret_key` {what}", _HINT)
    try:
        content = bytes.fromhex(digits)
        return AESGCM(key).decrypt(content[:_NONCE], content[_NONCE:], None).decode()
    except (InvalidTag, ValueError):
        raise KeyMissing("was encrypted with another `secret_key`, or changed", _HINT) from None
