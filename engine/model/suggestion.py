"""Rules for columns that nobody decided on, before a person has looked at them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .catalog import TableName
from .sensitive import Kind


@dataclass(frozen=True, slots=True)
class Use:
    """What a column may be set to: a mask by name with options, or instead of it SQL that is no mask.

    `fields` are those of a composite value, in order, with what each is set to; None keeps it.
    """

    mask: str = ""
    options: tuple[str, ...] = ()
    literal: str = ""
    fields: tuple[tuple[str, "Use | None"], ...] = ()

    @property
    def said(self) -> str:
        """What it is, in a word or two."""
        if self.fields:
            return ", ".join(dict.fromkeys(use.said for _, use in self.fields if use)) or "its fields"
        return self.mask or self.literal


NULL = Use(literal="NULL")


@dataclass(frozen=True, slots=True)
class Suggested:
    """A column that the SQL decides on: `value` is what it is set to, `why` never holds a value of it."""

    table: TableName
    column: str
    kind: Kind | None
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Left:
    """A column that looks personal and for which nothing is suggested."""

    table: TableName
    column: str
    kind: Kind | None
    why: str
    reason: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Reviewable SQL for every column of a target that looks personal and is undecided.

    Attributes:
        target: The target's key.
        template: The name of the template that chose the masks.
        version: The template's version.
        sql: The rules, in the source's dialect; only comments if there is nothing to decide.
        covered: The columns that it sets, columns that only follow others among them.
        left: Columns that a person must decide on, with the reason.
        outside: Columns of kinds that the template does not cover.
        keep: What `sanitize.keep` could say of new columns that do not look personal.
        notes: What else is to be known, in sentences.
    """

    target: str
    template: str
    version: int
    sql: str
    covered: tuple[Suggested, ...] = ()
    left: tuple[Left, ...] = ()
    outside: tuple[Left, ...] = ()
    keep: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()
