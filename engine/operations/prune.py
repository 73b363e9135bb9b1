"""Remove snapshots that no rule keeps, and chunks that no snapshot needs."""

from collections.abc import Iterator

from ..model.errors import ArgumentInvalid
from ..model.job import Report
from ..model.json import JsonObject
from ..model.plan import Effect, Plan
from ..repository.repository import Repository
from ..repository.retention import Retention
from ..repository.values import PrunePlan
from ..services import Services
from .places import storage_name, strings
from .requests import PruneRequest


async def plan(services: Services, request: PruneRequest) -> Plan:
    """Say which snapshots would go, which stay, and how many bytes that frees."""
    keep = {
        "last": request.keep_last,
        "daily": request.keep_daily,
        "weekly": request.keep_weekly,
        "monthly": request.keep_monthly,
    }
    if not any(keep.values()) and not request.damaged:
        raise ArgumentInvalid(
            "prune was not told what to keep", "Give at least one of --keep-last, --keep-daily …"
        )
    if request.damaged and request.target is not None:
        raise ArgumentInvalid(
            "of which target a damaged snapshot is, nobody knows", "Give --damaged without --target."
        )
    repository = services.repository(request.profile)
    if request.target is not None:
        await _known(services, repository, request.target)
    found = await repository.prune_plan(Retention(**keep), target=request.target, damaged=request.damaged)
    where = storage_name(request.profile)
    gone = len(found.remove) + len(found.damaged)
    return Plan(
        verb="prune",
        target=request.target or "*",
        summary=f"remove {gone} of {gone + len(found.keep)} snapshots from {where}",
        arguments={
            "profile": request.profile,
            "remove": list(found.remove),
            "damaged": list(found.damaged),
        },
        facts={"keep": keep, "chunks": found.chunks, "bytes": found.bytes},
        steps=(f"remove the manifests of {gone} snapshots", *_chunks(found)),
        effects=(
            *(Effect("deletes", f"snapshot `{snapshot}` in {where}") for snapshot in found.remove),
            *(
                Effect("deletes", f"damaged snapshot `{snapshot}` in {where}: {error.message}")
                for snapshot, error in found.damaged.items()
            ),
        ),
    )


def _chunks(found: PrunePlan) -> Iterator[str]:
    """Yield what happens to chunks that nothing needs any more."""
    if found.builds:
        yield "leave every chunk to the next prune, because a build is running"
        return
    yield f"remove {found.chunks:,} chunks that nothing needs any more, which frees {_size(found.bytes)}"
    if found.young:
        yield f"leave {found.young:,} such chunks ({_size(found.young_bytes)}) that are younger than a day"


def _size(count: int) -> str:
    return f"{count / 1_000_000:,.1f} MB"


async def _known(services: Services, repository: Repository, target: str) -> None:
    """Refuse a name that nothing answers to; a target that was taken out may still have snapshots."""
    if not any(snapshot.manifest.target == target for snapshot in await repository.snapshots()):
        services.settings.target(target)


async def run(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Prune and return what was removed."""
    profile = plan.arguments["profile"]
    repository = services.repository(str(profile) if profile is not None else None)
    remove, damaged = strings(plan.arguments["remove"]), strings(plan.arguments["damaged"])
    done = await repository.prune(remove, report, damaged=damaged)
    return {
        "removed": list(done.snapshots),
        "chunks": done.chunks,
        "freed_bytes": done.bytes,
        "postponed": done.postponed,
    }
