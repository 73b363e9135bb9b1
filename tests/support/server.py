"""A server over a harbor in memory, and clients of both protocol revisions."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from mcp import Client
from support.harbor import World

from snapharbor.server.app import build_server

Mode = Literal["legacy", "auto"]
Connect = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture(params=["legacy", "auto"])
def mode(request: pytest.FixtureRequest) -> Mode:
    return request.param


@pytest.fixture
def connect(world: World) -> Connect:
    """Connect a client to a server over the world; keywords for `server` go to build_server()."""

    @asynccontextmanager
    async def connected(server: dict[str, Any] | None = None, **client: Any) -> AsyncIterator[Client]:
        async with Client(build_server(world.open, **(server or {})), **client) as connection:
            yield connection

    return connected
