"""`snapharbor://config` (secrets masked) and `snapharbor://errors`."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from mcp.server.mcpserver import MCPServer

from ..engine.harbor import Harbor
from .errors import page

Lifespan = TypeVar("Lifespan")


def register(server: MCPServer[Lifespan], harbor: Callable[[], Awaitable[Harbor]]) -> None:
    """Add the documents."""

    @server.resource("snapharbor://config", title="Configuration")
    async def config() -> str:
        """Every effective setting and where its value comes from; secrets are masked."""
        settings = (await harbor()).services.settings
        lines = [f"{item.key} = {item.value}  # {item.origin}" for item in settings.effective]
        return "\n".join([*lines, *(f"# warning: {warning}" for warning in settings.warnings)])

    @server.resource("snapharbor://errors", title="Errors", mime_type="text/markdown")
    def errors() -> str:
        """Every error code: what it means, whether the same call may work later, what to do."""
        return page()
