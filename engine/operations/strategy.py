"""Where a target's rules run: inside the source while it is read, or in a private copy."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..database.base import Rewrite
from ..model.analysis import Resolved
from ..model.catalog import Catalog, TableName
from ..model.errors import SourceUnsuitable
from ..model.explanation import TableWay
from ..model.plan import Plan
from ..model.pushdown import Facts, Rewritten, TableRead
from ..model.rules import RuleSet
from ..model.target import Target
from ..services import Services
from .places import source_of
from .ruleset import engine_of, masker_of

Way = Literal["pushdown", "mixed", "ephemeral"]


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a fresh snapshot of a target is sanitized, table by table."""

    rewritten: Rewritten
    rules: RuleSet
    target: Target

    @property
    def way(self) -> Way:
        """Where the rules run: all while the source is read, all in a copy, or some there and some here."""
        if not self.rewritten.hazards:
            return "pushdown"
        return "mixed" if self.rewritten.reads else "ephemeral"

    @property
    def hazards(self) -> tuple[str, ...]:
        """Why not all rules run while the source is read, in words."""
        return tuple(str(hazard) for hazard in self.rewritten.hazards)

    @property
    def tables(self) -> Mapping[str, str]:
        """Where the rules of each table that they change run: `pushdown` or `ephemeral`."""
        if self.way == "ephemeral":
            return all_copied(self.rules, self.target)
        return {
            **{str(name): "ephemeral" for name in sorted(self.rewritten.apart)},
            **{str(name): "pushdown" for name in sorted(self.rewritten.reads)},
        }

    def told(self, rules: Sequence[Resolved], catalog: Catalog) -> Mapping[str, TableWay]:
        """Return how the rules of each table run, and why so, by the names that rules say.

        A partition that no rule names is told as what it belongs to, as in a copy if any of them is.
        """
        named = {name for rule in rules for name in rule.targets if name is not None}
        found: dict[str, TableWay] = {}
        for leaf in self._leaves(named, catalog):
            name = str(_called(leaf, named, catalog))
            way = self._told(leaf)
            if name not in found or (found[name].way == "pushdown" and way.way != "pushdown"):
                found[name] = way
        return dict(sorted(found.items()))

    def _leaves(self, named: Collection[TableName], catalog: Catalog) -> Iterator[TableName]:
        """Yield the tables that rules change, each that holds rows."""
        if self.way != "ephemeral":
            yield from sorted((*self.rewritten.apart, *self.rewritten.reads))
            return
        holding = [table.name for table in catalog.tables if table.kind == "table"]
        yield from (name for name in holding if _called(name, named, catalog) in named)

    def _told(self, leaf: TableName) -> TableWay:
        if leaf in self.rewritten.reads:
            return TableWay("pushdown")
        hazard = self.rewritten.forced.get(leaf) or next(iter(self.rewritten.hazards))
        other = f", in `{hazard.table}`" if hazard.table not in (None, leaf) else ""
        return TableWay("ephemeral", f"{hazard.reason}{other}", hazard.line, hazard.column)

    @property
    def steps(self) -> tuple[str, ...]:
        """What happens to each table that is read through rules, in words."""
        reads = self.rewritten.reads
        return tuple(_step(reads[name]) for name in sorted(reads))

    def warnings(self) -> Iterator[str]:
        """Yield why rules run in a copy, and what that means for the tables they touch."""
        if self.way == "mixed":
            names = ", ".join(f"`{name}`" for name in sorted(map(str, self.rewritten.apart)))
            yield f"raw rows of {names} leave the source for a private copy: not all rules can run in it"
        yield from (f"the rules cannot run while the source is read: {hazard}" for hazard in self.hazards)


def all_copied(rules: RuleSet, target: Target) -> Mapping[str, str]:
    """Return where the rules of each table that they change run when all of them run in a copy."""
    from ..rules.analyse import analyse_all
    from ..rules.resolve import TEMPORARY

    source = target.source
    schema = source.database if source is not None and source.engine == "mysql" else "public"
    changed, made = set[TableName](), set[str]()
    for analysis in analyse_all(rules, engine_of(target)):
        if analysis.kind == TEMPORARY:
            made.update(relation.name for relation in analysis.targets)
            continue
        changed.update(
            TableName(relation.schema or schema, relation.name)
            for relation in analysis.targets
            if relation.schema or relation.name not in made
        )
    return dict.fromkeys(map(str, sorted(changed)), "ephemeral")


def planned(plan: Plan) -> Mapping[str, str]:
    """Return where the rules of each table run by a plan."""
    tables = plan.facts["strategy"]
    return {name: str(way) for name, way in tables.items()} if isinstance(tables, Mapping) else {}


async def strategy_of(services: Services, target: Target, rules: RuleSet) -> Strategy:
    """Look at a target's source and decide where its rules run.

    Raises:
        RuleFailed: the source's parser refuses a rule.
    """
    database = services.database(source_of(target))
    rewrite = rewriting(services, target, rules)
    rewritten = await database.rewritten(target.selection, target.limits, rewrite)
    return Strategy(rewritten, rules, target)


def rewriting(
    services: Services, target: Target, rules: RuleSet, *, planned: Mapping[str, str] | None = None
) -> Rewrite:
    """Return what makes, of the structure of a source, the reading that rules mean.

    With `planned` (`Strategy.tables` of the plan) it raises SourceUnsuitable if rules would run elsewhere by
    now: raw rows must never come instead of masked ones.
    """

    def rewrite(catalog: Catalog, facts: Facts) -> Rewritten:
        from ..rules.analyse import analyse_all
        from ..rules.pushdown import compile_reads

        masker = masker_of(services, target, catalog)
        rewritten = compile_reads(analyse_all(rules, masker.engine), facts, masker)
        if planned is not None and dict(Strategy(rewritten, rules, target).tables) != planned:
            raise SourceUnsuitable(
                "the source changed since this was planned: rules would run elsewhere", "Plan it again."
            )
        return rewritten

    return rewrite


def _called(leaf: TableName, named: Collection[TableName], catalog: Catalog) -> TableName:
    """Return what a table is told as: itself or what it is a part of, the nearest that rules name."""
    table, top = catalog.table(leaf), leaf
    while top not in named and table is not None and table.partition_of is not None:
        top = table.partition_of
        table = catalog.table(top)
    return top


def _step(read: TableRead) -> str:
    lines = ", ".join(map(str, read.lines))
    rules = f"line{'s' if len(read.lines) > 1 else ''} {lines}"
    return f"`{read.table}`: not read, {rules}" if read.emptied else f"`{read.table}`: read through {rules}"
