"""A server over a harbor in memory, and clients of both protocol revisions."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal

import anyio
import pytest
from mcp import Client
from mcp_types import (
    CallToolResult,
    GetPromptResult,
    PromptMessage,
    ReadResourceResult,
    TextContent,
    TextResourceContents,
)
from support.harbor import World

from snapharbor.server.app import build_server
from snapharbor.server.http import run_http

Mode = Literal["legacy", "auto"]
Connect = Callable[..., AbstractAsyncContextManager[Client]]
Listening = Callable[..., AbstractAsyncContextManager[str]]


def text_of(result: CallToolResult | ReadResourceResult | GetPromptResult) -> str:
    """Return the text of an answer, a document or a prompt."""
    match result:
        case CallToolResult(content=[TextContent(text=text)]):
            return text
        case ReadResourceResult(contents=[TextResourceContents(text=text)]):
            return text
        case GetPromptResult(messages=[PromptMessage(content=TextContent(text=text))]):
            return text
        case _:
            raise AssertionError("it has not exactly one text")


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
    async def connected(server: dict[str, Any] | None = None, **client: Any) -> AsyncGenerator[Client]:
        async with Client(build_server(world.open, **(server or {})), **client) as connection:
            yield connection

    return connected


@pytest.fixture
def listening(world: World) -> Listening:
    """Serve the world over HTTP on a free port and yield the URL."""

    @asynccontextmanager
    async def serving(**server: Any) -> AsyncGenerator[str]:
        urls, told = anyio.create_memory_object_stream[str](1)
        run = partial(run_http, host="127.0.0.1", port=0, path="/mcp", names=(), told=urls.send_nowait)
        async with anyio.create_task_group() as tasks, urls, told:
            tasks.start_soon(run, build_server(world.open, **server))
            yield await told.receive()
            tasks.cancel_scope.cancel()

    return serving
