"""Take a snapshot of a target's source."""

from ..model.catalog import Server
from ..model.errors import ConfigMissing
from ..model.job import Report
from ..model.json import Json, JsonObject
from ..model.plan import Effect, Plan
from ..model.snapshot import Snapshot
from ..model.target import Target
from ..model.url import DatabaseUrl
from ..services import Services
from .draft import Draft, store, summary
from .requests import BuildRequest


async def plan(services: Services, request: BuildRequest) -> Plan:
    """Connect to the source, see who answers, and say what would be read and where it would go."""
    target = services.settings.target(request.target)
    server = await services.database(source_of(target)).identify()
    where = storage_name(target.storage_profile)
    return Plan(
        verb="build",
        target=target.key,
        summary=f"snapshot `{server.database}` ({server.product} {server.version}) into {where}",
        arguments={"tags": list(request.tags)},
        facts={"source": server.identity, "version": server.version, "bytes": server.bytes},
        steps=(
            f"read `{server.database}` in one consistent, read-only view, {target.cpus} workers",
            f"compress, encrypt and store the chunks in {where}",
            "write the signed manifest last",
        ),
        effects=(Effect("creates", f"an original snapshot of `{target.key}` in {where}"),),
        warnings=writable(server),
    )


async def run(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Take the snapshot and return its summary."""
    target = services.settings.target(plan.target)
    return summary(await take(services, target, report, tags=strings(plan.arguments["tags"])))


async def take(services: Services, target: Target, report: Report, *, tags: tuple[str, ...] = ()) -> Snapshot:
    """Build an original snapshot of a target."""
    database = services.database(source_of(target))
    return await store(services, Draft(target, target.storage_profile, tags=tags), database, report)


def source_of(target: Target) -> DatabaseUrl:
    """Return the source's URL, or raise ConfigMissing."""
    if target.source is None:
        hint = f"Set targets.{target.key}.snapshot.src_url."
        if target.type == "share":
            hint = "Others build what it holds: pull or load a snapshot of it."
        raise ConfigMissing(f"target `{target.key}` has no source", hint)
    return target.source


def storage_name(profile: str | None) -> str:
    """Return a storage's name for sentences."""
    return f"storage `{profile}`" if profile else "local storage"


def strings(value: Json) -> tuple[str, ...]:
    """Return a JSON list of strings as a tuple."""
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()


def writable(server: Server) -> tuple[str, ...]:
    """Return the warning that the source role can write, if it can."""
    if not server.role_can_write:
        return ()
    return (f"role `{server.role}` can write to the source; a read-only role is safer",)
