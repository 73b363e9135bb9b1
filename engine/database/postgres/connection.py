"""A driver's connection that is cancelled as a whole: what runs in the server ends too."""

import asyncio
from typing import Any, TypeVar

import anyio
from psycopg import AsyncConnection
from psycopg.abc import PQGen
from psycopg.rows import TupleRow

T = TypeVar("T")


class Connection(AsyncConnection[TupleRow]):
    """A connection whose query is cancelled in the server before a cancellation goes on.

    The driver does that when it is cancelled once. A scope of ours cancels again and again, which would
    interrupt it: the server would work on for nobody.
    """

    async def wait(self, gen: PQGen[T], *how: Any, **named: Any) -> T:
        """Wait for what the server is asked, as the driver does."""
        waiting = asyncio.ensure_future(super().wait(gen, *how, **named))
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            waiting.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.gather(waiting, return_exceptions=True)
            raise
