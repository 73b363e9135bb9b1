"""Load a snapshot: restore beside the destination, count, swap by rename; again: copy the template."""

import secrets
import time
from logging import getLogger

from ..database.base import Database, Housekeeper
from ..database.engines import kit
from ..model.errors import ConfirmationInvalid, DatabaseFailed, EngineError
from ..model.job import Progress, Report
from ..model.json import JsonObject
from ..model.plan import Plan
from ..model.snapshot import Snapshot
from ..model.target import Target
from ..model.url import DatabaseUrl
from ..services import Services
from . import look
from .cargo import Cargo, choose_cargo
from .clock import now
from .destination import SIDE, choose, examine, loaded, planned
from .export import raw_only_if_asked
from .hooks import hook, run_hook, told
from .leaks import calling_home, exposed
from .requests import LoadRequest

LOG = getLogger(__name__)


async def plan(services: Services, request: LoadRequest) -> Plan:
    """Look at snapshot and destination; say what would be overwritten and how the data gets there."""
    snapshot = await look.snapshot(services, request.snapshot, original=request.original)
    raw_only_if_asked(snapshot, original=request.original)
    manifest = snapshot.manifest
    target = _target(services, snapshot)
    given = services.give(request.destination) if request.destination else None
    url = choose(services, target, given=given, database=request.database)
    cargo = await choose_cargo(services, snapshot, target=target, url=url)
    destination = await examine(services, url, await look.origins(services))
    instant = await _is_kept(services.housekeeper(url), cargo)
    keep = target.keep_previous if request.keep_previous is None else request.keep_previous
    some = f"{len(cargo.tables)} of {len(manifest.tables)} tables " if cargo.only else ""
    restore = f"restore {some}into a new database beside it, {target.cpus} workers; count every table's rows"
    return Plan(
        verb="load",
        target=manifest.target,
        summary=f"load {manifest.kind} snapshot `{snapshot.id}` into `{url}`",
        arguments={
            "snapshot": snapshot.id,
            "given": given,
            "database": request.database,
            "keep_previous": keep,
            "filter": cargo.filter,
            **hook(target.hooks.after_load),
        },
        facts=destination.seen,
        steps=(
            f"copy the template `{cargo.template}`, made by an earlier load" if instant else restore,
            *destination.steps(keep=keep),
            *told(target.hooks.after_load),
        ),
        effects=destination.effects(keep=keep) + exposed(snapshot, "the destination"),
        warnings=cargo.warnings + calling_home(snapshot),
    )


async def run(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Load and return where the data is. A failure leaves the destination exactly as it was."""
    started = time.monotonic()
    snapshot = await look.snapshot(services, str(plan.arguments["snapshot"]))
    target = _target(services, snapshot)
    url = planned(services, target, plan)
    cargo = await choose_cargo(services, snapshot, target=target, url=url)
    destination = await examine(services, url, await look.origins(services))
    if cargo.filter != plan.arguments["filter"]:
        raise ConfirmationInvalid(
            "the target's filters changed after the load was planned", "Plan it again and read the plan."
        )
    destination.refuse_surprise(plan)
    housekeeper = services.housekeeper(url)
    side, note = SIDE + secrets.token_hex(8), f"{loaded(snapshot.id)} {now()}"
    async with services.side_database(url, side):
        instant = await _copy(services, cargo, url, side, note, report)
        if not instant:
            await housekeeper.create(side, note)
            await _restore(services, cargo, url.on(side), report)
            # Where rows are copied one by one, a template takes its time: it is for who loads the same again.
            if kit(url.engine).closes or destination.holds(snapshot.id):
                report(Progress("keeping a template"))
                await _keep_template(services, cargo, url, side)
        report(Progress("swapping"))
        previous = destination.kept_as(keep=bool(plan.arguments["keep_previous"]))
        await housekeeper.swap(side, url.database, over=destination.standing, previous=previous, note=note)
    await run_hook("after_load", target.hooks.after_load, plan, report, url=url)
    return {
        "snapshot": snapshot.id,
        "destination": str(url),
        "how": "template copy" if instant else "restore",
        "rows": sum(table.rows for table in cargo.tables),
        "left_out": list(cargo.contents.left_out),
        "previous": previous,
        "seconds": round(time.monotonic() - started, 3),
    }


async def _copy(
    services: Services, cargo: Cargo, url: DatabaseUrl, side: str, note: str, report: Report
) -> bool:
    """Copy the template, if there is one that holds what it held, and tell whether that was done."""
    housekeeper = services.housekeeper(url)
    if not await _is_kept(housekeeper, cargo):
        return False
    report(Progress("copying the template"))
    await housekeeper.create(side, note, template=cargo.template)
    if kit(url.engine).closes:
        return True
    try:
        await _count(services.database(url.on(side)), cargo, report)
    except DatabaseFailed as error:
        LOG.warning(
            "the template `%s` is restored anew: somebody changed it: %s", cargo.template, error.message
        )
        await housekeeper.drop(side)
        await housekeeper.drop(cargo.template)
        return False
    return True


async def _restore(services: Services, cargo: Cargo, url: DatabaseUrl, report: Report) -> None:
    database, snapshot = services.database(url), cargo.snapshot
    source = services.repository(snapshot.profile).source(snapshot)
    await database.restore(source, _target(services, snapshot).cpus, report, only=cargo.only)
    await _count(database, cargo, report)


async def _count(database: Database, cargo: Cargo, report: Report) -> None:
    report(Progress("counting", total=len(cargo.tables), unit="tables"))
    counted = await database.count([table.name for table in cargo.tables])
    for table in cargo.tables:
        if counted.get(table.name) != table.rows:
            raise DatabaseFailed(
                f"`{table.name}` holds {counted.get(table.name)} rows after loading, not {table.rows}",
                "Run `snapharbor verify` on the snapshot; the destination was not touched.",
            )


async def _keep_template(services: Services, cargo: Cargo, url: DatabaseUrl, side: str) -> None:
    """Keep a copy to load from again, and so many of older snapshots; no load fails because of them."""
    keep, housekeeper = services.settings.keep_templates, services.housekeeper(url)
    try:
        if keep:
            await housekeeper.drop(cargo.template)  # one that was cut off, or opened since
            note = f"template of {cargo.snapshot.id}"
            await housekeeper.create(cargo.template, note, template=side, closed=True)
        kept = await housekeeper.templates(cargo.shelf)
        others = sorted({*kept} - {cargo.template}, reverse=True)
        for name in others[max(keep - 1, 0) :]:
            await housekeeper.drop(name)
    except EngineError as error:
        LOG.warning("templates could not be kept as configured: %s", error.message)


async def _is_kept(housekeeper: Housekeeper, cargo: Cargo) -> bool:
    return cargo.template in await housekeeper.templates(cargo.template)


def _target(services: Services, snapshot: Snapshot) -> Target:
    name = snapshot.manifest.target
    return services.settings.targets.get(name) or Target(key=name, name=name)
