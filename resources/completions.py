"""Completions of names while a person types an argument of a prompt or a resource."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar, cast

from mcp.server.mcpserver import MCPServer
from mcp_types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from ..engine.harbor import Harbor
from ..engine.masks.templates import NAMES
from ..engine.model.errors import EngineError

MOST: Final = 100
Lifespan = TypeVar("Lifespan")


def register(server: MCPServer[Lifespan], harbor: Callable[[], Awaitable[Harbor]]) -> None:
    """Complete names and ids; where nothing can be known, nothing is offered."""

    async def complete(
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion:
        place = ref.uri if isinstance(ref, ResourceTemplateReference) else ""
        try:
            names = await _names(await harbor(), argument.name, place)
        except EngineError:
            names = ()
        fitting = [name for name in names if name.startswith(argument.value)]
        return Completion(values=fitting[:MOST], total=len(fitting), has_more=len(fitting) > MOST)

    decorate = cast("Callable[[], Callable[[object], object]]", server.completion)
    decorate()(complete)


async def _names(harbor: Harbor, argument: str, place: str) -> Sequence[str]:
    if place.startswith("snapharbor://templates/") or argument == "template":
        return NAMES
    if argument in ("target", "name"):
        return [target.key for target in harbor.targets()]
    if argument == "recipients":
        known = harbor.settings.recipients
        return list(
            dict.fromkeys((*(one.name for one in known), *(name for one in known for name in one.groups)))
        )
    if argument == "snapshot" or place.startswith("snapharbor://snapshots/"):
        return [snapshot.id for snapshot in await harbor.snapshots()]
    if argument == "job" or place.startswith("snapharbor://jobs/"):
        return [job.id for job in await harbor.jobs(MOST)]
    return ()
