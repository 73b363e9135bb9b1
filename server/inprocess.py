"""One tool call without a server: the whole way from arguments to answer, inside this process."""

from collections.abc import Callable
from typing import Any

from mcp import Client

from .access import HarborFactory
from .app import build_server


async def call_tool(
    factory: HarborFactory,
    name: str,
    arguments: dict[str, Any],
    *,
    read_only: bool,
    tell: Callable[[str], None],
) -> tuple[dict[str, Any], bool]:
    """Call a tool as a client would that cannot ask its person anything.

    Returns:
        The answer's structured content, and whether it is a failure (code, message, hint, …).
    """

    async def told(progress: float, total: float | None, message: str | None) -> None:
        tell(message or f"{progress} of {total}")

    server = build_server(factory, read_only=read_only, asks_people=False)
    async with Client(server) as client:
        result = await client.call_tool(name, arguments, progress_callback=told)
    return result.structured_content or {}, bool(result.is_error)
