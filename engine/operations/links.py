"""Signed links to what local storage keeps: who has the link may read that one path, until it expires."""

import hmac
import time
from hashlib import sha256
from urllib.parse import urlencode

from ..keypair import private_key
from ..model.errors import ShareExpired, ShareUnknown
from ..model.secret import Secret

PURPOSE = b"snapharbor/share-link/1"


def link_key(signing_key: Secret) -> bytes:
    """Derive the key that links are signed with from the Ed25519 key (PEM) that signs manifests.

    Raises:
        ConfigInvalid: it is not such a key.
    """
    key = private_key(signing_key)
    return hmac.digest(key.private_bytes_raw(), PURPOSE, "sha256")


def bundle_path(share: str) -> str:
    """Return the path of a share's sealed bundle."""
    return f"/shares/{share}"


def chunk_path(share: str, chunk: str) -> str:
    """Return the path of a chunk, as that share sees it."""
    return f"/shares/{share}/chunks/{chunk}"


def sign_link(key: bytes, path: str, expires: int) -> str:
    """Return the query that opens a path until `expires` (seconds since the epoch)."""
    return urlencode({"expires": expires, "signature": _signature(key, path, expires)})


def check_link(key: bytes, path: str, *, expires: str, signature: str) -> None:
    """Return if the query opens the path now.

    Raises:
        ShareUnknown: it was not signed by this key for this path and moment.
        ShareExpired: it was, and its time is over.
    """
    check_signature(key, path, expires=expires, signature=signature)
    check_time(expires)


def check_signature(key: bytes, path: str, *, expires: str, signature: str) -> None:
    """Return if the query was signed by this key for this path and moment, or raise ShareUnknown."""
    wanted = _signature(key, path, _moment(expires))
    if not hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace")):
        raise ShareUnknown("the link is not one of ours")


def check_time(expires: str) -> None:
    """Return if that moment is still to come, or raise ShareExpired."""
    if _moment(expires) <= time.time():
        raise ShareExpired("the link has expired")


def _moment(expires: str) -> int:
    return int(expires) if expires.isdecimal() and len(expires) <= 12 else 0


def _signature(key: bytes, path: str, expires: int) -> str:
    return hmac.new(key, f"{path}\n{expires}".encode(), sha256).hexdigest()
