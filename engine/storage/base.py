"""Bytes under keys: what a repository needs of a place to keep them."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class Stored:
    """An object's key, size in bytes, and age (seconds since the epoch of its last change)."""

    key: str
    size: int
    modified: float


class Storage(Protocol):
    """Keys are `/`-separated, of `[a-z0-9._-]` segments. Every call is safe to repeat.

    A segment is not `.` or `..` and has at most 200 characters, a key at most 800; no key is the start of
    another one up to a `/`. A key that is none is refused.

    Raises, everywhere: StorageUnreachable, StorageRefused, SpaceExhausted; ObjectMissing on reading.
    Configured values that cannot be used show at the first call: ConfigInvalid, ConfigMissing.
    """

    async def put(self, key: str, content: bytes | Path, *, if_absent: bool = False) -> bool:
        """Store bytes, or a file's bytes, whole or not at all. A `Path` may be moved, not copied.

        Returns:
            False if `if_absent` was asked and the key exists. After a broken connection it may be this
            very call that made it exist.
        """
        ...

    def open(self, key: str) -> AbstractAsyncContextManager[BinaryIO]:
        """Open an object for one sequential, blocking read; reading may raise StorageUnreachable."""
        ...

    async def stat(self, key: str) -> Stored | None:
        """Return size and age, None if there is no such object."""
        ...

    def list(self, prefix: str) -> AsyncIterator[Stored]:
        """Yield the objects whose key starts so, in no order."""
        ...

    async def delete(self, key: str) -> None:
        """Remove an object; absent is fine."""
        ...

    async def presign(self, key: str, seconds: int) -> str | None:
        """Return a URL that reads this one object for that long, None where the storage cannot."""
        ...
