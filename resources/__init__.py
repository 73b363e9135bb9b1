"""Read-only documents by URI: what is configured, what exists, what an error means."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from mcp.server.mcpserver import MCPServer

from ..engine.harbor import Harbor
from . import documents, jobs, shares, snapshots, targets, templates

Lifespan = TypeVar("Lifespan")


def register(server: MCPServer[Lifespan], harbor: Callable[[], Awaitable[Harbor]]) -> None:
    """Add every resource to a server; `harbor` gives the harbor of whoever reads."""
    for room in (targets, templates, snapshots, shares, jobs, documents):
        room.register(server, harbor)
