"""The toolset `read`: look at targets, snapshots, jobs and the set-up. Nothing is changed."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from ..engine.harbor import Harbor
from ..engine.model.fence import clean, fence
from ..engine.model.snapshot import Sanitization
from ..engine.operations.requests import VerifyRequest
from .call import LOOKS, STOPS, Call, Cursor, Offered, Reference, harbor_of
from .carry import PATIENCE, accompany, follow, start
from .outcome import Outcome, of_job
from .pages import page, text_size
from .views import (
    Setup,
    SnapshotRow,
    Snapshots,
    SnapshotView,
    TargetRow,
    Targets,
    TargetView,
    check_line,
    contents,
    share_line,
    table_line,
    tag_lines,
    unreadable,
)


async def list_targets(call: Call, cursor: Cursor = "") -> Targets:
    """List configured databases: where each is read from, whether it has rules."""
    harbor = await harbor_of(call)
    rows, following = page(harbor.targets(), cursor, show=TargetRow.of, size=lambda row: row.size)
    return Targets(targets=rows, next_cursor=following)


async def describe_target(
    call: Call, target: str, structure: bool = False, subset: bool = False, cursor: Cursor = ""
) -> TargetView:
    """Show a target; from its source its tables, or what its subset takes."""
    harbor = await harbor_of(call)
    found = await harbor.find_target(target)
    seen = await harbor.survey(target)
    about = await _subset(call, harbor, target) if subset else ()
    if structure and not subset:
        about = [table_line(table) for table in (await harbor.schema(target)).tables]
    lines, following = page(about, cursor, show=str, size=text_size)
    return TargetView(
        **TargetRow.of(found).model_dump(),
        name=clean(found.name, 120),
        destination=str(found.destination) if found.destination else None,
        storage=found.storage,
        groups=list(found.groups),
        protected=found.protected,
        snapshots=len(seen.snapshots),
        newest=seen.snapshots[0].id if seen.snapshots else None,
        unreadable=unreadable(seen.unreadable),
        structure=fence("\n".join(lines), 4000) if structure or subset else None,
        next_cursor=following,
    )


async def _subset(call: Call, harbor: Harbor, target: str) -> Sequence[str]:
    from ..engine.report.subset import lines

    told = await accompany(call, "finding the rows", lambda: harbor.explain_subset(target))
    return tuple(lines(told))


async def list_snapshots(call: Call, target: str = "", cursor: Cursor = "") -> Snapshots:
    """List snapshots, newest first, of one target or all."""
    harbor = await harbor_of(call)
    seen = await harbor.survey(target or None)
    rows, following = page(seen.snapshots, cursor, show=SnapshotRow.of, size=lambda row: row.size)
    return Snapshots(snapshots=rows, unreadable=unreadable(seen.unreadable), next_cursor=following)


async def describe_snapshot(
    call: Call, snapshot: Reference, since: Reference = "", cursor: Cursor = ""
) -> SnapshotView:
    """Show a snapshot: tables, what is left out, how it was sanitized, shares; or what changed `since`."""
    harbor = await harbor_of(call)
    found = await harbor.snapshot(snapshot)
    manifest = found.manifest
    about = await _changes(harbor, since, found.id) if since else contents(manifest)
    shares = [share_line(one) for one in await harbor.shares() if one.snapshot == found.id and one.is_open()]
    lines, following = page(about, cursor, show=str, size=text_size)
    return SnapshotView(
        **SnapshotRow.of(found).model_dump(),
        raw_bytes=manifest.raw_bytes,
        tables=len(manifest.tables),
        server=clean(f"{manifest.engine} {manifest.server_version}", 80),
        sanitized_by=_sanitized_by(manifest.sanitization),
        tags=tag_lines(manifest.tags, 20),
        shares="\n".join(shares[:10]) or None,
        contents=fence("\n".join(lines), 4000),
        next_cursor=following,
    )


async def _changes(harbor: Harbor, since: str, snapshot: str) -> Sequence[str]:
    from ..engine.report.comparison import lines

    return tuple(lines(await harbor.compare(since, snapshot)))


async def verify_snapshot(call: Call, snapshot: Reference) -> Outcome:
    """Read every chunk back and check digests, encryption, signature. A job."""
    return await start(call, VerifyRequest(snapshot))


async def get_job(call: Call, job_id: str, wait_seconds: Annotated[int, Field(ge=0, le=45)] = 0) -> Outcome:
    """Show a job; wait_seconds waits up to that long for its end, reporting progress."""
    return await follow(call, job_id, wait_seconds)


async def cancel_job(call: Call, job_id: str) -> Outcome:
    """Ask a job to stop. Nothing half-made is kept."""
    return of_job(await (await harbor_of(call)).cancel(job_id))


async def check_setup(call: Call, target: str = "", cursor: Cursor = "") -> Setup:
    """Try all that is configured: keys, programs, sources, rules, destinations, storages."""
    harbor = await harbor_of(call)
    about = ("configuration", "keys", "tools", "storage")
    found = [
        one
        for one in await harbor.check(PATIENCE)
        if not target or one.area in about or one.name.split(" ")[0] == harbor.target(target).key
    ]
    levels = Counter(one.level for one in found)
    lines, following = page(found, cursor, show=check_line, size=text_size)
    return Setup(
        ok=not levels["error"],
        errors=levels["error"],
        warnings=levels["warning"],
        checks=fence("\n".join(lines), 4000),
        next_cursor=following,
    )


def _sanitized_by(how: Sanitization | None) -> str | None:
    if how is None:
        return None
    return f"{how.statements} statements of {how.tier}, {how.strategy}, sha256 {how.digest[:16]}"


TOOLS = (
    Offered(list_targets, "List targets", LOOKS),
    Offered(describe_target, "Describe a target", LOOKS),
    Offered(list_snapshots, "List snapshots", LOOKS),
    Offered(describe_snapshot, "Describe a snapshot", LOOKS),
    Offered(verify_snapshot, "Verify a snapshot", LOOKS),
    Offered(check_setup, "Check the set-up", LOOKS),
    Offered(get_job, "Follow a job", LOOKS),
    Offered(cancel_job, "Cancel a job", STOPS),
)
