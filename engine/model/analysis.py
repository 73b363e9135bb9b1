"""What a rule does, as far as its text tells: plain values, without the parser that found them."""

from dataclasses import dataclass
from typing import Literal

from .catalog import TableName
from .rules import Rule

Feature = Literal[
    "aggregate",
    "cascade",
    "conflict",
    "current-of",
    "default",
    "derived",
    "from",
    "limit",
    "multi-column",
    "parameter",
    "range",
    "restart",
    "returning",
    "select",
    "subscript",
    "subselect",
    "using",
    "values",
    "window",
    "with",
]


@dataclass(frozen=True, slots=True)
class Relation:
    """A table as a statement names it, folded as the server would; `schema` is None where none is said.

    `alias` is by what its columns are qualified: the alias, or the name.
    """

    schema: str | None
    name: str
    alias: str
    line: int
    only: bool = False


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column where it is mentioned, `*` for all; `start` is an offset in the rule's text.

    `qualified` holds whatever stands before the name: an alias, or schema and table.
    """

    name: str
    qualified: tuple[str, ...]
    line: int
    start: int


@dataclass(frozen=True, slots=True)
class Attribute:
    """What follows a column after a dot, `(address).geo.lat`: a field, or a function that it calls so."""

    column: ColumnUse
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the user's own text, to the letter: `rule.text[start:end]`. `line` as in the rules' text."""

    text: str
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A column that can be read in a value: so many of its characters, None for all."""

    column: str
    characters: int | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """`column = value`, with what the value mentions.

    `keeps` are columns of the same row that can be read in the value, as far as its text tells. `into` is
    the place of its table among the targets. `adds` marks the value of a new row, for the column at
    `place` where an INSERT names none.
    """

    column: str
    value: Piece
    columns: tuple[ColumnUse, ...] = ()
    functions: tuple[str, ...] = ()
    keeps: tuple[Kept, ...] = ()
    into: int = 0
    place: int = -1
    adds: bool = False


@dataclass(frozen=True, slots=True)
class Analysis:
    """One statement taken apart.

    Attributes:
        rule: The statement.
        targets: What it writes, the statement's own table first; TRUNCATE may have several.
        reads: The tables it reads beside its target, in sub-selects, FROM, USING and WITH.
        written: Columns that it sets, as far as it names them.
        assignments: Those of an UPDATE, if it could be cut.
        sets: Every assignment that it makes, in whatever form, INSERT and WITH included.
        unchecked: Whether it assigns more than `sets` has.
        where: Its own WHERE, if it could be cut.
        filtered: Whether it has a WHERE of its own.
        columns: Every column mentioned, those that are set left out.
        functions: Every function called, folded, `schema.name` where a schema is said.
        volatile: Those of them that are known to give another value on each call.
        attributes: Fields of columns that it mentions, or functions that it calls like them.
        casts: Types that it casts something to, literals left out, as the parser writes them.
        operators: Names of the operators that it uses, those of LIKE, IN and the like included.
        whole_rows: Aliases used as if they were columns, or with a star.
        aliases: Names that it gives to tables, sub-selects and columns, its target's left out.
        features: What else it uses.
        reasons: Why it could not be cut; it can still run as it is.
    """

    rule: Rule
    targets: tuple[Relation, ...]
    reads: tuple[Relation, ...] = ()
    written: tuple[str, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    sets: tuple[Assignment, ...] = ()
    unchecked: bool = False
    where: Piece | None = None
    filtered: bool = False
    columns: tuple[ColumnUse, ...] = ()
    functions: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    casts: tuple[str, ...] = ()
    operators: frozenset[str] = frozenset()
    whole_rows: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    features: frozenset[Feature] = frozenset()
    reasons: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The statement's kind, as the rule has it."""
        return self.rule.kind

    @property
    def target(self) -> Relation | None:
        """The statement's own table, None if it has none."""
        return self.targets[0] if self.targets else None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that the source does not have, and the closest it has, the best first."""

    what: Literal["table", "column"]
    name: str
    line: int
    closest: tuple[str, ...] = ()
    table: TableName | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """An analysis beside a catalogue: which tables its names mean, in the order of its relations.

    `targets` and `reads` run parallel to those of the analysis, None where no such table exists.
    """

    analysis: Analysis
    targets: tuple[TableName | None, ...]
    reads: tuple[TableName | None, ...]
    unknown: tuple[Unknown, ...] = ()
