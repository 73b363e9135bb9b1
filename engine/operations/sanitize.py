"""Sanitize by the target's rules: while its source is read, or in a private copy of a snapshot.

The copy is destroyed whatever happens; what is read through the rules was never raw outside of the source.
"""

import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

from ..model.errors import ConfigMissing, ConfirmationInvalid, SnapshotUnknown
from ..model.job import Progress, Report
from ..model.json import JsonObject
from ..model.plan import Effect, Plan
from ..model.rules import Rule, RuleSet
from ..model.snapshot import Sanitization, Snapshot
from ..model.target import Target
from ..services import Services
from . import look
from .build import source_of, storage_name, take
from .coverage import gate
from .draft import EVERYTHING, Draft, store, summary
from .requests import SanitizeRequest
from .ruleset import masker_of, rules_of
from .strategy import Strategy, rewriting, strategy_of

FEW = 50


async def plan(services: Services, request: SanitizeRequest) -> Plan:
    """Parse the rules, judge them beside a source that is read afresh, and say where they would run and why.

    Raises:
        RulesBlocked: findings stop it. A stored original is judged when it has been restored.
    """
    target = services.settings.target(request.target)
    rules = rules_of(services, target)
    decided = await choose(services, request, rules)
    if decided.arguments["snapshot"] is None:
        await gate(services, target, rules)
    return decided


async def choose(services: Services, request: SanitizeRequest, rules: RuleSet) -> Plan:
    """Choose what to sanitize and where the rules run, whatever there is to find about them.

    Raises:
        RuleFailed: the source's parser refuses a rule.
    """
    target = services.settings.target(request.target)
    fresh = request.new or request.original
    original = None if fresh else await _original(services, target, request.snapshot)
    strategy = None
    if original is None:
        source_of(target)
        if not (request.ephemeral or request.original):
            strategy = await strategy_of(services, target, rules)
    if strategy is not None and strategy.pushdown:
        return _plan_pushdown(target, rules, strategy)
    return _plan_ephemeral(target, rules, original=original, strategy=strategy, ephemeral=request.ephemeral)


def _plan_pushdown(target: Target, rules: RuleSet, strategy: Strategy) -> Plan:
    where = _storage(target)
    return Plan(
        verb="sanitize",
        target=target.key,
        summary=f"sanitize `{target.key}` while it is read, into {where}",
        arguments={"snapshot": None, "strategy": "pushdown"},
        facts={**_facts(rules), "strategy": dict(strategy.tables)},
        steps=(
            "read the source once, in one consistent, read-only view; the rules run inside of it",
            *strategy.steps[:FEW],
            "ask it meanwhile whether every constraint holds that the rules could break",
            f"store only the sanitized snapshot in {where}, encrypted",
        ),
        effects=_effects(target),
    )


def _plan_ephemeral(
    target: Target, rules: RuleSet, *, original: Snapshot | None, strategy: Strategy | None, ephemeral: bool
) -> Plan:
    where = _storage(target)
    unsafe = [rule for rule in rules.rules if rule.unsafe]
    private = ephemeral or bool(unsafe) or target.rules is None or target.rules.work_url is None
    subject = f"`{original.id}`" if original else "a fresh snapshot"
    copy = "a private throw-away server" if private else "a new database on the work server"
    hazards = strategy.hazards if strategy else ()
    return Plan(
        verb="sanitize",
        target=target.key,
        summary=f"sanitize {subject} of `{target.key}` into {where}",
        arguments={
            "snapshot": original.id if original else None,
            "strategy": "ephemeral",
            "ephemeral": private,
        },
        facts={**_facts(rules), "strategy": dict(strategy.tables) if strategy else {}},
        steps=(
            *(() if original else ("build an original snapshot",)),
            f"restore it into {copy}",
            *(_step(rule) for rule in rules.rules[:FEW]),
            "check every constraint",
            f"store the result in {where}, encrypted, and destroy the copy",
        ),
        effects=_effects(target),
        warnings=(
            *(f"the rules cannot run while the source is read: {hazard}" for hazard in hazards[:FEW]),
            *(
                f"line {rule.line}: `{rule.kind}` is unsafe, and allowed by the configuration"
                for rule in unsafe
            ),
        ),
    )


async def run(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Sanitize and return the new snapshot's summary; any failure leaves no sanitized snapshot."""
    target = services.settings.target(plan.target)
    rules = rules_of(services, target)
    if rules.digest != plan.facts["rules"]:
        raise ConfirmationInvalid(
            "the rules changed after this was planned", "Plan it again and read the plan."
        )
    if plan.arguments["strategy"] == "pushdown":
        return summary(await _while_reading(services, plan, rules, report=report))
    chosen = plan.arguments["snapshot"]
    if chosen is None:
        original = await take(services, target, report)
    else:
        original = await look.snapshot(services, str(chosen))
    return summary(await _in_a_copy(services, plan, rules, original=original, report=report))


async def _while_reading(services: Services, plan: Plan, rules: RuleSet, *, report: Report) -> Snapshot:
    from .proof import outboxes, proving

    target, started = services.settings.target(plan.target), time.monotonic()
    database = services.database(source_of(target))
    examined = await gate(services, target, rules)
    draft = Draft(
        target,
        target.rules.storage_profile if target.rules else None,
        kind="sanitized",
        sanitization=examined.recorded(
            Sanitization(rules.tier, rules.digest, plan.id, "pushdown", len(rules.rules))
        ),
        timings={"rules": round(time.monotonic() - started, 3)},
        rewrite=rewriting(services, target, rules),
        outboxes=outboxes(examined.catalog),
    )
    async with proving(services, target, rules, examined) as proof:
        return await store(services, draft, database, report, proof=proof)


async def _in_a_copy(
    services: Services, plan: Plan, rules: RuleSet, *, original: Snapshot, report: Report
) -> Snapshot:
    from .proof import outboxes, proving

    target, started = services.settings.target(plan.target), time.monotonic()
    work = target.rules.work_url if target.rules and not plan.arguments["ephemeral"] else None
    async with services.workbench(original, work) as bench, AsyncExitStack() as steps:
        report(Progress("restoring a private copy"))
        source = services.repository(original.profile).source(original)
        await bench.database.restore(source, target.cpus, report)
        restored = time.monotonic()
        examined = await gate(services, target, rules, bench.database)
        proof = await steps.enter_async_context(proving(services, target, rules, examined))
        async with bench.database.view(EVERYTHING, target.limits) as view:
            await proof.gather(view, report)
        report(Progress("applying rules", total=len(rules.rules), unit="statements"))
        masker = masker_of(services, target, examined.catalog)
        touched = await bench.apply([masker.rule(rule) for rule in examined.resolved])
        applied = time.monotonic()
        timings = {"restore": round(restored - started, 3), "rules": round(applied - restored, 3)}
        draft = Draft(
            target,
            target.rules.storage_profile if target.rules else None,
            kind="sanitized",
            parent=original.id,
            source=original.manifest.source,
            sanitization=examined.recorded(_applied(rules, plan, touched)),
            timings=timings,
            outboxes=outboxes(examined.catalog),
        )
        return await store(services, draft, bench.database, report, proof=proof)


async def _original(services: Services, target: Target, asked: str | None) -> Snapshot | None:
    if asked is None:
        existing = await look.snapshots(services, target.key)
        return next((member for member in existing if member.manifest.kind == "original"), None)
    found = await look.snapshot(services, asked, original=True)
    if found.manifest.target != target.key:
        raise ConfigMissing(f"`{found.id}` is a snapshot of `{found.manifest.target}`, not of `{target.key}`")
    if found.manifest.kind == "original":
        return found
    if found.manifest.parent is None:
        raise SnapshotUnknown(
            f"`{found.id}` was sanitized while it was read: there is no original of it",
            "Read the source again (`--new`), or keep an original next time.",
        )
    return await look.snapshot(services, found.manifest.parent)


def _applied(rules: RuleSet, plan: Plan, touched: Sequence[int]) -> Sanitization:
    rows: dict[str, int] = {}
    for rule, count in zip(rules.rules, touched, strict=True):
        for table in rule.tables[:1]:
            rows[table] = rows.get(table, 0) + max(count, 0)
    return Sanitization(rules.tier, rules.digest, plan.id, "ephemeral", len(rules.rules), rows)


def _facts(rules: RuleSet) -> JsonObject:
    return {"tier": rules.tier, "rules": rules.digest, "statements": len(rules.rules)}


def _effects(target: Target) -> tuple[Effect, ...]:
    return (Effect("creates", f"a sanitized snapshot of `{target.key}` in {_storage(target)}"),)


def _step(rule: Rule) -> str:
    return f"line {rule.line}: {rule.kind} {', '.join(rule.tables)}".rstrip()


def _storage(target: Target) -> str:
    return storage_name(target.rules.storage_profile if target.rules else None)
