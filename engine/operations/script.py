"""Run a file of SQL: in a new database that then takes the destination's place, or in what is there."""

import secrets
import time
from hashlib import sha256
from pathlib import Path

from anyio import to_thread

from ..database.engines import kit
from ..database.script import look_at, pieces
from ..model.errors import ArgumentInvalid, ConfirmationInvalid
from ..model.job import Progress, Report
from ..model.json import JsonObject
from ..model.plan import Effect, Plan
from ..model.url import Engine
from ..services import Services
from . import look
from .clock import now
from .destination import SIDE, Destination, choose, examine, planned
from .requests import ScriptRequest

UNKNOWN_DATA = "nobody knows whether what the file holds was sanitized"


async def plan(services: Services, request: ScriptRequest) -> Plan:
    """Read the file once, look at the destination, and say what would be overwritten.

    Raises:
        ArgumentInvalid: the file is not SQL, or there is no database to run it in.
        RuleRefused: it would do something else than run in that database.
    """
    target = services.settings.target(request.target)
    file = request.file.expanduser().absolute()
    given = services.give(request.destination) if request.destination else None
    url = choose(services, target, given=given, database=request.database)
    digest = await to_thread.run_sync(_screened, file, url.engine)
    destination = await examine(services, url, await look.origins(services))
    if request.append and not destination.exists:
        raise ArgumentInvalid(
            f"there is no database `{url.database}` on {url.host}:{url.port} to run the file in",
            "Leave --no-drop out to make it.",
        )
    keep = target.keep_previous if request.keep_previous is None else request.keep_previous
    return Plan(
        verb="script",
        target=target.key,
        summary=f"run `{file.name}` in `{url}`",
        arguments={
            "file": str(file),
            "given": given,
            "database": request.database,
            "append": request.append,
            "keep_previous": keep,
        },
        facts={**destination.seen, "sha256": digest},
        steps=_steps(destination, keep=keep, append=request.append),
        effects=_effects(destination, keep=keep, append=request.append),
        warnings=(UNKNOWN_DATA,),
    )


async def run(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Run the file and say where; a new database that it does not fill to its end is dropped."""
    started = time.monotonic()
    target = services.settings.target(plan.target)
    file = Path(str(plan.arguments["file"]))
    url = planned(services, target, plan)
    if await to_thread.run_sync(_screened, file, url.engine) != plan.facts["sha256"]:
        raise ConfirmationInvalid("the file changed after this was planned", "Plan it again.")
    destination = await examine(services, url, await look.origins(services))
    destination.refuse_surprise(plan)
    append = bool(plan.arguments["append"])
    previous = destination.kept_as(keep=bool(plan.arguments["keep_previous"]) and not append)
    if append:
        await kit(url.engine).run_script(url, services.settings, file, report)
    else:
        await _replace(services, destination, file, report, previous=previous)
    return {
        "file": file.name,
        "destination": str(url),
        "how": "in what was there" if append else "in a new database",
        "previous": previous,
        "seconds": round(time.monotonic() - started, 3),
    }


async def _replace(
    services: Services, destination: Destination, file: Path, report: Report, *, previous: str | None
) -> None:
    url, side = destination.url, SIDE + secrets.token_hex(8)
    note = f"file {file.name[:80]}, run {now()}"
    housekeeper = services.housekeeper(url)
    async with services.side_database(url, side):
        await housekeeper.create(side, note)
        await kit(url.engine).run_script(url.on(side), services.settings, file, report)
        report(Progress("swapping"))
        await housekeeper.swap(side, url.database, over=destination.standing, previous=previous, note=note)


def _screened(file: Path, engine: Engine) -> str:
    """Return the SHA-256 of a file that may be run; blocking."""
    look_at(file)
    digest = sha256()
    for line in kit(engine).screened(file.name, pieces(file)):
        digest.update(line)
    return digest.hexdigest()


def _steps(destination: Destination, *, keep: bool, append: bool) -> tuple[str, ...]:
    url = destination.url
    if append:
        undone = (
            "in one transaction" if kit(url.engine).undoes else "where a failure leaves what ran before it"
        )
        return (f"run every statement in `{url.database}`, {undone}",)
    return ("run every statement in a new database beside it", *destination.steps(keep=keep))


def _effects(destination: Destination, *, keep: bool, append: bool) -> tuple[Effect, ...]:
    if not append:
        return destination.effects(keep=keep)
    url = destination.url
    return (Effect("overwrites", f"whatever the file names in `{url.database}` on {url.host}:{url.port}"),)
