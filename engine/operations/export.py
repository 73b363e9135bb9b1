"""Write a snapshot as the plain archive that the database's own tools read."""

from pathlib import Path

from ..database.engines import engine_of, kit
from ..database.meter import Meter
from ..model.errors import ArgumentInvalid, SnapshotUnsanitized
from ..model.job import Report
from ..model.json import JsonObject
from ..model.plan import Effect, Plan
from ..model.snapshot import Snapshot
from ..services import Services
from . import look
from .leaks import exposed
from .requests import ExportRequest


async def plan(services: Services, request: ExportRequest) -> Plan:
    """Say what would be written, readable and unencrypted, and where."""
    snapshot = await look.snapshot(services, request.snapshot, original=request.original)
    raw_only_if_asked(snapshot, original=request.original)
    directory = request.directory.expanduser().absolute()
    if directory.exists():
        raise ArgumentInvalid(
            f"`{directory.name}` exists already", "Name a directory that does not exist yet."
        )
    return Plan(
        verb="export",
        target=snapshot.manifest.target,
        summary=f"export {snapshot.manifest.kind} snapshot `{snapshot.id}`",
        arguments={"snapshot": snapshot.id, "directory": str(directory)},
        steps=("decrypt every chunk", f"write {kit(engine_of(snapshot.manifest)).format}"),
        effects=(
            Effect("creates", f"an unencrypted archive in `{directory.name}`"),
            *exposed(snapshot, "the archive"),
        ),
    )


async def run(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Write the archive and return where it is."""
    snapshot = await look.snapshot(services, str(plan.arguments["snapshot"]))
    directory = Path(str(plan.arguments["directory"]))
    source = services.repository(snapshot.profile).source(snapshot)
    meter = Meter(report, "export", snapshot.manifest.stored_bytes)
    await services.export(source, directory, meter.add)
    return {"snapshot": snapshot.id, "directory": str(directory), "tool": snapshot.manifest.tool}


def raw_only_if_asked(snapshot: Snapshot, *, original: bool) -> None:
    """Refuse raw data that was not asked for in so many words."""
    if snapshot.manifest.kind == "original" and not original:
        raise SnapshotUnsanitized(
            f"`{snapshot.id}` is an original: raw data of `{snapshot.manifest.target}`",
            "Sanitize it first, or ask for raw data: `original: true`, on the command line `--original`.",
        )
