"""A snapshot in the making: read a database as it is now, store it, write the manifest last."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..database.base import Database
from ..model.job import Progress, Report
from ..model.json import JsonObject, digest
from ..model.snapshot import Kind, Manifest, Sanitization, Snapshot
from ..model.target import Selection, Target
from ..services import Services
from .capture import capture
from .clock import new_snapshot_id, now

EVERYTHING = Selection(use_default_schema=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """What will stand in the manifest beside what is read; `source` None means the database itself."""

    target: Target
    profile: str | None
    kind: Kind = "original"
    parent: str | None = None
    source: str | None = None
    sanitization: Sanitization | None = None
    tags: tuple[str, ...] = ()
    timings: Mapping[str, float] | None = None


async def store(services: Services, draft: Draft, database: Database, report: Report) -> Snapshot:
    """Read the database in one consistent view and return the stored snapshot."""
    target, started = draft.target, time.monotonic()
    report(Progress("connecting"))
    selection = target.selection if draft.kind == "original" else EVERYTHING
    async with (
        services.repository(draft.profile).writer() as writer,
        database.view(selection, target.limits) as view,
    ):
        opened = time.monotonic()
        captured = await capture(view, writer, target.cpus, report)
        read = time.monotonic()
        manifest = Manifest(
            id=new_snapshot_id(),
            target=target.key,
            kind=draft.kind,
            created_at=now(),
            engine=view.server.product,
            server_version=view.server.version,
            server_major=view.server.major,
            source=draft.source or view.server.identity,
            tool=view.tool,
            schemas=view.catalog.schemas,
            parts=captured.parts,
            tables=captured.tables,
            settings_digest=_settings(target),
            parent=draft.parent,
            sanitization=draft.sanitization,
            left_out=view.left_out,
            environment=target.environment,
            tags=draft.tags,
            timings={
                **(draft.timings or {}),
                "connect": round(opened - started, 3),
                "read": round(read - opened, 3),
            },
        )
        report(Progress("publishing"))
        return await writer.commit(manifest)


def _settings(target: Target) -> str:
    chosen = replace(target, source=None, destination=None, rules=None)
    return digest(repr(chosen))


def summary(stored: Snapshot) -> JsonObject:
    """Return what a build or sanitize tells about its snapshot."""
    manifest = stored.manifest
    return {
        "snapshot": manifest.id,
        "target": manifest.target,
        "kind": manifest.kind,
        "parent": manifest.parent,
        "storage": stored.profile or "local",
        "tables": len(manifest.tables),
        "rows": manifest.rows,
        "raw_bytes": manifest.raw_bytes,
        "stored_bytes": manifest.stored_bytes,
        "left_out": list(manifest.left_out),
        "tool": manifest.tool,
        "timings": dict(manifest.timings),
    }
