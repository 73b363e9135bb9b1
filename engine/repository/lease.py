"""Leases: who uses the repository right now, so that prune never takes away what a build relies on.

Writers share, prune's removal of chunks excludes. Both put their lease first and look for the other's
afterwards, so at least one of two sees the other: a writer then waits for prune, prune lets chunks be.
Ages are compared by the storage's own clock: everybody measures against the object that it just put.
"""

import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from secrets import token_hex
from typing import Literal

import anyio

from ..mark import ended, mark
from ..model.errors import EngineError, StorageUnreachable
from ..storage.base import Storage, Stored
from ..tasks import open_tasks
from .layout import LEASES

HEARTBEAT = 60.0
STALE = 900.0
POLL = 1.0

_HOLDER = re.compile(rf"{LEASES}[a-z]+-([0-9a-f]{{8}}-\d+-\d+)-[0-9a-f]+")

Use = Literal["write", "prune"]


class Lease:
    """One lease of this process, kept fresh while its context is open."""

    def __init__(self, storage: Storage, use: Use) -> None:
        self._storage = storage
        self._beaten = time.time()
        self._gap = False
        self.key = f"{LEASES}{use}-{mark()}-{token_hex(8)}"

    async def beat(self) -> None:
        """Say that this process lives."""
        started = time.time()
        await self._storage.put(self.key, b"{}")
        self._gap = self.lapsed()
        self._beaten = started

    def lapsed(self) -> bool:
        """Whether others may have taken this process for dead since the lease was taken or renewed."""
        return self._gap or not 0 <= time.time() - self._beaten < STALE / 2

    async def renew(self) -> None:
        """Take the lease again, as at the beginning: wait until nobody removes chunks."""
        while True:
            if not await self.others("prune"):
                break
            await anyio.sleep(POLL)
        self._gap = False

    async def now(self) -> float:
        """Return the storage's clock, in seconds since the epoch."""
        await self.beat()
        found = await self._storage.stat(self.key)
        if found is None:
            raise StorageUnreachable("an object that was just put is not there", key=self.key)
        return found.modified

    async def others(self, use: Use) -> tuple[Stored, ...]:
        """Return the live leases for a use, except this one."""
        now = await self.now()
        found = [stored async for stored in self._storage.list(f"{LEASES}{use}-")]
        return tuple(s for s in found if s.key != self.key and is_live(s, now))

    async def keep(self) -> None:
        """Beat for ever. A storage that is away for a while is no reason to stop."""
        while True:
            await anyio.sleep(HEARTBEAT)
            try:
                await self.beat()
            except EngineError as error:
                if not error.retryable:
                    raise


@asynccontextmanager
async def hold(storage: Storage, use: Use) -> AsyncGenerator[Lease]:
    """Hold a lease for as long as the context is open."""
    lease = Lease(storage, use)
    async with open_tasks() as tasks:
        try:
            await lease.beat()
            tasks.start_soon(lease.keep)
            yield lease
        finally:
            tasks.cancel_scope.cancel()
            with anyio.move_on_after(10, shield=True):
                await storage.delete(lease.key)


async def remove_stale(storage: Storage, now: float) -> None:
    """Remove the leases of processes that ended without removing them."""
    async for stored in storage.list(LEASES):
        if not is_live(stored, now):
            await storage.delete(stored.key)


def is_live(lease: Stored, now: float) -> bool:
    """Whether somebody may still hold a lease: it is fresh, and its process not known to have ended."""
    holder = _HOLDER.fullmatch(lease.key)
    return lease.modified > now - STALE and not (holder and ended(holder[1]))
