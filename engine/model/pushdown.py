"""Rules that run while a source is read: what must be known of it, and what is read instead of its tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .catalog import TableName

Limited = Literal["varchar", "bpchar", "bit", "varbit"]


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """One column. Texts of SQL name everything in full.

    Attributes:
        name: Its name, unquoted.
        type: The type as the server writes it, with length and precision.
        base: The number of the type below all domains.
        not_null: Whether it refuses NULL.
        generated: The expression that it is computed by.
        default: The expression of its default.
        collation: The collation to state, quoted, None where the type has none.
        charset: The character set of a text, where each column has its own.
        lossy: Whether the server converts to that what it lacks, and says nothing.
        limited: Whether values have a greatest length, and of which type and how much.
        nested_limit: Whether a length is limited inside the type, in an array or composite.
        names_objects: Whether its text form depends on the search path (regclass and its like).
        holds_objects: Whether it may hold numbers of large objects.
    """

    name: str
    type: str
    base: int
    not_null: bool = False
    generated: str | None = None
    default: str | None = None
    collation: str | None = None
    charset: str = ""
    lossy: bool = False
    limited: tuple[Limited, int] | None = None
    nested_limit: bool = False
    names_objects: bool = False
    holds_objects: bool = False


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """A CHECK, or a NOT NULL that is not validated (`expression` empty)."""

    name: str
    expression: str
    columns: tuple[str, ...]
    valid: bool = True
    opaque: bool = False


@dataclass(frozen=True, slots=True)
class UniqueFacts:
    """A unique index: `keys` are expressions, `columns` all that it depends on.

    One that is not `valid` says nothing of the rows that there are.
    """

    name: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    predicate: str | None = None
    nulls_distinct: bool = True
    opaque: bool = False
    excludes: bool = False
    valid: bool = True

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The whole columns that it keeps apart in every row, () if it is partial or on an expression."""
        bare = tuple(key.strip('"`').replace('""', '"') for key in self.keys)
        return bare if self.predicate is None and set(bare) <= set(self.columns) else ()


@dataclass(frozen=True, slots=True)
class ReferenceFacts:
    """A foreign key; `simple` if it is validated, matches simply and has no period.

    `on_delete` and `on_update` are PostgreSQL's letters: a, r, c, n or d; `?` is unknown.
    """

    name: str
    columns: tuple[str, ...]
    referenced: TableName
    referenced_columns: tuple[str, ...]
    simple: bool = True
    on_delete: str = "a"
    on_update: str = "a"


@dataclass(frozen=True, slots=True)
class TableFacts:
    """One table of the source. `kind` is the server's letter: r, p, v, m or f.

    Attributes:
        children: Its partitions or the tables that inherit from it, one step down.
        partition_key: Columns that it is partitioned by; `*` if by an expression.
        referenced_by: Tables with foreign keys to it.
        referenced_columns: Its columns that foreign keys refer to.
        rewritten: Whether a rewrite rule changes updates or deletes.
        row_security: Whether row-level security is enabled.
        opaque: Generated columns that call functions whose body is unknown.
        unread: Why its rules never run while it is read, None if they may.
    """

    name: TableName
    kind: str
    columns: tuple[ColumnFacts, ...]
    checks: tuple[CheckFacts, ...] = ()
    unique: tuple[UniqueFacts, ...] = ()
    references: tuple[ReferenceFacts, ...] = ()
    children: tuple[TableName, ...] = ()
    partition_key: tuple[str, ...] = ()
    referenced_by: tuple[TableName, ...] = ()
    referenced_columns: frozenset[str] = frozenset()
    rewritten: bool = False
    row_security: bool = False
    opaque: tuple[str, ...] = ()
    unread: str | None = None

    def column(self, name: str) -> ColumnFacts | None:
        """Return the column of that name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class Facts:
    """A source at one moment, as far as rules that run while reading depend on it.

    Attributes:
        tables: Every table and view, those of extensions left out.
        taken: Tables whose own rows are read.
        volatile: Names of volatile functions.
        opaque: Names of functions whose body is SQL or a procedural language.
        own_operators: Whether there are operators or casts with such bodies.
        large_objects: Whether there are any.
        now: The moment itself, as a timestamp in UTC.
    """

    tables: Mapping[TableName, TableFacts]
    taken: frozenset[TableName]
    volatile: frozenset[str] = frozenset()
    opaque: frozenset[str] = frozenset()
    own_operators: bool = False
    large_objects: bool = False
    now: str = ""


@dataclass(frozen=True, slots=True)
class Hazard:
    """Why rules cannot be proven to give the same when they run while reading.

    `line` and `column` are of the rule, 0 for no single one.
    """

    reason: str
    line: int = 0
    table: TableName | None = None
    column: int = 0

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        table = f" (`{self.table}`)" if self.table else ""
        return f"{where}{self.reason}{table}"


@dataclass(frozen=True, slots=True)
class TableRead:
    """What is read instead of one table's rows.

    `before` and `after` stand around the text that yields the raw rows: a whole table or a page range.
    `rows` is the same for all columns, without guards, for questions about constraints. `lines` are those
    of the rules. `outputs` is what stands in `before` for each column, for who has to write values in a form
    of their own.
    """

    table: TableName
    columns: tuple[str, ...]
    before: str
    after: str
    rows: tuple[str, str]
    emptied: bool = False
    lines: tuple[int, ...] = ()
    outputs: tuple[str, ...] = ()

    def query(self, source: str) -> str:
        """Return the SELECT that yields the rows as the rules leave them."""
        return f"{self.before}{source}{self.after}"


@dataclass(frozen=True, slots=True)
class ConstraintQuery:
    """Returns a row if a constraint does not hold for the rows as the rules leave them.

    `guarded` ones are enforced while reading anyway; they are asked only to name what failed.
    """

    table: TableName
    constraint: str
    query: str
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What rules make of reading a source: with a hazard and no `reads`, all rules run in a copy.

    Attributes:
        reads: What is read instead of each table that rules touch.
        statements: The updates and deletes as they are, for the source's own parser to judge, by line.
        constraints: Questions about constraints that rules could break.
        objects_used: A SELECT of the numbers of large objects that rows refer to, None if there are none.
        without_objects: Whether large objects are left out, because no row refers to one any more.
        hazards: Why not all rules can run like this.
        apart: The tables whose rules run in a copy all the same, while those of `reads` run like this.
        copied: The rules that run in a copy then, by their places from 0.
        forced: For tables whose rules run in a copy, what sends them there, as far as it is one thing.
    """

    reads: Mapping[TableName, TableRead] = field(default_factory=dict[TableName, TableRead])
    statements: tuple[tuple[int, str], ...] = ()
    constraints: tuple[ConstraintQuery, ...] = ()
    objects_used: str | None = None
    without_objects: bool = False
    hazards: tuple[Hazard, ...] = ()
    apart: frozenset[TableName] = frozenset()
    copied: tuple[int, ...] = ()
    forced: Mapping[TableName, Hazard] = field(default_factory=dict[TableName, Hazard])
