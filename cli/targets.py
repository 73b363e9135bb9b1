"""`snapharbor targets`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from ..engine.model.json import JsonObject
from ..engine.model.target import Target
from . import output
from .session import Session, run

if TYPE_CHECKING:
    from ..engine.harbor import Harbor

States = Mapping[str, JsonObject]
NONE = "No target is configured. Add one under `targets:` in snapharbor.yml."
NONE_SHARED = "No target is without a source. What others share has only `share` there."


@click.command()
@click.option("-u", "--update", is_flag=True, help="Connect to each source: state, size and version.")
@click.option("--shared", is_flag=True, help="Only targets without source: what others share.")
@click.pass_obj
def targets(session: Session, update: bool, shared: bool) -> None:
    """List the configured targets."""

    async def work() -> None:
        async with session.harbor() as harbor:
            found = tuple(one for one in harbor.targets() if not shared or one.type == "share")
            states: States = await look(harbor, found) if update else {}
        views = [{**view(target), **states.get(target.key, {})} for target in found]
        output.result(session, views, lambda: text(found, states) if found or not shared else NONE_SHARED)

    run(work)


async def look(harbor: "Harbor", found: Sequence[Target]) -> States:
    """Connect to all sources at once and say of each what answered."""
    from ..engine.tasks import open_tasks

    states: dict[str, JsonObject] = {}

    async def ask(target: Target) -> None:
        states[target.key] = await _state(harbor, target)

    async with open_tasks() as group:
        for target in found:
            group.start_soon(ask, target)
    return states


async def _state(harbor: "Harbor", target: Target) -> JsonObject:
    from ..engine.model.errors import EngineError

    if target.source is None:
        return {"state": "no source"}
    try:
        server = await harbor.services.database(target.source).identify()
    except EngineError as error:
        return {"state": error.code, "message": error.message, "hint": error.hint}
    return {"state": "ok", "bytes": server.bytes, "server": f"{server.product} {server.version}"}


def view(target: Target) -> JsonObject:
    """Return a target as JSON: no credential, no URL parameter."""
    return {
        "target": target.key,
        "name": target.name,
        "type": target.type,
        "source": _place(target.source),
        "destination": _place(target.destination),
        "storage": target.storage,
        "sanitize": target.rules is not None,
        "groups": target.groups,
        "environment": target.environment,
        "protected": target.protected,
        "cpus": target.cpus,
    }


def text(found: Sequence[Target], states: States) -> str:
    """Return the targets as a table."""
    if not found:
        return NONE
    headers = ["TARGET", "TYPE", "SOURCE", "DESTINATION", "STORAGE"]
    rows = [
        [
            target.key,
            target.type,
            _place(target.source) or "-",
            _place(target.destination) or "-",
            target.storage,
        ]
        for target in found
    ]
    if states:
        headers[5:] = ["SIZE", "STATE"]
        for row, target in zip(rows, found, strict=True):
            state = states[target.key]
            count = state.get("bytes")
            row += [output.size(count) if isinstance(count, int) else "-", str(state["state"])]
    return output.table(headers, rows, folded=("SOURCE", "DESTINATION"))


def _place(url: object) -> str | None:
    return None if url is None else str(url)
