"""A snapshot in the making: read a database as it is now, store it, write the manifest last."""

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ... import __version__
from ..database.base import Database, Marker, Rewrite, View
from ..model.catalog import TableName
from ..model.errors import DatabaseFailed, RuleFailed
from ..model.job import Progress, Report
from ..model.json import JsonObject, digest
from ..model.snapshot import Kind, Manifest, Sanitization, Snapshot, TableData, snapshot
from ..model.target import Selection, Target
from ..repository.repository import Repository
from ..repository.writer import SnapshotWriter
from ..services import Services
from ..tasks import open_tasks
from .capture import Captured, capture
from .clock import new_snapshot_id, now
from .leaks import told
from .subset import TAG, Picked, left_out, picking

if TYPE_CHECKING:
    from .proof import Proof

EVERYTHING = Selection(use_default_schema=False)

# Classes of SQLSTATE in which a value is to blame, or what is done with it.
DATA = ("22", "23", "42", "P0", "38", "39", "54")


@dataclass(frozen=True, slots=True)
class Draft:
    """What will stand in the manifest beside what is read.

    `copied` is what the database is a copy of, if it is one. With `rewrite`, the rows are read as rules leave
    them; with `subset`, only those that the target's subset takes. `outboxes` are tables that an application
    may send the rows of, emptied if it is neutralised. `taken_at` is the moment that it shows, where that is
    not now.
    """

    target: Target
    profile: str | None
    kind: Kind = "original"
    parent: str | None = None
    copied: Manifest | None = None
    sanitization: Sanitization | None = None
    tags: tuple[str, ...] = ()
    timings: Mapping[str, float] | None = None
    rewrite: Rewrite | None = None
    outboxes: tuple[str, ...] = ()
    subset: bool = False
    taken_at: str = ""


async def store(
    services: Services,
    draft: Draft,
    database: Database,
    report: Report,
    *,
    proof: "Proof | None" = None,
    repository: Repository | None = None,
) -> Snapshot:
    """Read the database in one consistent view and return the stored snapshot.

    With `proof`, originals are gathered where they are read, and a sanitized snapshot is searched for them
    before it exists; what was found stands in its manifest. `repository` is another place than the profile's.
    """
    started = time.monotonic()
    report(Progress("connecting"))
    repository = repository or services.repository(draft.profile)
    async with repository.writer() as writer:
        async with (
            database.view(_selection(draft), draft.target.limits, rewrite=draft.rewrite) as view,
            _picked(services, draft, view, report) as subset,
        ):
            opened = time.monotonic()
            captured = await _verified(view, subset, writer, workers=draft.target.cpus, report=report)
            if proof is not None and draft.rewrite is not None:
                await proof.gather(view, report)
        timings = {"connect": round(opened - started, 3), "read": round(time.monotonic() - opened, 3)}
        manifest = _manifest(draft, view, captured, timings)
        if subset is not None:
            manifest = replace(manifest, left_out=(*manifest.left_out, *left_out(subset.told)))
        if (marked := view.marked(_marker(manifest))) is not None:
            table, columns, row = marked
            stream = await writer.store(partial(iter, (row,)))
            tables = sorted((*manifest.tables, TableData(table, columns, 1, stream.chunks)), key=_named_as)
            manifest = replace(manifest, tables=tuple(tables))
        if proof is not None and manifest.sanitization is not None:
            finished = repository.source(snapshot(manifest, draft.profile))
            scan = await proof.search(finished, view.catalog, report)
            timings = {**manifest.timings, "search": scan.seconds}
            done = replace(manifest.sanitization, scan=scan)
            manifest = replace(manifest, sanitization=done, timings=timings)
        report(Progress("publishing"))
        return await writer.commit(manifest)


def _selection(draft: Draft) -> Selection:
    fresh = draft.kind == "original" or draft.rewrite is not None
    selection = draft.target.selection if fresh else EVERYTHING
    if draft.kind == "original":
        return selection
    neutral = draft.target.rules is not None and draft.target.rules.neutralise
    emptied = (*selection.exclude_data, *(draft.outboxes if neutral else ()))
    return replace(
        selection,
        without_secrets=True,
        without_owners=True,
        without_reaching=neutral,
        exclude_data=emptied,
        marker=True,
    )


@asynccontextmanager
async def _picked(
    services: Services, draft: Draft, view: View, report: Report
) -> AsyncGenerator[Picked | None]:
    if not draft.subset:
        yield None
        return
    async with picking(services, draft.target, view, report=report) as picked:
        yield picked


def _tags(draft: Draft) -> tuple[str, ...]:
    """Return the tags of a snapshot; a subset says that it is one, and so does what is made of it."""
    subset = draft.subset or (draft.copied is not None and TAG in draft.copied.tags)
    return tuple(dict.fromkeys((*draft.tags, *((TAG,) if subset else ()))))


def _marker(manifest: Manifest) -> Marker:
    """Return what a sanitized copy says of itself."""
    done = manifest.sanitization
    rules = f"rules:{done.digest}" if done else "rules:none"
    tags = (f"target:{manifest.target}", f"snapshot:{manifest.id}", rules, f"tool:{manifest.made_by}")
    return Marker(manifest.created_at, tags)


def _named_as(table: TableData) -> TableName:
    return table.name


def _manifest(draft: Draft, view: View, captured: Captured, timings: Mapping[str, float]) -> Manifest:
    target = draft.target
    return Manifest(
        id=new_snapshot_id(draft.taken_at),
        target=target.key,
        kind=draft.kind,
        created_at=draft.taken_at or now(),
        engine=view.server.product,
        server_version=view.server.version,
        server_major=view.server.major,
        source=draft.copied.source if draft.copied else view.server.identity,
        tool=view.tool,
        made_by=f"snapharbor {__version__}",
        schemas=view.catalog.schemas,
        parts=captured.parts,
        tables=captured.tables,
        settings_digest=_settings(target),
        parent=draft.parent,
        sanitization=draft.sanitization,
        left_out=draft.copied.left_out if draft.copied else view.left_out,
        environment=target.environment,
        tags=_tags(draft),
        timings={**(draft.timings or {}), **timings},
    )


async def _verified(
    view: View, subset: Picked | None, writer: SnapshotWriter, *, workers: int, report: Report
) -> Captured:
    """Capture a view, and ask meanwhile whether the constraints hold that rules or a subset could break."""
    try:
        async with open_tasks() as group:
            if view.rewritten is not None:
                group.start_soon(view.verify)
            if subset is not None:
                group.start_soon(subset.verify)
            captured = await capture(view, writer, workers, report)
    except DatabaseFailed as error:
        if view.rewritten is None or not str(error.details.get("sqlstate", "")).startswith(DATA):
            raise
        raise await _named(view, error) from None
    if subset is not None:
        subset.refuse_lost(captured.tables)
    return captured


async def _named(view: View, error: DatabaseFailed) -> RuleFailed:
    """Find out what it was that failed while reading, if a constraint, which one."""
    try:
        await view.verify(every=True)
    except RuleFailed as named:
        return named
    except DatabaseFailed as asked:
        error = asked
    return RuleFailed(f"a rule failed while reading: {error.message}", "", **error.details)


def _settings(target: Target) -> str:
    chosen = replace(target, source=None, destination=None, rules=None, subset=None)
    return digest(repr(chosen))


def summary(stored: Snapshot) -> JsonObject:
    """Return what a build or sanitize tells about its snapshot."""
    manifest = stored.manifest
    scan = manifest.sanitization.scan if manifest.sanitization else None
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
        **({"clean": scan.passed, "leaks": told(scan)} if scan else {}),
        "timings": dict(manifest.timings),
    }
