"""Asking the source whether it would take what rules write, a few seconds at most, before anything runs."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..database.base import Database
from ..model.analysis import Resolved
from ..model.catalog import Catalog
from ..model.errors import EngineError, TimedOut
from ..model.finding import Finding
from ..model.pushdown import Facts, Rewritten
from ..model.target import Target
from .asking import answers

if TYPE_CHECKING:
    from ..rules.course import Foreseen
    from ..rules.masking import Masker

SECONDS = 15.0
QUESTION_SECONDS = 4
AT_ONCE = 40
WHOLE_UP_TO = 500_000
PROVING = ("22", "23")
"""Starts of the SQLSTATEs that say that data is refused; any other error says nothing about the rules."""
HINTS = {
    "not-null": "Give every row a value, as with coalesce(…, '').",
    "unique-collision": "Build the value from a unique column, or use a mask that keeps values apart.",
    "check-constraint": "Give every row a value that the constraint allows.",
    "foreign-key": "Change both sides by the same expression, or neither.",
    "value-refused": "Give every row a value that fits its column: cut it with left(…), or cast it.",
}


async def read_facts(database: Database, target: Target) -> Facts:
    """Read what the catalogue does not say: partition keys, constraints, rewrite rules."""
    kept: list[Facts] = []

    def keep(_catalog: Catalog, facts: Facts) -> Rewritten:
        kept.append(facts)
        return Rewritten()

    await database.rewritten(target.selection, target.limits, keep)
    return kept[0]


async def foreseen(
    database: Database, target: Target, rules: Sequence[Resolved], facts: Facts, masker: "Masker"
) -> tuple[Finding, ...]:
    """Return what the source's own rows prove that it would refuse.

    What there is no time for, or what cannot be asked, is left to the run, which fails closed.
    """
    if masker.engine == "mysql":
        from ..rules.foresee_mysql import foresee
    else:
        from ..rules.foresee import foresee

    asking = _Asking(database, target, masker.catalog)
    await asking.ask([*foresee(rules, facts, masker)])
    return tuple(_finding(one) for one in asking.refused)


class _Asking:
    def __init__(self, database: Database, target: Target, catalog: Catalog) -> None:
        self._database = database
        self._limits = replace(target.limits, statement_timeout=QUESTION_SECONDS, max_snapshot_age=0)
        self._until = time.monotonic() + SECONDS
        self._large = {table.name for table in catalog.tables if table.rows > WHOLE_UP_TO}
        self.refused: list[Foreseen] = []

    async def ask(self, questions: Sequence["Foreseen"]) -> None:
        """Ask, of parts of tables where the whole takes long, and singly what stands for several."""
        waiting = [replace(one, whole=one.part) if one.table in self._large else one for one in questions]
        while waiting and time.monotonic() < self._until:
            some, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            found = await answers(self._database, [one.whole for one in some], self._limits)
            for one, answer in zip(some, found, strict=True):
                if isinstance(answer, EngineError):
                    waiting += self._failed(one, answer)
                elif answer and one.sums:
                    waiting += one.sums
                elif answer:
                    self.refused.append(one)

    def _failed(self, one: "Foreseen", error: EngineError) -> list["Foreseen"]:
        """Return what to ask instead of a question that failed."""
        if isinstance(error, TimedOut):
            return [replace(one, whole=one.part)] if one.whole != one.part else []
        if one.sums:
            partly = one.whole == one.part
            return [replace(alone, whole=alone.part) if partly else alone for alone in one.sums]
        if str(error.details.get("sqlstate", "")).startswith(PROVING):
            self.refused.append(one)
        return []


def _finding(one: "Foreseen") -> Finding:
    column = one.assignment.column
    return Finding(
        one.code,
        "error" if one.sure else "warning",
        f"`{one.table}.{column}` would hold what {one.what} refuses",
        HINTS[one.code],
        line=one.assignment.value.line,
        table=str(one.table),
        column=column,
        subject=one.assignment.value.text,
    )
