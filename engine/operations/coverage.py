"""What becomes of every column of a target, and whether that is enough to go on."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..database.base import Database
from ..model.analysis import Resolved
from ..model.catalog import Catalog, TableName
from ..model.errors import RuleRefused, RulesBlocked, RuleSyntax
from ..model.finding import Accepted, Finding, Severity
from ..model.rules import RuleSet
from ..model.sensitive import PERSONAL, ColumnCoverage, Kind
from ..model.snapshot import Sanitization
from ..model.target import Rules, Target
from ..services import Services
from . import look
from .places import source_of
from .ruleset import engine_of, rules_if_any

if TYPE_CHECKING:
    from ..discovery.classify import Classification
    from ..rules.checks.context import Context

LOOKING_SECONDS = 10
QUICK_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Examination:
    """A database beside the rules for it.

    Attributes:
        catalog: Its structure.
        classification: What its columns look like.
        covered: What becomes of every column.
        resolved: The rules, with the tables that their names mean.
        checked: Findings about the rules, accepted ones included.
        foreseen: Those of them that the source's own rows prove.
        personal: What the columns that look personal hold.
        found: Findings about columns that nobody decided on, accepted ones included.
        undecided: Findings about columns that nobody decided on and nobody accepted.
        notes: Other findings, which stop nothing.
        accepted: Findings that the configuration accepts and that are there.
        new: Columns that the rules' author has not seen, by `schema.table.column`.
    """

    catalog: Catalog
    classification: "Classification"
    covered: tuple[ColumnCoverage, ...]
    resolved: tuple[Resolved, ...]
    checked: tuple[Finding, ...]
    found: tuple[Finding, ...]
    undecided: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    accepted: tuple[Accepted, ...]
    new: frozenset[str] = frozenset()
    foreseen: tuple[Finding, ...] = ()
    personal: Mapping[tuple[TableName, str], Kind] = field(default_factory=dict[tuple[TableName, str], Kind])

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """What stops sanitizing: errors that nobody accepted."""
        accepted = {one.fingerprint for one in self.accepted}
        findings = (*self.checked, *self.found)
        return tuple(one for one in findings if one.severity == "error" and one.fingerprint not in accepted)

    def recorded(self, done: Sanitization) -> Sanitization:
        """Return what is known of a sanitizing with this added.

        A new column that nobody decided on stays new.
        """
        waiting = {f"{finding.table}.{finding.column}" for finding in self.undecided} & self.new
        names = {f"{column.table}.{column.column}" for column in self.covered}
        return replace(
            done,
            columns=tuple(sorted(names - waiting)),
            coverage=dict(sorted(Counter(column.treatment for column in self.covered).items())),
            undecided=self.undecided,
            accepted=self.accepted,
        )


async def examine(
    services: Services,
    target: Target,
    rules: RuleSet | None,
    *,
    database: Database | None = None,
    seconds: float = 60,
    ahead: bool = False,
) -> Examination:
    """Look at a database, the target's source if none is given, and judge every column.

    After `seconds` no further table's values are looked at. With `ahead` the source is asked whether it would
    take what the rules write.
    """
    from ..database.engines import kit
    from ..discovery.coverage import Decisions, coverage
    from ..discovery.findings import findings, misplaced, unread, weak
    from ..rules.analyse import analyse_all
    from ..rules.checks import check_all
    from ..rules.checks.context import Context
    from ..rules.resolve import resolve_all

    looked_at = database or services.database(source_of(target))
    catalog, classification = await _look(looked_at, target, seconds=seconds)
    decided = target.rules or Rules()
    resolved = resolve_all(analyse_all(rules, engine_of(target)) if rules else (), catalog)
    taken = kit(catalog.engine).selected(target.selection, catalog).data if database is None else None
    covered = coverage(catalog, classification, Decisions(resolved, taken=taken, keep=decided.keep))
    new = await _new(services, target, covered)
    context = Context(resolved, catalog, engine_of(target), personal=_personal(classification))
    static, masks = check_all(context), _masks(context)
    asked = await _foreseen(services, target, resolved, catalog) if ahead and resolved else ()
    checked = (*static, *(foreseen := _more(asked, static)))
    severity: Severity = "error" if decided.policy == "require" else "warning"
    found = tuple(findings(covered, new=new, masks=masks, severity=severity))
    accepted = _accepted(decided, (*checked, *found))
    return Examination(
        catalog=catalog,
        classification=classification,
        covered=covered,
        resolved=resolved,
        checked=checked,
        found=found,
        undecided=_open(found, accepted),
        notes=(*unread(classification.unread), *misplaced(covered, decided.keep), *weak(covered, masks)),
        accepted=accepted,
        new=new,
        foreseen=foreseen,
        personal=context.personal or {},
    )


async def _look(database: Database, target: Target, *, seconds: float) -> tuple[Catalog, "Classification"]:
    """Read a database's structure, and what its columns look like."""
    from ..discovery.classify import classify

    limits = replace(target.limits, statement_timeout=LOOKING_SECONDS, max_snapshot_age=0)
    catalog = await database.inspect()
    asked = classify(catalog, lambda queries: database.probe(queries, limits), seconds=seconds)
    return catalog, await asked


def _more(foreseen: Sequence[Finding], known: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return what was not known to be an error before the source was asked."""
    errors = {(one.table, one.column) for one in known if one.severity == "error"}
    return tuple(one for one in foreseen if (one.table, one.column) not in errors)


def _masks(context: "Context") -> Mapping[str, str]:
    """Return which masks to use instead of values in which the old ones can be read, by column."""
    from ..discovery.coverage import place_name, root_of
    from ..rules.checks.hashes import keyed_mask

    return {
        place_name(root_of(found.table, context.catalog), found.column.name): keyed_mask(context, found)
        for found in context.assigned()
        if found.assignment.keeps
    }


def _personal(classification: "Classification") -> Mapping[tuple[TableName, str], Kind]:
    """Return what the columns hold that look personal, the likeliest."""
    return {
        place: evidence[0].kind
        for place, evidence in classification.found.items()
        if any(one.confidence >= PERSONAL for one in evidence)
    }


async def _foreseen(
    services: Services, target: Target, rules: Sequence[Resolved], catalog: Catalog
) -> tuple[Finding, ...]:
    """Ask the source ahead; what it cannot be asked, the run itself will tell."""
    from ..rules.checks.masks import ANY_KEY
    from ..rules.masking import Masker
    from .foresight import foreseen, read_facts

    database, given = services.database(source_of(target)), services.settings.masking_key
    masker = Masker(catalog, engine_of(target), given if given.reveal() else ANY_KEY)
    return await foreseen(database, target, rules, await read_facts(database, target), masker)


def _accepted(decided: Rules, findings: Sequence[Finding]) -> tuple[Accepted, ...]:
    fingerprints = {finding.fingerprint for finding in findings}
    return tuple(one for one in decided.accept if one.fingerprint in fingerprints)


def _open(findings: Sequence[Finding], accepted: Sequence[Accepted]) -> tuple[Finding, ...]:
    over = {one.fingerprint for one in accepted}
    return tuple(one for one in findings if one.fingerprint not in over)


async def gate(
    services: Services,
    target: Target,
    rules: RuleSet,
    database: Database | None = None,
    *,
    ahead: bool = False,
) -> Examination:
    """Examine the database that is about to be sanitized, the target's source if none is given.

    Raises:
        RulesBlocked: rules would certainly fail or miss their aim, or nobody decided on some columns and the
            policy requires it; the details name all.
    """
    found = await examine(services, target, rules, database=database, ahead=ahead)
    refuse(found.blocking)
    return found


def left_out(examined: Examination, target: Target) -> Iterator[Finding]:
    """Yield what a copy of the source would lack for the rules, because the target's filters leave it out."""
    from ..database.engines import kit

    catalog = examined.catalog
    taken = {table.name for table in kit(catalog.engine).selected(target.selection, catalog).tables}
    for rule in examined.resolved:
        for name in dict.fromkeys((*rule.targets, *rule.reads)):
            if name is not None and name not in taken:
                line = rule.analysis.rule.line
                yield Finding(
                    "unknown-table",
                    "error",
                    f"line {line}: `{name}` is there, and the target's filters leave it out of a copy",
                    "Take it in: see `snapshot.schema_config` and `snapshot.tables`. Or remove the rule.",
                    line=line,
                    table=str(name),
                    subject=str(name),
                )


def refuse(findings: Sequence[Finding]) -> None:
    """Raise for findings that stop something, if there are any."""
    if findings:
        more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
        raise RulesBlocked(
            f"{findings[0].message}{more}",
            findings[0].hint,
            findings=[
                {"code": one.code, "fingerprint": one.fingerprint, "message": one.message}
                for one in findings[:50]
            ],
        )


async def coverage(services: Services, key: str) -> tuple[ColumnCoverage, ...]:
    """Connect to a target's source and say what its rules, if it has any, leave of every column."""
    target = services.settings.target(key)
    return (await examine(services, target, rules_if_any(services, target))).covered


async def structure(services: Services, key: str) -> Examination:
    """Connect to a target's source and read its structure, each column with what it looks like.

    Rules that cannot be read decide nothing here: this is what one looks at to repair them.
    """
    target = services.settings.target(key)
    try:
        rules = rules_if_any(services, target)
    except (RuleSyntax, RuleRefused):
        rules = None
    return await examine(services, target, rules, seconds=QUICK_SECONDS)


async def _new(services: Services, target: Target, covered: Sequence[ColumnCoverage]) -> frozenset[str]:
    """Return the columns that were not there when the target was last sanitized, none at the first time."""
    snapshots = await look.snapshots(services, target.key)
    seen = next(
        (done.columns for one in snapshots if (done := one.manifest.sanitization) and done.columns), None
    )
    if seen is None:
        return frozenset()
    return frozenset(f"{column.table}.{column.column}" for column in covered) - {*seen}
