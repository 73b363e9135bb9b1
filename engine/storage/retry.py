"""Patience with a storage that does not answer."""

import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import anyio

from ..model.errors import StorageUnreachable
from .base import Storage, Stored

T = TypeVar("T")
_RANDOM = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to try in all, and how long to wait in between: doubled each time, with jitter. Seconds."""

    attempts: int = 4
    first_delay: float = 0.4
    longest_delay: float = 15.0

    def delays(self) -> Iterator[float]:
        """Yield the pause after each failed attempt but the last."""
        for attempt in range(self.attempts - 1):
            delay = min(self.first_delay * 2**attempt, self.longest_delay)
            yield _RANDOM.uniform(delay / 2, delay)


async def persist(call: Callable[[], Awaitable[T]], patience: Patience) -> T:
    """Return what the call returns, calling again as long as it raises StorageUnreachable."""
    for delay in patience.delays():
        try:
            return await call()
        except StorageUnreachable:
            await anyio.sleep(delay)
    return await call()


class RetryingStorage:
    """A `Storage` that asks another one again while it is unreachable; every other error passes at once."""

    def __init__(
        self, inner: Storage, attempts: int = 4, *, first_delay: float = 0.4, longest_delay: float = 15.0
    ) -> None:
        self._inner = inner
        self._patience = Patience(attempts, first_delay, longest_delay)

    async def put(self, key: str, content: bytes | Path, *, if_absent: bool = False) -> bool:
        """Store bytes or a file's bytes."""
        return await persist(lambda: self._inner.put(key, content, if_absent=if_absent), self._patience)

    @asynccontextmanager
    async def open(self, key: str) -> AsyncGenerator[BinaryIO]:
        """Open an object; only opening is tried again, what happens to the reader is not ours."""
        async with AsyncExitStack() as stack:
            yield await persist(lambda: stack.enter_async_context(self._inner.open(key)), self._patience)

    async def stat(self, key: str) -> Stored | None:
        """Return size and age."""
        return await persist(lambda: self._inner.stat(key), self._patience)

    async def list(self, prefix: str) -> AsyncIterator[Stored]:
        """Yield each object once, however often the listing had to be begun again."""
        seen: set[str] = set()
        delays = self._patience.delays()
        while True:
            try:
                async for stored in self._inner.list(prefix):
                    if stored.key not in seen:
                        seen.add(stored.key)
                        yield stored
            except StorageUnreachable:
                if (delay := next(delays, None)) is None:
                    raise
                await anyio.sleep(delay)
            else:
                return

    async def delete(self, key: str) -> None:
        """Remove an object."""
        await persist(lambda: self._inner.delete(key), self._patience)

    async def presign(self, key: str, seconds: int) -> str | None:
        """Return a link to one object."""
        return await persist(lambda: self._inner.presign(key, seconds), self._patience)
