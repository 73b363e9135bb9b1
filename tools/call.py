"""What every tool is given, and what a tool is as data."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeAlias

from mcp.server.mcpserver import Context
from mcp_types import ToolAnnotations
from pydantic import Field

from ..engine.harbor import Harbor


class Access(Protocol):
    """How a tool gets at the engine."""

    @property
    def asks_people(self) -> bool:
        """Whether a client that can ask its person is to be used for confirmations."""
        ...

    async def harbor(self) -> Harbor:
        """Return the harbor of whoever calls, opening the configuration if that did not work before."""
        ...


Call: TypeAlias = Context[Access, Any]

Cursor = Annotated[str, Field(description="next_cursor, to go on")]
Reference = Annotated[str, Field(description="Id, TARGET or TARGET:latest")]
Confirmation = Annotated[str, Field(description="From the plan this tool answered first")]

LOOKS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
ADDS = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
)
REPLACES = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=False
)
EXPOSES = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True
)
STOPS = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
)


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool as data: its function, its title, what a client should know of it, and for whom it is.

    `scope` is what a principal needs for the engine to do it: read, build, load or share.
    """

    run: Callable[..., Awaitable[object]]
    title: str
    annotations: ToolAnnotations
    scope: str = "read"


async def harbor_of(call: Call) -> Harbor:
    """Return the harbor of whoever makes this call."""
    return await call.request_context.lifespan_context.harbor()
