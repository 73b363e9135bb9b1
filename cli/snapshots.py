"""`snapharbor snapshots`."""

from collections.abc import Iterable, Mapping, Sequence
from textwrap import indent
from typing import TYPE_CHECKING

import click

from ..engine.model.json import JsonObject
from ..engine.model.snapshot import Snapshot
from . import output
from .failures import sentence_of
from .params import TARGET
from .session import Session, run

if TYPE_CHECKING:
    from ..engine.model.errors import EngineError

Sets = Sequence[Sequence[Snapshot]]
HEADERS = ("INDEX", "ID", "KIND", "ROWS", "STORED", "STORAGE")


@click.command()
@click.argument("target", type=TARGET, required=False)
@click.pass_obj
def snapshots(session: Session, target: str | None) -> None:
    """List the snapshots of all targets.

    Those of targets that are not configured here, such as pulled ones, are among them. TARGET and INDEX
    name a snapshot in other commands, and so does an id or its start.
    """

    async def work() -> None:
        async with session.harbor() as harbor:
            found = await harbor.survey(target)
        sets = by_target(found.snapshots)
        value: JsonObject = {
            "snapshots": [
                view(index, member)
                for one in sets.values()
                for index, members in enumerate(one)
                for member in members
            ],
            "unreadable": unreadable(found.unreadable),
        }
        output.result(session, value, lambda: _text(sets, found.unreadable))

    run(work)


def by_target(found: Iterable[Snapshot]) -> Mapping[str, Sets]:
    """Return snapshots, given newest first, in numbered sets by target."""
    from ..engine.operations.look import sets_of

    grouped: dict[str, list[Snapshot]] = {}
    for snapshot in found:
        grouped.setdefault(snapshot.manifest.target, []).append(snapshot)
    return {target: sets_of(grouped[target]) for target in sorted(grouped)}


def view(index: int, snapshot: Snapshot) -> JsonObject:
    """Return a snapshot as JSON."""
    manifest = snapshot.manifest
    return {
        "target": manifest.target,
        "index": index,
        "snapshot": manifest.id,
        "kind": manifest.kind,
        "parent": manifest.parent,
        "created_at": manifest.created_at,
        "storage": snapshot.profile or "local",
        "tables": len(manifest.tables),
        "rows": manifest.rows,
        "raw_bytes": manifest.raw_bytes,
        "stored_bytes": manifest.stored_bytes,
        "tags": manifest.tags,
    }


def unreadable(found: "Mapping[str, EngineError]") -> Sequence[JsonObject]:
    """Return what cannot be read as JSON."""
    return [
        {"snapshot": key, "code": error.code, "message": error.message, "hint": error.hint}
        for key, error in found.items()
    ]


def row(index: int, snapshot: Snapshot) -> tuple[str, ...]:
    """Return a snapshot as the cells under HEADERS."""
    manifest = snapshot.manifest
    return (
        str(index),
        manifest.id,
        manifest.kind,
        f"{manifest.rows:,}",
        output.size(manifest.stored_bytes),
        snapshot.profile or "local",
    )


def trouble(found: "Mapping[str, EngineError]") -> str:
    """Return what cannot be read for a person; nothing if everything can."""
    lines = [indent(sentence_of(error), "  ") for error in found.values()]
    return "\n".join(("Not readable, of whichever target:", *lines)) if lines else ""


def _text(sets: Mapping[str, Sets], broken: "Mapping[str, EngineError]") -> str:
    rows = [
        (target, *row(index, member))
        for target, one in sets.items()
        for index, members in enumerate(one)
        for member in members
    ]
    empty = "" if broken else "No snapshots yet. Take one with `snapharbor build TARGET`."
    table = output.table(("TARGET", *HEADERS), rows, folded=("TARGET", "STORAGE")) if rows else empty
    return "\n\n".join(part for part in (table, trouble(broken)) if part)
