"""Remove snapshots that no rule keeps, and chunks that no snapshot needs."""

from ..model.errors import ArgumentInvalid
from ..model.job import Report
from ..model.json import JsonObject
from ..model.plan import Effect, Plan
from ..repository.repository import Repository
from ..services import Services
from .build import storage_name, strings
from .requests import PruneRequest


async def plan(services: Services, request: PruneRequest) -> Plan:
    """Say which snapshots would go, which stay, and how many bytes that frees."""
    keep = {
        "last": request.keep_last,
        "daily": request.keep_daily,
        "weekly": request.keep_weekly,
        "monthly": request.keep_monthly,
    }
    if not any(keep.values()):
        raise ArgumentInvalid(
            "prune was not told what to keep", "Give at least one of --keep-last, --keep-daily …"
        )
    repository = services.repository(request.profile)
    if request.target is not None:
        await _known(services, repository, request.target)
    found = await repository.prune_plan(
        keep_last=request.keep_last,
        keep_daily=request.keep_daily,
        keep_weekly=request.keep_weekly,
        keep_monthly=request.keep_monthly,
        target=request.target,
    )
    where = storage_name(request.profile)
    return Plan(
        verb="prune",
        target=request.target or "*",
        summary=f"remove {len(found.remove)} of {len(found.remove) + len(found.keep)} snapshots from {where}",
        arguments={"profile": request.profile, "remove": list(found.remove)},
        facts={"keep": keep, "chunks": found.chunks, "bytes": found.bytes},
        steps=("remove manifests", "remove chunks that nothing needs any more"),
        effects=tuple(Effect("deletes", f"snapshot `{snapshot}` in {where}") for snapshot in found.remove),
    )


async def _known(services: Services, repository: Repository, target: str) -> None:
    """Refuse a name that nothing answers to; a target that was taken out may still have snapshots."""
    if not any(snapshot.manifest.target == target for snapshot in await repository.snapshots()):
        services.settings.target(target)


async def run(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Prune and return what was removed."""
    profile = plan.arguments["profile"]
    repository = services.repository(str(profile) if profile is not None else None)
    done = await repository.prune(strings(plan.arguments["remove"]), report)
    return {
        "removed": list(done.snapshots),
        "chunks": done.chunks,
        "freed_bytes": done.bytes,
        "postponed": done.postponed,
    }
