"""Where a target's rules run: inside the source while it is read, or in a private copy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ..database.base import Rewrite
from ..model.catalog import Catalog
from ..model.errors import SourceUnsuitable
from ..model.plan import Plan
from ..model.pushdown import Facts, Hazard, Rewritten, TableRead
from ..model.rules import RuleSet
from ..model.target import Target
from ..services import Services
from .places import source_of
from .ruleset import masker_of

Way = Literal["pushdown", "mixed", "ephemeral"]


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a fresh snapshot of a target is sanitized, table by table."""

    rewritten: Rewritten
    rules: RuleSet

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
        """Where the rules of each table run: `pushdown` or `ephemeral`."""
        if self.way == "ephemeral":
            return all_copied(self.rules)
        return {
            **{str(name): "ephemeral" for name in sorted(self.rewritten.apart)},
            **{str(name): "pushdown" for name in sorted(self.rewritten.reads)},
        }

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


def all_copied(rules: RuleSet) -> Mapping[str, str]:
    """Return where the rules of each table run when all of them run in a copy."""
    return dict.fromkeys(sorted({name for rule in rules.rules for name in rule.tables}), "ephemeral")


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
    return Strategy(await database.rewritten(target.selection, target.limits, rewrite), rules)


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

        if catalog.engine == "mysql":
            return Rewritten(hazards=(Hazard("rules of MySQL and MariaDB always run in a copy"),))
        masker = masker_of(services, target, catalog)
        rewritten = compile_reads(analyse_all(rules, masker.engine), facts, masker)
        if planned is not None and dict(Strategy(rewritten, rules).tables) != planned:
            raise SourceUnsuitable(
                "the source changed since this was planned: rules would run elsewhere", "Plan it again."
            )
        return rewritten

    return rewrite


def _step(read: TableRead) -> str:
    lines = ", ".join(map(str, read.lines))
    rules = f"line{'s' if len(read.lines) > 1 else ''} {lines}"
    return f"`{read.table}`: not read, {rules}" if read.emptied else f"`{read.table}`: read through {rules}"
