"""What is suggested, in words: values for a program, SQL with comments for a person."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..discovery.coverage import place_name
from ..discovery.findings import unread
from ..discovery.wishes import Place, Wishes
from ..masks.templates import Template
from ..model.catalog import TableName
from ..model.fence import clean
from ..model.sensitive import Evidence
from ..model.suggestion import NULL, Left, Suggested, Suggestion
from ..model.target import Target
from ..report.stories import seen
from ..rules.masking import Masker
from ..rules.writing import Line, as_it_stands, commented, update, value_of
from .attempts import Choice
from .coverage import Examination

REFUSES = "it refuses NULL"
LONGEST = 400
PLAIN = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
NEW, KEEP = "column-new", "nothing personal seen"
SAYS_NOTHING = "it refuses NULL, and this says nothing"


@dataclass(frozen=True, slots=True)
class Wording:
    """What choices are as they stand: values for a program, SQL with comments for a person."""

    template: Template
    examined: Examination
    masker: Masker
    choices: Sequence[Choice]

    @property
    def covered(self) -> tuple[Suggested, ...]:
        """The columns that are set, in the order of their tables."""
        return tuple(
            Suggested(
                *place,
                choice.wish.kind,
                value_of(use, choice.columns[place], self.masker.engine),
                self._why(choice, place),
            )
            for place, choice in self._placed()
            if (use := choice.use) is not None
        )

    @property
    def left(self) -> tuple[Left, ...]:
        """The columns that a person has to decide on."""
        return tuple(
            Left(*place, choice.wish.kind, self._why(choice, place), _reason(choice))
            for place, choice in self._placed()
            if choice.use is None
        )

    def suggestion(self, target: Target, found: Wishes, notes: Sequence[str]) -> Suggestion:
        """Return all of it."""
        outside = tuple(
            Left(*place, pieces[0].kind, _said(pieces), f"the template {self.template.name} leaves it alone")
            for place, pieces in sorted(found.outside)
        )
        told = (*notes, *(finding.message for finding in unread(self.examined.classification.unread)))
        keep = {f"{one.table}.{one.column}": KEEP for one in self.examined.undecided if one.code == NEW}
        sections = (self._head(target, told), *self.updates(), self._outside(outside), _kept(target, keep))
        return Suggestion(
            target.key,
            self.template.name,
            self.template.version,
            as_it_stands("\n\n".join(filter(None, sections)) + "\n"),
            covered=self.covered,
            left=self.left,
            outside=outside,
            keep=keep,
            notes=told,
        )

    def updates(self) -> Iterator[str]:
        """Yield one UPDATE a table."""
        lines: dict[TableName, list[Line]] = {}
        for one in self.covered:
            lines.setdefault(one.table, []).append(Line(one.column, one.value, one.why))
        for left in self.left:
            comment = f"{left.why}. Decide: {left.reason}"
            lines.setdefault(left.table, []).append(Line(left.column, None, comment))
        for table in sorted(lines):
            yield update(table, lines[table], self.masker.engine)

    def _placed(self) -> Iterator[tuple[Place, Choice]]:
        """Yield every column in the order of its table."""
        order = {
            (table.name, column.name): number
            for table in self.examined.catalog.tables
            for number, column in enumerate(table.columns)
        }
        placed = ((place, choice) for choice in self.choices for place in choice.wish.places)
        yield from sorted(placed, key=lambda pair: (pair[0][0], order.get(pair[0], 0)))

    def _why(self, choice: Choice, place: Place) -> str:
        wish = choice.wish
        said = _said(wish.own.get(place, ()))
        if (computed := wish.computes.get(place)) is not None:
            said = f"`{computed}` is computed from it: {said}"
        beside = _said(wish.others.get(place, ()))
        neutral = choice.use is not None and choice.use != NULL and choice.use.literal
        parts = (
            said,
            self._bound(place, wish.places) if len(wish.places) > 1 else "",
            f"not in {self.template.name}: {beside}" if beside else "",
            *(choice.remarks if choice.use is not None else ()),
            SAYS_NOTHING if neutral else "",
        )
        return "; ".join(filter(None, parts))

    def _bound(self, place: Place, places: Sequence[Place]) -> str:
        """Return which of the other columns a foreign key binds a column to."""
        table = self.examined.catalog.table(place[0])
        for key in table.foreign_keys if table else ():
            for own, referenced in zip(key.columns, key.referenced_columns, strict=True):
                if own == place[1] and (key.referenced, referenced) in places:
                    return f"refers to {place_name(key.referenced, referenced)}"
        other = next(one for one in places if one != place)
        return f"{place_name(*other)} refers to it"

    def _head(self, target: Target, notes: Sequence[str]) -> str:
        chosen = self.template
        open_ = f", {len(self.left)} left to you" if self.left else ""
        sentences = (
            f"Rules for {target.key} by the template {chosen.name} {chosen.version}: {chosen.title}.",
            "Read every line; the comment behind it says why it is here. What the template does not do: see",
            f"snapharbor templates {chosen.name}",
            f"{len(self.covered)} columns decided{open_}." if self.choices else "Nothing is left to decide.",
            *notes,
        )
        return "\n".join(map(commented, sentences))

    def _outside(self, outside: Sequence[Left]) -> str:
        if not outside:
            return ""
        head = f"The template {self.template.name} leaves alone what looks personal in these columns:"
        return "\n".join(
            map(commented, (head, *(f"  {one.table}.{one.column}: {one.why}" for one in outside)))
        )


def _kept(target: Target, keep: Mapping[str, str]) -> str:
    """Return what the configuration could say of columns, as comments."""
    if not keep:
        return ""
    head = (
        "Added since the last sanitizing, and nothing personal was seen in them. Whoever looked and agrees"
        " puts into the configuration:"
    )
    lines = (f"        {_key(name)}: {reason}" for name, reason in keep.items())
    inside = ("targets:", f"  {_key(target.key)}:", "    sanitize:", "      keep:", *lines)
    return "\n".join((commented(head), *(f"-- {clean(line, LONGEST)}" for line in inside)))


def _key(name: str) -> str:
    """Return a key of YAML, quoted unless it means itself."""
    return name if PLAIN.fullmatch(name) else json.dumps(name)


def _said(pieces: Sequence[Evidence]) -> str:
    return ", ".join(dict.fromkeys(map(seen, pieces)))


def _reason(choice: Choice) -> str:
    refuses = any(not column.nullable for column in choice.columns.values())
    return choice.refused or "; ".join((*choice.remarks, *((REFUSES,) if refuses else ())))
