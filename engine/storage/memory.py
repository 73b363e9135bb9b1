"""A storage that forgets: for tests and trials."""

import io
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from anyio import to_thread

from ..model.errors import ObjectMissing
from .base import Stored
from .keys import checked_key, checked_prefix


class MemoryStorage:
    """A `Storage` in this process's memory."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[bytes, float]] = {}

    async def put(self, key: str, content: bytes | Path, *, if_absent: bool = False) -> bool:
        """Keep a copy of the bytes."""
        checked_key(key)
        data = content if isinstance(content, bytes) else await to_thread.run_sync(content.read_bytes)
        fresh = (data, time.time())
        if if_absent:
            return self._objects.setdefault(key, fresh) is fresh
        self._objects[key] = fresh
        return True

    @asynccontextmanager
    async def open(self, key: str) -> AsyncGenerator[BinaryIO]:
        """Open the bytes."""
        found = self._objects.get(checked_key(key))
        if found is None:
            raise ObjectMissing(f"no object `{key}`")
        with io.BytesIO(found[0]) as reader:
            yield reader

    async def stat(self, key: str) -> Stored | None:
        """Return size and age."""
        found = self._objects.get(checked_key(key))
        return None if found is None else Stored(key, len(found[0]), found[1])

    async def list(self, prefix: str) -> AsyncIterator[Stored]:
        """Yield what is there at the first step."""
        checked_prefix(prefix)
        for key, (content, modified) in sorted(self._objects.items()):
            if key.startswith(prefix):
                yield Stored(key, len(content), modified)

    async def delete(self, key: str) -> None:
        """Forget the bytes."""
        self._objects.pop(checked_key(key), None)

    async def presign(self, key: str, seconds: int) -> str | None:
        """Return None: nobody else can reach this memory."""
        checked_key(key)
        return None
