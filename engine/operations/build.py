"""Take a snapshot of a target's source."""

from ..model.catalog import Server
from ..model.job import Report
from ..model.json import JsonObject
from ..model.plan import Effect, Plan
from ..model.snapshot import Snapshot
from ..model.target import Target
from ..services import Services
from .draft import Draft, store, summary
from .hooks import hook, run_hook, told
from .places import require_keys, source_of, storage_name, strings
from .requests import BuildRequest
from .subset import PICKING, foresee


async def plan(services: Services, request: BuildRequest) -> Plan:
    """Connect to the source, see who answers, and say what would be read and where it would go.

    Raises:
        ConfigMissing: the target has no source, or there are no keys to write with.
    """
    target = services.settings.target(request.target)
    source = source_of(target)
    require_keys(services.settings)
    server = await services.database(source).identify()
    if request.subset:
        foresee(target, await services.database(source).inspect())
    where, what = storage_name(target.storage_profile), "a subset of " if request.subset else ""
    return Plan(
        verb="build",
        target=target.key,
        summary=f"snapshot {what}`{server.database}` ({server.product} {server.version}) into {where}",
        arguments={
            "tags": list(request.tags),
            "subset": request.subset,
            **hook(target.hooks.before_build),
        },
        facts={"source": server.identity, "version": server.version, "bytes": server.bytes},
        steps=(
            *told(target.hooks.before_build),
            *((PICKING,) if request.subset else ()),
            f"read `{server.database}` in one consistent, read-only view, {_readers(server, target.cpus)}",
            f"compress, encrypt and store the chunks in {where}",
            "write the signed manifest last",
        ),
        effects=(Effect("creates", f"an original snapshot of `{target.key}` in {where}"),),
        warnings=_writable(server),
    )


async def run(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Take the snapshot and return its summary."""
    target = services.settings.target(plan.target)
    tags, subset = strings(plan.arguments["tags"]), bool(plan.arguments.get("subset"))
    await run_hook("before_build", target.hooks.before_build, plan, report)
    return summary(await take(services, target, report, tags=tags, subset=subset))


async def take(
    services: Services, target: Target, report: Report, *, tags: tuple[str, ...] = (), subset: bool = False
) -> Snapshot:
    """Build an original snapshot of a target."""
    database = services.database(source_of(target))
    draft = Draft(target, target.storage_profile, tags=tags, subset=subset)
    return await store(services, draft, database, report)


def _readers(server: Server, cpus: int) -> str:
    return f"one connection alone, as {server.alone}" if server.alone and cpus > 1 else f"{cpus} workers"


def _writable(server: Server) -> tuple[str, ...]:
    """Return the warning that the source role can write, if it can."""
    if not server.role_can_write:
        return ()
    return (f"role `{server.role}` can write to the source; a read-only role is safer",)
