"""Where a target's rules run: inside the source while it is read, or in a private copy."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..database.base import Rewrite
from ..model.catalog import Catalog
from ..model.pushdown import Facts, Rewritten, TableRead
from ..model.rules import RuleSet
from ..model.target import Target
from ..services import Services
from .build import source_of
from .ruleset import masker_of


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a fresh snapshot of a target is sanitized; with `hazards` the rules run in a copy."""

    rewritten: Rewritten
    rules: RuleSet

    @property
    def pushdown(self) -> bool:
        """Whether the rules run while the source is read."""
        return not self.rewritten.hazards

    @property
    def hazards(self) -> tuple[str, ...]:
        """Why the rules cannot run while the source is read, in words."""
        return tuple(str(hazard) for hazard in self.rewritten.hazards)

    @property
    def tables(self) -> Mapping[str, str]:
        """Where the rules of each table run: `pushdown` or `ephemeral`."""
        if self.pushdown:
            return {str(name): "pushdown" for name in sorted(self.rewritten.reads)}
        named = {name for rule in self.rules.rules for name in rule.tables}
        return dict.fromkeys(sorted(named), "ephemeral")

    @property
    def steps(self) -> tuple[str, ...]:
        """What happens to each table that rules touch, in words."""
        reads = self.rewritten.reads
        return tuple(_step(reads[name]) for name in sorted(reads))


async def strategy_of(services: Services, target: Target, rules: RuleSet) -> Strategy:
    """Look at a target's source and decide where its rules run.

    Raises:
        RuleFailed: the source's parser refuses a rule.
    """
    database = services.database(source_of(target))
    rewrite = rewriting(services, target, rules)
    return Strategy(await database.rewritten(target.selection, target.limits, rewrite), rules)


def rewriting(services: Services, target: Target, rules: RuleSet) -> Rewrite:
    """Return what makes, of the structure of a source, the reading that rules mean."""

    def rewrite(catalog: Catalog, facts: Facts) -> Rewritten:
        from ..rules.analyse import analyse_all
        from ..rules.pushdown import compile_reads

        masker = masker_of(services, target, catalog)
        return compile_reads(analyse_all(rules, masker.engine), facts, masker)

    return rewrite


def _step(read: TableRead) -> str:
    lines = ", ".join(map(str, read.lines))
    rules = f"line{'s' if len(read.lines) > 1 else ''} {lines}"
    return f"`{read.table}`: not read, {rules}" if read.emptied else f"`{read.table}`: read through {rules}"
