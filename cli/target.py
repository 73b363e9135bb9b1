"""`snapharbor target`."""

from collections.abc import Sequence

import click

from ..engine.model.catalog import Catalog, Table
from ..engine.model.json import JsonObject
from ..engine.model.snapshot import Snapshot
from ..engine.model.target import Target
from . import output
from .params import TARGET
from .session import Session, run
from .targets import view as target_view

Sets = Sequence[Sequence[Snapshot]]


@click.command()
@click.argument("target", type=TARGET)
@click.option("--info", is_flag=True, help="Connect to the source and list its tables.")
@click.pass_obj
def target(session: Session, target: str, info: bool) -> None:
    """Show one target and its snapshots.

    A set is an original and what was sanitized from it; its number is the INDEX of other commands.
    """

    async def work() -> None:
        from ..engine.operations.look import sets_of

        async with session.harbor() as harbor:
            found = harbor.target(target)
            sets = sets_of(await harbor.snapshots(found.key))
            catalog = await harbor.schema(found.key) if info else None
        output.result(session, view(found, sets, catalog), lambda: text(found, sets, catalog))

    run(work)


def view(target: Target, sets: Sets, catalog: Catalog | None) -> JsonObject:
    """Return a target, its snapshots and perhaps its tables as JSON."""
    snapshots = [_snapshot(index, member) for index, members in enumerate(sets) for member in members]
    shown: JsonObject = {**target_view(target), "snapshots": snapshots}
    return {**shown, "tables": [_table(table) for table in catalog.tables]} if catalog else shown


def text(target: Target, sets: Sets, catalog: Catalog | None) -> str:
    """Return the same for a person."""
    head = output.facts(
        {
            "target": target.key,
            "name": target.name if target.name != target.key else "",
            "source": str(target.source or ""),
            "destination": str(target.destination or ""),
            "storage": target.storage_profile or "local",
            "share storage": target.share_profile or "",
            "groups": ", ".join(target.groups),
            "environment": target.environment or "",
        }
    )
    return "\n\n".join(part for part in (head, _tables(catalog), _snapshots(target, sets)) if part)


def _snapshots(target: Target, sets: Sets) -> str:
    if not sets:
        return f"No snapshots yet. Take one with `snapharbor build {output.visible(target.key)}`."
    rows = [
        (
            str(index),
            member.id,
            member.manifest.kind,
            f"{member.manifest.rows:,}",
            output.size(member.manifest.stored_bytes),
            member.profile or "local",
        )
        for index, members in enumerate(sets)
        for member in members
    ]
    headers = ("INDEX", "ID", "KIND", "ROWS", "STORED", "STORAGE")
    return output.table(headers, rows, folded=("STORAGE",))


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


def _snapshot(index: int, snapshot: Snapshot) -> JsonObject:
    manifest = snapshot.manifest
    return {
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
