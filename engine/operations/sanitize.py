"""Sanitize by the target's rules: while its source is read, in a private copy, or partly each."""

from collections.abc import Sequence
from dataclasses import replace

from ..database.engines import engine_of
from ..model.errors import ConfigMissing, ConfirmationInvalid, SnapshotUnknown
from ..model.job import Report
from ..model.json import JsonObject
from ..model.plan import Effect, Plan
from ..model.rules import Rule, RuleSet
from ..model.snapshot import Snapshot
from ..model.target import Target
from ..model.url import Engine
from ..services import Services
from . import look
from .build import take
from .coverage import gate, left_out, refuse
from .draft import summary
from .hooks import hook, run_hook, told
from .places import require_keys, source_of, storage_name
from .requests import SanitizeRequest
from .ruleset import rules_of
from .strategy import Strategy, all_copied, strategy_of
from .subset import PICKING, foresee
from .ways import in_a_copy, partly, while_reading, work_server

FEW = 50
COPIES = {True: "a private throw-away server", False: "a new database on the work server"}


async def plan(services: Services, request: SanitizeRequest) -> Plan:
    """Parse the rules, judge them beside a source that is read afresh, and say where they would run and why.

    Raises:
        ConfigMissing: there are no keys to write with.
        DestinationProtected: the work server holds a source.
        RulesBlocked: findings stop it. A stored original is judged when it has been restored.
    """
    target = services.settings.target(request.target)
    rules = rules_of(services, target)
    require_keys(services.settings)
    if request.subset:
        foresee(target, await services.database(source_of(target)).inspect())
    decided = await choose(services, request, rules)
    if decided.arguments["strategy"] != "pushdown":
        await work_server(services, decided, *await _copied(services, decided))
    if decided.arguments["snapshot"] is None:
        examined = await gate(services, target, rules, ahead=True)
        if decided.arguments["strategy"] == "ephemeral":
            refuse(tuple(left_out(examined, target)))
    return decided


async def _copied(services: Services, plan: Plan) -> tuple[Engine, str]:
    """Return the kind and the name of the database that is copied."""
    if plan.arguments["snapshot"] is None:
        source = source_of(services.settings.target(plan.target))
        return source.engine, source.database
    manifest = (await look.snapshot(services, str(plan.arguments["snapshot"]))).manifest
    return engine_of(manifest), manifest.schemas[0]


async def choose(services: Services, request: SanitizeRequest, rules: RuleSet) -> Plan:
    """Choose what to sanitize and where the rules run, whatever there is to find about them.

    Raises:
        RuleFailed: the source's parser refuses a rule.
    """
    target = services.settings.target(request.target)
    fresh = request.new or request.original or request.subset
    original = None if fresh else await _original(services, target, request.snapshot)
    strategy = None
    if original is None:
        source_of(target)
        if not (request.ephemeral or request.original):
            strategy = await strategy_of(services, target, rules)
    private = request.ephemeral or target.rules is None or target.rules.work_url is None
    if strategy is None or strategy.way == "ephemeral":
        decided = _plan_copy(target, rules, original=original, strategy=strategy, private=private)
    else:
        decided = _plan_reading(target, rules, strategy, private=private)
    steps = ((PICKING,) if request.subset else ()) + decided.steps
    return replace(decided, arguments={**decided.arguments, "subset": request.subset}, steps=steps)


def _plan_reading(target: Target, rules: RuleSet, strategy: Strategy, *, private: bool) -> Plan:
    where = _storage(target)
    places = strategy.rewritten.copied
    copied = [rules.rules[place] for place in places]
    mixed: JsonObject = {"ephemeral": private, "copied": places} if copied else {}
    return Plan(
        verb="sanitize",
        target=target.key,
        summary=f"sanitize `{target.key}` while it is read, into {where}",
        arguments={
            "snapshot": None,
            "strategy": strategy.way,
            **mixed,
            **hook(target.hooks.before_build),
        },
        facts={**_facts(rules), "strategy": dict(strategy.tables)},
        steps=(
            *told(target.hooks.before_build),
            "read the source once, in one consistent, read-only view; the rules run inside of it",
            *strategy.steps[:FEW],
            "ask it meanwhile whether every constraint holds that the rules could break",
            *(_copying(copied, private=private) if copied else ()),
            f"store only the sanitized snapshot in {where}, encrypted",
        ),
        effects=_effects(target),
        warnings=tuple(strategy.warnings())[:FEW],
    )


def _copying(rules: Sequence[Rule], *, private: bool) -> tuple[str, ...]:
    return (
        "keep what was read in a private place of this machine, encrypted",
        f"restore it into {COPIES[private]}",
        *(_step(rule) for rule in rules[:FEW]),
        "check every constraint, read the copy, and destroy both",
    )


def _plan_copy(
    target: Target, rules: RuleSet, *, original: Snapshot | None, strategy: Strategy | None, private: bool
) -> Plan:
    where = _storage(target)
    unsafe = [rule for rule in rules.rules if rule.unsafe]
    alone = private or bool(unsafe)
    subject = f"`{original.id}`" if original else "a fresh snapshot"
    tables = strategy.tables if strategy else all_copied(rules, target)
    return Plan(
        verb="sanitize",
        target=target.key,
        summary=f"sanitize {subject} of `{target.key}` into {where}",
        arguments={
            "snapshot": original.id if original else None,
            "strategy": "ephemeral",
            "ephemeral": alone,
            **({} if original else hook(target.hooks.before_build)),
        },
        facts={**_facts(rules), "strategy": dict(tables)},
        steps=(
            *(() if original else (*told(target.hooks.before_build), "build an original snapshot")),
            f"restore it into {COPIES[alone]}",
            *(_step(rule) for rule in rules.rules[:FEW]),
            "check every constraint",
            f"store the result in {where}, encrypted, and destroy the copy",
        ),
        effects=(*(() if original else (_kept(target),)), *_effects(target)),
        warnings=(
            *(tuple(strategy.warnings())[:FEW] if strategy else ()),
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
    if plan.arguments["snapshot"] is None:
        await run_hook("before_build", target.hooks.before_build, plan, report)
    return summary(await _carry_out(services, plan, rules, report=report))


async def _carry_out(services: Services, plan: Plan, rules: RuleSet, *, report: Report) -> Snapshot:
    match plan.arguments["strategy"]:
        case "pushdown":
            return await while_reading(services, plan, rules, report=report)
        case "mixed":
            return await partly(services, plan, rules, report=report)
        case _:
            original = await _chosen(services, plan, report)
            return await in_a_copy(services, plan, rules, original=original, report=report)


async def _chosen(services: Services, plan: Plan, report: Report) -> Snapshot:
    chosen = plan.arguments["snapshot"]
    if chosen is None:
        target = services.settings.target(plan.target)
        return await take(services, target, report, subset=bool(plan.arguments.get("subset")))
    return await look.snapshot(services, str(chosen))


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
            "Read the source again (`new: true`, `--new`), or keep an original next time.",
        )
    return await look.snapshot(services, found.manifest.parent)


def _facts(rules: RuleSet) -> JsonObject:
    return {"tier": rules.tier, "rules": rules.digest, "statements": len(rules.rules)}


def _effects(target: Target) -> tuple[Effect, ...]:
    return (Effect("creates", f"a sanitized snapshot of `{target.key}` in {_storage(target)}"),)


def _kept(target: Target) -> Effect:
    return Effect(
        "creates", f"an original snapshot of `{target.key}` in {storage_name(target.storage_profile)}"
    )


def _step(rule: Rule) -> str:
    return f"line {rule.line}: {rule.kind} {', '.join(rule.tables)}".rstrip()


def _storage(target: Target) -> str:
    return storage_name(target.rules.storage_profile if target.rules else None)
