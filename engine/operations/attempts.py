"""Trying on a source what columns could be set to, until all of it fits or a person has to decide."""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..database.base import Database
from ..discovery.wishes import Place, Wish
from ..model.catalog import Column, TableName
from ..model.errors import EngineError, PrivilegeMissing, TimedOut
from ..model.pushdown import Facts
from ..model.suggestion import Use
from ..model.target import Limits
from ..rules.masking import Masker
from ..rules.trial import MANY, Question, Tried, questions
from ..rules.trial_mysql import questions as questions_to_mysql
from ..rules.writing import value_of
from .asking import answers

QUESTION_SECONDS = 5
SECONDS = 20.0
"""How long whole tables are read to try something; after that some rows have to do."""
PARTLY = f"tried on {MANY:,} rows, there was no time for all"
PERMUTATION = "key"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a table or what is below it, of all rows or only of some."""

    table: TableName
    question: Question
    partly: bool = False

    @property
    def query(self) -> str:
        """What to ask."""
        return self.question.part if self.partly else self.question.whole

    @property
    def places(self) -> tuple[Place, ...]:
        """The columns that it is about."""
        return tuple((self.table, column) for column in self.question.columns)


@dataclass(slots=True)
class Choice:
    """What columns that go together are set to: the first candidate that nothing has refused yet."""

    wish: Wish
    columns: Mapping[Place, Column]
    candidates: list[Use]
    refused: str = ""
    unfit: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    partly: bool = False

    @property
    def use(self) -> Use | None:
        """What it is now; None leaves it to a person."""
        return self.candidates[0] if self.candidates and not self.refused else None

    def refuse(self, reason: str) -> None:
        """Go on to the next candidate."""
        if self.candidates:
            self.remark(self.candidates.pop(0), reason)

    def remark(self, use: Use, reason: str) -> None:
        """Remember why something does not fit."""
        self.unfit.setdefault(reason, []).append(use.said)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What does not fit, and why, in words."""
        unfit = (f"not {', '.join(uses)}: {reason}" for reason, uses in self.unfit.items())
        return (*unfit, *((PARTLY,) if self.partly and self.use else ()))


@dataclass(slots=True)
class Attempts:
    """Tries choices on a database. `domains` are columns whose types have constraints of their own."""

    database: Database
    facts: Facts
    masker: Masker
    domains: Collection[Place]
    limits: Limits
    partly: set[Place] = field(default_factory=set[Place])
    until: float = field(default_factory=lambda: time.monotonic() + SECONDS)

    async def settle(self, choices: Sequence[Choice]) -> None:
        """Try all choices, and what takes the place of those that are refused, until nothing is."""
        by_place = {place: choice for choice in choices for place in choice.wish.places}
        waiting = {table for table, _ in by_place}
        while waiting:
            asked = [
                Asked(table, one) for table in sorted(waiting) for one in self._questions(table, choices)
            ]
            refused: dict[int, tuple[Choice, str]] = {}
            for one, reason in await self._ask(asked):
                for place in one.places:
                    refused.setdefault(id(by_place[place]), (by_place[place], reason))
            for choice, reason in refused.values():
                choice.refuse(reason)
            waiting = {table for choice, _ in refused.values() for table, _ in choice.wish.places}
        for choice in choices:
            choice.partly = not self.partly.isdisjoint(choice.wish.places)

    def _questions(self, table: TableName, choices: Iterable[Choice]) -> Iterator[Question]:
        described = self.masker.catalog.table(table)
        uses = {
            column: (use, choice.columns[name, column])
            for choice in choices
            if (use := choice.use) is not None
            for name, column in choice.wish.places
            if name == table
        }
        values = {
            name: self.masker.text(value_of(use, column, self.masker.engine), described, assigned=name)
            for name, (use, column) in uses.items()
        }
        domains = {column for name, column in self.domains if name == table}
        permuted = {name for name, (use, _) in uses.items() if use.mask == PERMUTATION}
        ask = questions_to_mysql if self.masker.engine == "mysql" else questions
        if values:
            yield from ask(self.facts, table, Tried(values, domains, permuted))

    async def _ask(self, asked: Sequence[Asked]) -> list[tuple[Asked, str]]:
        """Ask, of some rows where the whole takes too long, and return what was refused."""
        refused: list[tuple[Asked, str]] = []
        waiting = list(asked)
        while waiting:
            if time.monotonic() > self.until:
                waiting = [replace(one, partly=True) for one in waiting]
            found = await answers(self.database, [one.query for one in waiting], self.limits)
            later: list[Asked] = []
            for one, answer in zip(waiting, found, strict=True):
                if isinstance(answer, TimedOut) and not one.partly:
                    later.append(replace(one, partly=True))
                elif isinstance(answer, EngineError):
                    refused.append((one, _why(one, answer)))
                elif answer:
                    refused.append((one, f"{one.question.what} refuses it"))
                elif one.partly and one.question.part != one.question.whole:
                    self.partly.update(one.places)
            waiting = later
        return refused


def _why(asked: Asked, error: EngineError) -> str:
    if isinstance(error, PrivilegeMissing):
        return error.message
    late = isinstance(error, TimedOut)
    return "there was no time to try it" if late else f"{asked.question.what} refuses it"
