"""Several workers on one consistent view, each with a reader of its own."""

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
from anyio.abc import TaskGroup

from ..database.base import SliceReader, View
from ..tasks import in_thread, open_tasks

Piece = TypeVar("Piece")


@asynccontextmanager
async def reading(view: View) -> AsyncGenerator[TaskGroup]:
    """Open a task group for work on a view; the first thing that fails stops everything and is raised."""

    over = False

    async def abort_when_cancelled() -> None:
        # Blocking reads in threads cannot be cancelled; they return once their connections are ended.
        try:
            await anyio.sleep_forever()
        finally:
            if not over:
                view.abort()

    async with open_tasks() as guard:
        guard.start_soon(abort_when_cancelled)
        async with anyio.create_task_group() as group:
            yield group
        over = True
        guard.cancel_scope.cancel()


def start_workers(
    group: TaskGroup,
    view: View,
    pieces: Iterable[Piece],
    *,
    workers: int,
    work: Callable[[SliceReader, Piece], Awaitable[None]],
) -> None:
    """Give out pieces in order to so many workers."""
    waiting = deque(pieces)

    async def take() -> None:
        if not waiting:
            return
        async with in_thread(view.reader()) as reader:
            while waiting:
                await work(reader, waiting.popleft())

    for _ in range(workers):
        group.start_soon(take)
