"""Adopt a dump that DBSnapper or pg_dump wrote: restore it in private, and store that as an original."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from anyio import from_thread, to_thread

from ..database.engines import kit
from ..database.lease import leased_directory
from ..database.meter import Meter
from ..database.parcel import Parcel, look_into, unpack
from ..model.errors import ArgumentInvalid, ConfirmationInvalid
from ..model.job import Report
from ..model.json import JsonObject
from ..model.plan import Effect, Plan
from ..model.snapshot import Snapshot
from ..model.target import Target
from ..model.url import Engine
from ..services import Services
from ..tasks import in_thread
from . import look
from .clock import spelled
from .draft import EVERYTHING, Draft, store, summary
from .places import require_keys, storage_name, strings
from .requests import AdoptRequest

# How the original names a snapshot: the moment, the target, and whether it was sanitized.
NAME = re.compile(r"(\d{9,10})_.+?(\.san)?\.zip", re.IGNORECASE)
MADE_CLEAN = (
    "DBSnapper sanitized it by rules that nobody here knows: it counts as RAW data, and is sanitized anew"
)
FORMS = {
    "directory": "a directory archive of pg_dump",
    "custom": "a custom archive of pg_dump",
    "sql": "plain SQL",
}


async def plan(services: Services, request: AdoptRequest) -> Plan:
    """Look into the file without unpacking it, and say what it would become.

    Raises:
        ArgumentInvalid: it holds no dump, something dangerous, or was adopted already.
        ConfigMissing: there are no keys to write with.
    """
    target = services.settings.target(request.target)
    require_keys(services.settings)
    file = request.file.expanduser().absolute()
    parcel, facts = await to_thread.run_sync(_seen, file)
    engine = _engine(parcel, target, file)
    tag = f"adopted:{file.name}"
    await _refuse_twice(services, target, tag, file)
    named = NAME.fullmatch(file.name)
    taken_at = _moment(int(named[1])) if named else ""
    where = storage_name(target.storage_profile)
    unpacking = (f"unpack it into a private directory of this machine, {parcel.bytes:,} bytes",)
    return Plan(
        verb="adopt",
        target=target.key,
        summary=f"adopt `{file.name}`, {FORMS[parcel.form]}, as a snapshot of `{target.key}`",
        arguments={"file": str(file), "tags": [*request.tags, tag], "taken_at": taken_at, "engine": engine},
        facts=facts,
        steps=(
            *(unpacking if parcel.zipped else ()),
            f"restore it on a throw-away server ({kit(engine).name}), as a role that owns nothing else",
            f"read all of it into {where}, encrypted, and destroy the rest",
        ),
        effects=(Effect("creates", f"an original snapshot of `{target.key}` in {where}"),),
        warnings=(MADE_CLEAN,) if named and named[2] else (),
    )


async def run(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Restore the dump, store it, and return the snapshot's summary; nothing readable stays."""
    target = services.settings.target(plan.target)
    file = Path(str(plan.arguments["file"]))
    parcel, seen = await to_thread.run_sync(_seen, file)
    if dict(seen) != dict(plan.facts):
        raise ConfirmationInvalid("the file changed after this was planned", "Plan it again.")
    draft = Draft(
        replace(target, selection=EVERYTHING),
        target.storage_profile,
        tags=strings(plan.arguments["tags"]),
        taken_at=str(plan.arguments["taken_at"]),
    )
    return summary(await _adopt(services, file, _named(parcel, target), draft, report))


async def _adopt(services: Services, file: Path, parcel: Parcel, draft: Draft, report: Report) -> Snapshot:
    engine = _engine(parcel, draft.target, file)
    meter = Meter(report, "unpacking", parcel.bytes)

    def each(count: int) -> None:
        from_thread.check_cancelled()
        meter.add(count)

    tmp = services.settings.working_directory / "tmp"
    async with in_thread(leased_directory(tmp, "parcel")) as directory:
        dump = await to_thread.run_sync(partial(unpack, file, parcel, directory / "unpacked", each))
        async with kit(engine).adopted(dump, parcel, services.settings, report) as url:
            return await store(services, draft, services.database(url), report)


def _engine(parcel: Parcel, target: Target, file: Path) -> Engine:
    """Return what kind of server a dump is of; the target decides where the dump itself does not say."""
    url = target.source or target.destination
    if parcel.engine is None and url is None:
        raise ArgumentInvalid(
            f"`{file.name}` does not say of which database it is", f"Give `{target.key}` a source first."
        )
    engine = parcel.engine or (url.engine if url else "postgres")
    if url is not None and url.engine != engine:
        raise ArgumentInvalid(
            f"`{file.name}` is of {kit(engine).name}, and target `{target.key}` is not",
            "Name another target.",
        )
    return engine


def _named(parcel: Parcel, target: Target) -> Parcel:
    """Return a parcel with the database's name that the target's rules and filters know."""
    url = target.source or target.destination
    return replace(parcel, database=url.database if url else parcel.database or target.key)


async def _refuse_twice(services: Services, target: Target, tag: str, file: Path) -> None:
    seen = await look.survey(services)
    for found in seen.snapshots:
        if found.manifest.target == target.key and tag in found.manifest.tags:
            raise ArgumentInvalid(
                f"`{file.name}` was adopted already: `{found.id}`", "Use that snapshot, or rename the file."
            )


def _moment(seconds: int) -> str:
    """Return the original's moment as ISO 8601 in UTC, never a later one than now."""
    return spelled(min(datetime.fromtimestamp(seconds, UTC), datetime.now(UTC)))


def _seen(file: Path) -> tuple[Parcel, JsonObject]:
    """Look into a file; returns what a plan remembers of it too; blocking."""
    parcel = look_into(file)
    return parcel, {"form": parcel.form, "bytes": parcel.bytes, "modified": file.stat().st_mtime_ns}
