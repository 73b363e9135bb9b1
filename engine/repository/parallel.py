"""The same work on many things, a few at a time."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from ..tasks import open_tasks

Item = TypeVar("Item")


async def each(items: Iterable[Item], work: Callable[[Item], Awaitable[None]], *, workers: int) -> None:
    """Do the work on every item; the first failure ends it and is raised as it is."""
    rest = iter(items)

    async def run() -> None:
        for item in rest:
            await work(item)

    async with open_tasks() as tasks:
        for _ in range(workers):
            tasks.start_soon(run)
