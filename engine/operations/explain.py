"""Read a target's rules beside its live source, and say what they would do before anything runs."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..database.base import Database
from ..model.analysis import Analysis, Assignment, Resolved
from ..model.catalog import Table, TableName
from ..model.errors import EngineError, RuleFailed, RuleRefused
from ..model.explanation import ColumnChange, Explanation, RuleExplanation, Shape
from ..model.finding import Finding, ordered
from ..model.rules import RuleSet
from ..model.target import Limits, Target
from ..services import Services
from .asking import Rows, answers
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
COUNTED = frozenset(("update", "delete", "truncate", "insert"))


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
    examined = await examine(services, target, rules, ahead=True)
    masker = masker_of(services, target, examined.catalog)
    asked = Asked(services.database(source_of(target)), masker)
    told = await asked.rules(examined.resolved)
    counts = {place: one.rows for place, one in enumerate(told) if one.rows is not None and one.counted}
    context = Context(examined.resolved, examined.catalog, masker.engine, counts, examined.personal)
    checked = (*check_all(context), *examined.foreseen)
    strategy, refused = await _strategy(services, target, rules)
    stopped = refused or examined.blocking
    return Explanation(
        target=target.key,
        tier=rules.tier,
        digest=rules.digest,
        rules=tuple(told),
        findings=ordered((*checked, *refused, *examined.found, *examined.notes)),
        accepted=target.rules.accept if target.rules else (),
        strategy=strategy.told(examined.resolved, examined.catalog) if strategy else {},
        hazards=strategy.hazards if strategy else (),
        not_said=tuple(dict.fromkeys(asked.not_said)),
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


@dataclass(frozen=True, slots=True)
class Question:
    """A query about one rule; `planned` asks what the planner expects."""

    line: int
    query: str
    planned: bool = False


class Asked:
    """Asks the source small questions about rules: how many rows, and what values look like."""

    def __init__(self, database: Database, masker: "Masker") -> None:
        self._database = database
        self._masker = masker
        self.not_said: list[str] = []

    async def rules(self, rules: Sequence[Resolved]) -> list[RuleExplanation]:
        """Explain rules, with numbers and shapes as far as they can be had."""
        asked = [self._tables(rule) for rule in rules]
        spots = [(place, table) for place, tables in enumerate(asked) for table in tables]
        counting = [self._counting(rules[place].analysis, table) for place, table in spots]
        shaping = [
            self._shaping(rule.analysis, tables[0]) if tables else None
            for rule, tables in zip(rules, asked, strict=True)
        ]
        counts, shapes = await self._answers(counting), await self._answers(shaping)
        numbers: dict[int, list[int | None]] = defaultdict(list)
        guessed: set[int] = set()
        for (place, table), question, answer in zip(spots, counting, counts, strict=True):
            rows, counted = _number(table, question, answer)
            numbers[place].append(rows)
            sure = counted and "conflict" not in rules[place].analysis.features
            guessed |= set[int]() if sure else {place}
        return [
            self._told(rule, _sum(numbers[place]), shapes[place], counted=place not in guessed)
            for place, rule in enumerate(rules)
        ]

    def _told(self, rule: Resolved, rows: int | None, shapes: Rows, *, counted: bool) -> RuleExplanation:
        from ..rules.words import change, said

        analysis = rule.analysis
        columns = tuple(ColumnChange(one.column, change(one)) for one in _own(analysis))
        return RuleExplanation(
            line=analysis.rule.line,
            kind=analysis.kind,
            tables=tuple(str(name) for name in rule.targets if name is not None),
            words=said(analysis, self._emptied(rule)),
            columns=_shaped(columns, shapes),
            rows=rows,
            counted=counted and rows is not None,
        )

    def _tables(self, rule: Resolved) -> list[Table]:
        """Return the tables that can be asked about a rule: its own, and what it empties with that."""
        analysis = rule.analysis
        if rule.unknown or analysis.kind not in COUNTED or analysis.rule.unsafe:
            return []
        names = [name for name in rule.targets if name is not None]
        if analysis.kind == "truncate":
            names += self._emptied(rule)
        else:
            del names[1:]
        return [table for name in names if (table := self._masker.catalog.table(name))]

    def _emptied(self, rule: Resolved) -> tuple[TableName, ...]:
        """Return the tables that a TRUNCATE … CASCADE empties beside those that it names."""
        if rule.analysis.kind != "truncate" or "cascade" not in rule.analysis.features:
            return ()
        named = [name for name in rule.targets if name is not None]
        return tuple(sorted(self._masker.catalog.referring(named)))

    def _counting(self, analysis: Analysis, table: Table) -> Question | None:
        from ..rules.questions import count_query

        adds = analysis.kind == "insert"
        many = table.rows > COUNTED_UP_TO and not adds
        if many and not analysis.filtered and "from" not in analysis.features:
            return None
        query = self._written(analysis, lambda: count_query(analysis, table, self._masker))
        # The other engine's planner answers in words of its own: it counts, as far as there is time.
        planned = many and self._masker.engine == "postgres"
        explained = f"EXPLAIN (FORMAT JSON) {query}" if planned else query
        return Question(analysis.rule.line, explained, planned=planned) if query else None

    def _shaping(self, analysis: Analysis, table: Table) -> Question | None:
        from ..rules.questions import shape_query

        named = [one.column for one in _own(analysis)]
        if not named or named != [*analysis.written] or "multi-column" in analysis.features:
            return None
        if "values" in analysis.features and analysis.kind == "insert":
            return None  # they stand in the rule
        query = self._written(analysis, lambda: shape_query(analysis, table, SAMPLES, self._masker))
        return Question(analysis.rule.line, query) if query else None

    def _written(self, analysis: Analysis, query: Callable[[], str]) -> str:
        from ..rules.cut import Uncut

        try:
            return query()
        except (EngineError, Uncut) as error:
            why = (
                error.message if isinstance(error, EngineError) else f"its rows cannot be asked for: {error}"
            )
            self.not_said.append(f"line {analysis.rule.line}: {why}")
            return ""

    async def _answers(self, questions: Sequence[Question | None]) -> list[Rows]:
        """Return the answers; a question that fails has none, and is told."""
        asked = [question for question in questions if question]
        limits = Limits(statement_timeout=10)
        found = dict(
            zip(asked, await answers(self._database, [one.query for one in asked], limits), strict=True)
        )
        for question, answer in found.items():
            if isinstance(answer, EngineError):
                self.not_said.append(f"line {question.line}: {answer.message}")
        told = (found.get(question, ()) if question else () for question in questions)
        return [() if isinstance(answer, EngineError) else answer for answer in told]


def _own(analysis: Analysis) -> Iterator[Assignment]:
    """Yield what a rule sets in its own table, each column once."""
    named: set[str] = set()
    for one in analysis.sets:
        if one.column and not one.into and one.column not in named:
            named.add(one.column)
            yield one


def _number(table: Table, question: Question | None, answer: Rows) -> tuple[int | None, bool]:
    """Return how many rows a rule touches in a table, and whether somebody counted them."""
    if question is None:
        return (table.rows if table.rows > COUNTED_UP_TO else None), False
    if not answer:
        return None, False
    return (_planned(answer[0][0]), False) if question.planned else (int(str(answer[0][0])), True)


def _sum(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known and len(known) == len(numbers) else None


def _shaped(columns: tuple[ColumnChange, ...], answer: Rows) -> tuple[ColumnChange, ...]:
    return tuple(
        replace(one, shapes=tuple(Shape(_text(row[2 * place]), _text(row[2 * place + 1])) for row in answer))
        for place, one in enumerate(columns)
    )


def _planned(plan: object) -> int | None:
    loaded = json.loads(plan) if isinstance(plan, str) else plan
    try:
        return int(loaded[0]["Plan"]["Plans"][0]["Plan Rows"])  # type: ignore[index]
    except (TypeError, LookupError, ValueError):
        return None


def _text(value: object) -> str | None:
    return None if value is None else str(value)
