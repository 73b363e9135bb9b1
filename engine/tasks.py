"""Two small things that structured concurrency needs everywhere."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager
from typing import TypeVar, cast

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from .model.errors import EngineError

T = TypeVar("T")


@asynccontextmanager
async def open_tasks() -> AsyncGenerator[TaskGroup]:
    """Open a task group that raises what failed itself instead of a group of failures.

    An `EngineError` goes before anything else, since the rest are usually its consequences.
    """
    try:
        async with anyio.create_task_group() as group:
            yield group
    except BaseExceptionGroup as failures:
        raise _telling(list(_leaves(failures))) from None


def _leaves(failures: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for failure in failures.exceptions:
        if isinstance(failure, BaseExceptionGroup):
            yield from _leaves(cast("BaseExceptionGroup[BaseException]", failure))
        else:
            yield failure


def _telling(failures: list[BaseException]) -> BaseException:
    return next((failure for failure in failures if isinstance(failure, EngineError)), failures[0])


@asynccontextmanager
async def in_thread(manager: AbstractContextManager[T]) -> AsyncGenerator[T]:
    """Enter and leave a blocking context manager in a worker thread."""
    value = await to_thread.run_sync(manager.__enter__)
    try:
        yield value
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(manager.__exit__, None, None, None)
