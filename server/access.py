"""The one open harbor of a server, and whose it is in each call."""

import copy
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

import anyio
from anyio.abc import TaskGroup, TaskStatus
from mcp.server.auth.middleware.auth_context import get_access_token

from ..engine.harbor import Harbor
from ..engine.model.errors import NotAuthorized
from ..engine.model.share import Principal
from .auth import principal_of

HarborFactory = Callable[[], AbstractAsyncContextManager[Harbor]]


class HarborAccess:
    """Opens the harbor when it is first needed, so that a broken configuration is a readable tool error.

    As long as opening fails, every call tries again: a corrected file needs no restart.
    """

    def __init__(self, factory: HarborFactory, *, asks_people: bool, authenticated: bool) -> None:
        self.asks_people: Final = asks_people
        self._factory = factory
        self._authenticated = authenticated
        self._tasks: TaskGroup | None = None
        self._opening = anyio.Lock()
        self._harbor: Harbor | None = None

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator["HarborAccess"]:
        """Be ready to open the harbor, and close it at the end."""
        async with anyio.create_task_group() as self._tasks:
            yield self
            self._tasks.cancel_scope.cancel()
        self._tasks = self._harbor = None

    async def harbor(self) -> Harbor:
        """Return the harbor, acting as whoever calls.

        Raises:
            NotAuthorized: this server authenticates its callers, and this call has no principal.
            EngineError: the configuration cannot be opened.
        """
        token = get_access_token()
        if self._authenticated and token is None:
            raise NotAuthorized("the call carries no identity")
        async with self._opening:
            harbor = self._harbor or await self._open()
        return harbor if token is None else acting_as(harbor, principal_of(token))

    async def _open(self) -> Harbor:
        assert self._tasks is not None, "harbor() is for calls that are being served"
        harbor: Harbor = await self._tasks.start(self._hold)
        self._harbor = harbor
        return harbor

    async def _hold(self, *, task_status: TaskStatus[Harbor]) -> None:
        """Keep the harbor open in a task of its own: the call that opened it ends long before."""
        async with self._factory() as harbor:
            task_status.started(harbor)
            await anyio.sleep_forever()


def acting_as(harbor: Harbor, principal: Principal) -> Harbor:
    """Return the same harbor in the hands of somebody else."""
    acting = copy.copy(harbor)
    acting.services = copy.copy(harbor.services)
    acting.services.principal = principal
    return acting
