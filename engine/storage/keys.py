"""Which keys a storage takes."""

import re

from ..model.errors import StorageRefused

LONGEST = 800
_KEY = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[a-z0-9._-]{1,200}(?:/[a-z0-9._-]{1,200})*")
_PREFIX = re.compile(r"(?!.*(?:^|/)\.{1,2}/)(?:[a-z0-9._-]{1,200}/)*[a-z0-9._-]{0,200}")


def is_key(text: str) -> bool:
    """Whether this is `/`-separated segments of `[a-z0-9._-]`, none of them `.` or `..`."""
    return len(text) <= LONGEST and _KEY.fullmatch(text) is not None


def checked_key(key: str) -> str:
    """Return the key.

    Raises:
        StorageRefused: it is not one.
    """
    if is_key(key):
        return key
    raise _refused("key", key)


def checked_prefix(prefix: str) -> str:
    """Return the start of keys; the empty string is the start of all.

    Raises:
        StorageRefused: no key starts so.
    """
    if len(prefix) <= LONGEST and _PREFIX.fullmatch(prefix) is not None:
        return prefix
    raise _refused("prefix", prefix)


def _refused(what: str, text: str) -> StorageRefused:
    hint = "Keys are segments of a-z, 0-9, dot, underscore and hyphen, joined by slashes."
    return StorageRefused(f"`{text[:80]!a}` is not a {what} of this storage", hint)
