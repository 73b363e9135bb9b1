"""Which masks columns that nobody decided on could get, by a template and by the structure alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..discovery.candidates import Chooser
from ..discovery.wishes import Place, Wish
from ..masks.templates import Template
from ..model.catalog import Column, Table
from ..model.pushdown import Facts
from ..rules.analyse import analyse_all
from ..rules.checks import check_all
from ..rules.checks.context import Context
from ..rules.masking import Masker
from ..rules.parse import parse
from ..rules.resolve import resolve_all
from ..rules.trial import refusals
from ..rules.writing import unfit
from .attempts import Choice
from .coverage import Examination

MIXED = "columns that refer to each other are of different types"


@dataclass(frozen=True, slots=True)
class Choosing:
    """Chooses for what an examination left undecided."""

    examined: Examination
    template: Template
    masker: Masker

    def choice(self, wish: Wish) -> Choice:
        """Return what could be done about a wish, as far as structure tells."""
        if wish.refused:
            return Choice(wish, {}, [], refused=wish.refused)
        places = {place: self._found(place) for place in wish.places}
        needs = {self.masker.needs(*found) for found in places.values()}
        columns = {place: column for place, (_, column) in places.items()}
        if len(needs) > 1:
            return Choice(wish, columns, [], refused=MIXED)
        ((_, unique),) = needs
        chooser = Chooser(self.template.masks, self.examined.classification.types)
        possible = chooser.candidates(
            columns[wish.places[0]],
            wish.pieces,
            nullable=all(column.nullable for column in columns.values()),
            shared=unique or len(columns) > 1,
        )
        choice = Choice(wish, columns, [])
        for use in possible:
            reasons = (unfit(use, table, column, self.masker) for table, column in places.values())
            if not (reason := next(filter(None, reasons), "")):
                choice.candidates.append(use)
            elif use == possible[0]:
                choice.remark(use, reason)
        return choice

    def refuse(self, choices: Iterable[Choice], facts: Facts) -> None:
        """Leave to a person what a rule could not set with a known effect."""
        for choice in choices:
            for table, column in choice.wish.places:
                reasons = refusals(facts.tables[table], column) if table in facts.tables else ()
                choice.refused = choice.refused or next(iter(reasons), "")

    def refuse_by_checks(self, choices: Sequence[Choice], sql: str) -> bool:
        """Refuse what the checks of rules have something to say about, and tell whether they had."""
        engine = self.masker.engine
        rules = analyse_all(parse(sql, "sanitize.query_file", engine), engine)
        resolved = (*self.examined.resolved, *resolve_all(rules, self.examined.catalog))
        by_name = {(str(table), column): choice for choice in choices for table, column in choice.wish.places}
        before = {finding.fingerprint for finding in self.examined.checked}
        refused: dict[int, tuple[Choice, str]] = {}
        for finding in check_all(Context(resolved, self.examined.catalog, engine)):
            choice = by_name.get((finding.table or "", finding.column or ""))
            if choice is not None and finding.severity != "info" and finding.fingerprint not in before:
                refused[id(choice)] = (choice, finding.message)
        for choice, reason in refused.values():
            choice.refuse(reason)
        return bool(refused)

    def _found(self, place: Place) -> tuple[Table, Column]:
        table = self.examined.catalog.table(place[0])
        assert table is not None  # the wish found it there
        return table, next(column for column in table.columns if column.name == place[1])
