"""The three ways to carry out rules: while the source is read, in a private copy, or partly each.

The copy is destroyed whatever happens; what is read through the rules was never raw outside of the source.
"""

import time
from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from ..database.base import ChunkSource, Workbench
from ..database.engines import engine_of
from ..model.analysis import Resolved
from ..model.catalog import Catalog
from ..model.errors import DatabaseFailed, RuleFailed
from ..model.job import Progress, Report
from ..model.plan import Plan
from ..model.rules import RuleSet
from ..model.snapshot import Sanitization, Snapshot
from ..model.target import Target
from ..model.url import DatabaseUrl, Engine
from ..services import Services
from . import look
from .blame import located
from .coverage import Examination, gate
from .draft import EVERYTHING, Draft, store
from .fuse import guard_copy, guard_work
from .places import source_of, strings
from .proof import Proof, outboxes, proving
from .ruleset import masker_of
from .strategy import planned, rewriting


async def while_reading(services: Services, plan: Plan, rules: RuleSet, *, report: Report) -> Snapshot:
    """Read the source through the rules, and store nothing else."""
    target, started = services.settings.target(plan.target), time.monotonic()
    examined = await gate(services, target, rules)
    draft = replace(
        _draft(target, examined, _done(plan, rules)),
        subset=bool(plan.arguments.get("subset")),
        rewrite=rewriting(services, target, rules, planned=planned(plan)),
        timings={"rules": round(time.monotonic() - started, 3)},
    )
    async with proving(services, target, rules, examined) as proof:
        reading = store(services, draft, services.database(source_of(target)), report, proof=proof)
        return await _placed(services, target, examined.catalog, examined.resolved, reading)


async def partly(services: Services, plan: Plan, rules: RuleSet, *, report: Report) -> Snapshot:
    """Read the source through the rules that can run so, into a private place; run the others in a copy."""
    target = services.settings.target(plan.target)
    examined = await gate(services, target, rules)
    places = strings(plan.arguments["copied"])
    copied = [rule for place, rule in enumerate(examined.resolved) if str(place) in places]
    rest = [rule for place, rule in enumerate(examined.resolved) if str(place) not in places]
    rewrite = rewriting(services, target, rules, planned=planned(plan))
    half = Draft(target, None, rewrite=rewrite, subset=bool(plan.arguments.get("subset")))
    async with proving(services, target, rules, examined) as proof, services.private_repository() as place:
        database = services.database(source_of(target))
        reading = store(services, half, database, report, proof=proof, repository=place)
        read = await _placed(services, target, examined.catalog, rest, reading)
        async with _workbench(services, plan, read) as bench:
            seconds = await _restore(bench, place.source(read), target, report)
            draft = _draft(target, examined, _done(plan, rules))
            draft = replace(draft, copied=read.manifest, timings={"restore": seconds})
            return await _rest(services, bench, draft, copied, proof=proof, report=report)


async def in_a_copy(
    services: Services, plan: Plan, rules: RuleSet, *, original: Snapshot, report: Report
) -> Snapshot:
    """Restore an original, run every rule in the copy, and store what became of it."""
    target = services.settings.target(plan.target)
    source = services.repository(original.profile).source(original)
    async with _workbench(services, plan, original) as bench, AsyncExitStack() as steps:
        seconds = await _restore(bench, source, target, report)
        examined = await gate(services, target, rules, bench.database)
        proof = await steps.enter_async_context(proving(services, target, rules, examined))
        try:
            async with bench.database.view(EVERYTHING, target.limits) as view:
                await proof.gather(view, report)
        except DatabaseFailed:
            # Conditions of rules are asked there; if one fails, running them says which.
            await _apply(services, bench, target, proof, examined.resolved)
            raise
        draft = _draft(target, examined, _done(plan, rules))
        draft = replace(draft, parent=original.id, copied=original.manifest, timings={"restore": seconds})
        return await _rest(services, bench, draft, examined.resolved, proof=proof, report=report)


async def work_server(services: Services, plan: Plan, engine: Engine, database: str) -> DatabaseUrl | None:
    """Return where the copy of a database is made, None for a throw-away server.

    Raises:
        ConfigInvalid: no copy of such a database could be made there.
        DestinationProtected: it would be made beside a source, or there is a database of its name.
    """
    rules = services.settings.target(plan.target).rules
    work = rules.work_url if rules and not plan.arguments["ephemeral"] else None
    if work is not None:
        await guard_work(services, work, origins=await look.origins(services))
        await guard_copy(services, work, engine, database)
    return work


@asynccontextmanager
async def _workbench(services: Services, plan: Plan, held: Snapshot) -> AsyncGenerator[Workbench]:
    work = await work_server(services, plan, engine_of(held.manifest), held.manifest.schemas[0])
    async with services.workbench(held, work) as bench:
        yield bench


async def _restore(bench: Workbench, source: ChunkSource, target: Target, report: Report) -> float:
    """Fill the copy, and return how many seconds that took."""
    started = time.monotonic()
    report(Progress("restoring a private copy"))
    await bench.fill(source, target.cpus, report)
    return round(time.monotonic() - started, 3)


async def _placed(
    services: Services,
    target: Target,
    catalog: Catalog,
    rules: Sequence[Resolved],
    reading: Awaitable[Snapshot],
) -> Snapshot:
    """Read, and if a rule fails, say where it stands."""
    try:
        return await reading
    except RuleFailed as error:
        raise await located(services, target, catalog, rules, error) from None


async def _rest(
    services: Services,
    bench: Workbench,
    draft: Draft,
    rules: Sequence[Resolved],
    *,
    proof: Proof,
    report: Report,
) -> Snapshot:
    """Run rules in the copy, and store what it holds then."""
    started = time.monotonic()
    report(Progress("applying rules", total=len(rules), unit="statements"))
    touched = await _apply(services, bench, draft.target, proof, rules)
    done = replace(draft.sanitization, rows_touched=_counted(rules, touched)) if draft.sanitization else None
    timings = {**(draft.timings or {}), "rules": round(time.monotonic() - started, 3)}
    draft = replace(draft, sanitization=done, timings=timings)
    return await store(services, draft, bench.database, report, proof=proof)


async def _apply(
    services: Services, bench: Workbench, target: Target, proof: Proof, rules: Sequence[Resolved]
) -> tuple[int, ...]:
    masker = masker_of(services, target, proof.examined.catalog)
    return await bench.apply([masker.rule(rule) for rule in rules])


def _counted(rules: Sequence[Resolved], touched: Sequence[int]) -> Mapping[str, int]:
    """Return how many rows rules changed of each table, those left out of which nobody told a number."""
    rows: dict[str, int] = {}
    pairs = [
        (str(rule.targets[0]), count) for rule, count in zip(rules, touched, strict=True) if rule.targets
    ]
    for table, count in pairs:
        rows[table] = rows.get(table, 0) + count
    untold = {table for table, count in pairs if count < 0}
    return {table: count for table, count in rows.items() if table not in untold}


def _draft(target: Target, examined: Examination, done: Sanitization) -> Draft:
    return Draft(
        target,
        target.rules.storage_profile if target.rules else None,
        kind="sanitized",
        sanitization=examined.recorded(done),
        outboxes=outboxes(examined.catalog),
    )


def _done(plan: Plan, rules: RuleSet) -> Sanitization:
    return Sanitization(rules.tier, rules.digest, plan.id, planned(plan), len(rules.rules))
