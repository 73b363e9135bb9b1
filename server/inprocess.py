"""One tool call without a transport: the same server, the same answers."""

from collections.abc import Callable, Mapping
from typing import cast

from mcp import Client

from .access import HarborFactory
from .app import build_server


async def call_tool(
    factory: HarborFactory,
    tool: str,
    arguments: Mapping[str, object],
    *,
    read_only: bool = False,
    tell: Callable[[str], None],
) -> tuple[dict[str, object], bool]:
    """Call a tool and return its structured answer and whether it is a failure; `tell` takes progress."""

    async def show(progress: float, total: float | None, message: str | None) -> None:
        tell(message or "")

    server = build_server(factory, read_only=read_only)
    async with Client(server) as client:
        result = await client.call_tool(tool, dict(arguments), progress_callback=show)
    return cast("dict[str, object]", result.structured_content or {}), bool(result.is_error)
