"""`snapharbor target`."""

from typing import TYPE_CHECKING

import click

from ..engine.model.catalog import Catalog, Table
from ..engine.model.json import JsonObject
from ..engine.model.target import Target
from . import output
from .params import TARGET
from .session import Session, run
from .snapshots import HEADERS, row, trouble, unreadable
from .snapshots import view as snapshot_view
from .targets import view as target_view

if TYPE_CHECKING:
    from ..engine.repository.values import Survey


@click.command()
@click.argument("target", type=TARGET)
@click.option("--info", is_flag=True, help="Connect to the source and list its tables.")
@click.pass_obj
def target(session: Session, target: str, info: bool) -> None:
    """Show one target and its snapshots.

    A set is an original and what was sanitized from it; its number is the INDEX of other commands.
    """

    from ..engine.operations.look import how_to_get_one

    async def work() -> None:
        async with session.harbor() as harbor:
            found = await harbor.find_target(target)
            seen = await harbor.survey(found.key)
            catalog = await harbor.schema(found.key) if info else None
            hint = "" if seen.snapshots else await how_to_get_one(harbor.services, found.key)
        output.result(session, view(found, seen, catalog), lambda: text(found, seen, catalog, hint=hint))

    run(work)


def view(target: Target, seen: "Survey", catalog: Catalog | None) -> JsonObject:
    """Return a target, its snapshots and perhaps its tables as JSON."""
    from ..engine.operations.look import sets_of

    listed = [
        snapshot_view(index, member)
        for index, members in enumerate(sets_of(seen.snapshots))
        for member in members
    ]
    shown: JsonObject = {
        **target_view(target),
        "snapshots": listed,
        "unreadable": unreadable(seen.unreadable),
    }
    return {**shown, "tables": [_table(table) for table in catalog.tables]} if catalog else shown


def text(target: Target, seen: "Survey", catalog: Catalog | None, *, hint: str) -> str:
    """Return the same for a person, with what to do if there is no snapshot."""
    parts = (head(target), _tables(catalog), _snapshots(seen, hint), trouble(seen.unreadable))
    return "\n\n".join(part for part in parts if part)


def head(target: Target) -> str:
    """Return what is configured of a target, a line each."""
    return output.facts(
        {
            "target": target.key,
            "name": target.name if target.name != target.key else "",
            "source": str(target.source or ""),
            "destination": str(target.destination or ""),
            "storage": target.storage,
            "groups": ", ".join(target.groups),
            "environment": target.environment or "",
        }
    )


def _snapshots(seen: "Survey", hint: str) -> str:
    from ..engine.operations.look import sets_of

    sets = sets_of(seen.snapshots)
    if not sets and seen.unreadable:
        return ""
    if not sets:
        return f"No snapshots yet. {output.visible(hint)}"
    rows = [row(index, member) for index, members in enumerate(sets) for member in members]
    return output.table(HEADERS, rows, folded=("STORAGE",))


def _tables(catalog: Catalog | None) -> str:
    if catalog is None:
        return ""
    rows = [
        (
            str(table.name),
            table.kind,
            f"{table.rows:,}" if table.rows >= 0 else "-",
            output.size(table.bytes),
            ", ".join(sorted({str(key.referenced) for key in table.foreign_keys})),
        )
        for table in catalog.tables
    ]
    return output.table(("TABLE", "KIND", "ROWS (ABOUT)", "SIZE", "REFERS TO"), rows, folded=("REFERS TO",))


def _table(table: Table) -> JsonObject:
    return {
        "schema": table.name.schema,
        "name": table.name.name,
        "kind": table.kind,
        "rows": table.rows,
        "bytes": table.bytes,
        "columns": len(table.columns),
        "refers_to": sorted({str(key.referenced) for key in table.foreign_keys}),
    }
