"""Sanitize a snapshot by the target's rules, in a private copy that is destroyed whatever happens."""

import time

from ..model.errors import ConfigMissing, ConfirmationInvalid
from ..model.job import Progress, Report
from ..model.json import JsonObject
from ..model.plan import Effect, Plan
from ..model.rules import RuleSet
from ..model.snapshot import Sanitization, Snapshot
from ..model.target import Target
from ..services import Services
from . import look
from .build import source_of, storage_name, take
from .draft import Draft, store, summary
from .requests import SanitizeRequest


async def plan(services: Services, request: SanitizeRequest) -> Plan:
    """Parse the rules, choose the original, and say where the rules would run."""
    target = services.settings.target(request.target)
    rules = rules_of(services, target)
    original = None if request.new else await _original(services, target, request.snapshot)
    if original is None:
        source_of(target)
    assert target.rules is not None
    ephemeral = request.ephemeral or target.rules.work_url is None
    where = storage_name(target.rules.storage_profile)
    subject = f"`{original.id}`" if original else "a fresh snapshot"
    copy = "a private throw-away server" if ephemeral else "a new database on the work server"
    return Plan(
        verb="sanitize",
        target=target.key,
        summary=f"sanitize {subject} of `{target.key}` into {where}",
        arguments={"snapshot": original.id if original else None, "ephemeral": ephemeral},
        facts={"tier": rules.tier, "rules": rules.digest, "statements": len(rules.rules)},
        steps=(
            *(() if original else ("build an original snapshot",)),
            f"restore it into {copy}",
            *(f"line {rule.line}: {rule.kind} {', '.join(rule.tables)}" for rule in rules.rules[:50]),
            "check every constraint",
            f"store the result in {where}, encrypted, and destroy the copy",
        ),
        effects=(Effect("creates", f"a sanitized snapshot of `{target.key}` in {where}"),),
    )


async def run(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Sanitize and return the new snapshot's summary; any failure leaves no sanitized snapshot."""
    target = services.settings.target(plan.target)
    rules = rules_of(services, target)
    if rules.digest != plan.facts["rules"]:
        raise ConfirmationInvalid(
            "the rules changed after this was planned", "Plan it again and read the plan."
        )
    chosen = plan.arguments["snapshot"]
    if chosen is None:
        original = await take(services, target, report)
    else:
        original = await look.snapshot(services, str(chosen))
    started = time.monotonic()
    work = target.rules.work_url if target.rules and not plan.arguments["ephemeral"] else None
    async with services.workbench(original, work) as bench:
        report(Progress("restoring a private copy"))
        source = services.repository(original.profile).source(original)
        await bench.database.restore(source, target.cpus, report)
        restored = time.monotonic()
        report(Progress("applying rules", total=len(rules.rules), unit="statements"))
        touched = await bench.apply(rules.rules)
        applied = time.monotonic()
        timings = {"restore": round(restored - started, 3), "rules": round(applied - restored, 3)}
        draft = Draft(
            target,
            target.rules.storage_profile if target.rules else None,
            kind="sanitized",
            parent=original.id,
            source=original.manifest.source,
            sanitization=_sanitization(rules, plan, touched),
            timings=timings,
        )
        return summary(await store(services, draft, bench.database, report))


def rules_of(services: Services, target: Target) -> RuleSet:
    """Return the rules of the tier that counts, parsed, or raise what is wrong with them."""
    from ..rules.parse import parse
    from ..rules.tiers import choose
    from ..settings.templates import expand

    tier, text = choose(target.rules, services.settings.override_query)
    engine = target.source.engine if target.source else "postgres"
    return parse(expand(text, tier), tier, engine)


async def _original(services: Services, target: Target, asked: str | None) -> Snapshot | None:
    if asked is not None:
        found = await look.snapshot(services, asked, original=True)
        if found.manifest.target != target.key:
            raise ConfigMissing(
                f"`{found.id}` is a snapshot of `{found.manifest.target}`, not of `{target.key}`"
            )
        if found.manifest.kind == "original":
            return found
        return await look.snapshot(services, found.manifest.parent or found.id)
    existing = await look.snapshots(services, target.key)
    return next((member for member in existing if member.manifest.kind == "original"), None)


def _sanitization(rules: RuleSet, plan: Plan, touched: tuple[int, ...]) -> Sanitization:
    rows: dict[str, int] = {}
    for rule, count in zip(rules.rules, touched, strict=True):
        rows[rule.tables[0]] = rows.get(rule.tables[0], 0) + max(count, 0)
    return Sanitization(rules.tier, rules.digest, plan.id, "ephemeral", len(rules.rules), rows)
