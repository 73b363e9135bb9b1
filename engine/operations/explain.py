"""Read a target's rules beside its live source, and say what they would do before anything runs."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ..database.base import Database
from ..model.analysis import Analysis, Resolved
from ..model.catalog import Table
from ..model.errors import EngineError, RuleFailed, RuleRefused
from ..model.explanation import ColumnChange, Explanation, RuleExplanation, Shape
from ..model.finding import Finding, ordered
from ..model.rules import RuleSet
from ..model.target import Limits, Target
from ..services import Services
from .coverage import examine
from .places import source_of
from .requests import SanitizeRequest
from .ruleset import masker_of, rules_of
from .sanitize import choose
from .strategy import Strategy, strategy_of

if TYPE_CHECKING:
    from ..rules.masking import Masker

COUNTED_UP_TO = 500_000
SAMPLES = 3
UNCOUNTABLE = frozenset(("from", "using", "with", "current-of", "parameter"))


async def explain(services: Services, target_key: str) -> Explanation:
    """Return what a target's rules would do now. Only looks; a question that fails is said, not hidden.

    Raises:
        RulesMissing, RuleSyntax, RuleRefused: there is nothing to explain.
        DatabaseUnreachable, DatabaseRefused: the source does not answer.
    """
    from ..rules.checks import check_all
    from ..rules.checks.context import Context

    target = services.settings.target(target_key)
    rules = rules_of(services, target)
    examined = await examine(services, target, rules)
    masker = masker_of(services, target, examined.catalog)
    asked = Asked(services.database(source_of(target)), masker)
    told = [await asked.rule(rule) for rule in examined.resolved]
    counts = {place: one.rows for place, one in enumerate(told) if one.rows is not None and one.counted}
    checked = check_all(Context(examined.resolved, examined.catalog, masker.engine, counts))
    strategy, refused = await _strategy(services, target, rules)
    stopped = refused or examined.blocking
    return Explanation(
        target=target.key,
        tier=rules.tier,
        digest=rules.digest,
        rules=tuple(told),
        findings=ordered((*checked, *refused, *examined.found, *examined.notes)),
        accepted=target.rules.accept if target.rules else (),
        strategy=strategy.tables if strategy else {},
        hazards=strategy.hazards if strategy else (),
        not_said=tuple(asked.not_said),
        coverage=examined.covered,
        plan=None if stopped else (await choose(services, SanitizeRequest(target_key), rules)).id,
    )


async def _strategy(
    services: Services, target: Target, rules: RuleSet
) -> tuple[Strategy | None, tuple[Finding, ...]]:
    """Decide where rules run when the source is read afresh; a rule that its parser refuses is a finding."""
    try:
        return await strategy_of(services, target, rules), ()
    except RuleRefused:
        return None, ()  # a check says it better
    except RuleFailed as error:
        line = int(str(error.details.get("line", 0)))
        found = Finding("refused", "error", error.message, error.hint, line=line, subject=rules.digest)
        return None, (found,)


class Asked:
    """Asks the source small questions about rules: how many rows, and what values look like."""

    def __init__(self, database: Database, masker: "Masker") -> None:
        self._database = database
        self._masker = masker
        self.not_said: list[str] = []

    async def rule(self, rule: Resolved) -> RuleExplanation:
        """Explain one rule, with numbers and shapes as far as they can be had."""
        from ..rules.words import change, said

        analysis = rule.analysis
        plain = RuleExplanation(
            line=analysis.rule.line,
            kind=analysis.kind,
            tables=tuple(str(name) for name in rule.targets if name is not None),
            words=said(analysis),
            columns=tuple(ColumnChange(one.column, change(one)) for one in analysis.assignments),
        )
        table = self._masker.catalog.table(rule.targets[0]) if rule.targets and rule.targets[0] else None
        if table is None or rule.unknown or UNCOUNTABLE & analysis.features:
            return plain
        rows, counted = await self._rows(analysis, table)
        return replace(plain, rows=rows, counted=counted, columns=await self._shapes(plain, analysis, table))

    async def _rows(self, analysis: Analysis, table: Table) -> tuple[int | None, bool]:
        from ..rules.questions import count_query

        if not analysis.filtered and table.rows > COUNTED_UP_TO:
            return table.rows, False
        count = partial(count_query, analysis, table, self._masker)
        if table.rows > COUNTED_UP_TO:
            plan = await self._ask(analysis, lambda: f"EXPLAIN (FORMAT JSON) {count()}")
            return (_planned(plan[0][0]) if plan else None), False
        found = await self._ask(analysis, count)
        return (int(str(found[0][0])) if found else None), bool(found)

    async def _shapes(
        self, plain: RuleExplanation, analysis: Analysis, table: Table
    ) -> tuple[ColumnChange, ...]:
        from ..rules.questions import shape_query

        if not analysis.assignments:
            return plain.columns
        query = partial(shape_query, analysis, table, SAMPLES, self._masker)
        found = await self._ask(analysis, query)
        return tuple(
            replace(
                one, shapes=tuple(Shape(_text(row[2 * place]), _text(row[2 * place + 1])) for row in found)
            )
            for place, one in enumerate(plain.columns)
        )

    async def _ask(self, analysis: Analysis, query: Callable[[], str]) -> Sequence[tuple[object, ...]]:
        try:
            return (await self._database.probe([query()], Limits(statement_timeout=10)))[0]
        except EngineError as error:
            self.not_said.append(f"line {analysis.rule.line}: {error.message}")
            return ()


def _planned(plan: object) -> int | None:
    loaded = json.loads(plan) if isinstance(plan, str) else plan
    try:
        return int(loaded[0]["Plan"]["Plans"][0]["Plan Rows"])  # type: ignore[index]
    except (TypeError, LookupError, ValueError):
        return None


def _text(value: object) -> str | None:
    return None if value is None else str(value)
