"""Which rows of a database a subset takes: what was configured, the relations that decide, the result."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .catalog import TableName
from .url import DatabaseUrl

Referencing = Literal["every", "any", "none"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows that a subset begins with: those for which `where` is true, or so many of a hundred."""

    table: TableName
    where: str | None = None
    percent: float | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows of `table` refer to rows of `referenced`, column by column.

    Attributes:
        name: The foreign key's, or what the configuration calls it.
        operators: How the server compares a referenced column with the other; none of an added one.
        where: For which rows of `table` it counts, in SQL; all without.
        path: Where in the one column, a JSON document, what refers stands.
        declared: Whether it is a foreign key.
    """

    name: str
    table: TableName
    columns: tuple[str, ...]
    referenced: TableName
    referenced_columns: tuple[str, ...]
    operators: tuple[str, ...] = ()
    where: str | None = None
    path: str | None = None
    declared: bool = False


@dataclass(frozen=True, slots=True)
class Subset:
    """A subset as configured.

    Attributes:
        chosen: The rows it begins with; several entries of a table add up.
        copied: Tables taken whole.
        excluded: Tables of which no row is taken.
        added: Relations that the schema does not declare.
        ignored: Pairs of tables whose foreign keys are not followed; their columns become NULL.
        referencing: Which rows that refer to rows taken are taken too: those of which every reference to a
            table that is cut down is satisfied, any of them, or none.
        max_rows: How many rows at most are chosen of any table; rows that others refer to come all the same.
        budgets: The same of single tables.
        batch: Rows in one question to the source.
        destination: Where it is loaded.
    """

    chosen: tuple[Chosen, ...] = ()
    copied: tuple[TableName, ...] = ()
    excluded: tuple[TableName, ...] = ()
    added: tuple[Relation, ...] = ()
    ignored: tuple[tuple[TableName, TableName], ...] = ()
    referencing: Referencing = "every"
    max_rows: int | None = None
    budgets: Mapping[TableName, int] = field(default_factory=dict[TableName, int])
    batch: int = 100_000
    destination: DatabaseUrl | None = None

    def budget(self, table: TableName) -> int | None:
        """Return how many rows of a table are chosen at most."""
        return self.budgets.get(table, self.max_rows)


UNCOUNTED = -1


@dataclass(frozen=True, slots=True)
class TableCut:
    """What a subset takes of one table.

    Attributes:
        table: The table, a partition by its own name.
        before: Its rows as the server estimates them, -1 if it never counted.
        after: The rows taken, None for all, `UNCOUNTED` where reading tells.
        why: How many came for which reason, the first that brought each: `chosen`, or a relation's words.
        cut: How many rows a budget left out.
        emptied: Columns that become NULL.
        bytes: About how many bytes are taken of it.
    """

    table: TableName
    before: int
    after: int | None
    why: Mapping[str, int] = field(default_factory=dict[str, int])
    cut: int = 0
    emptied: tuple[str, ...] = ()
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class SubsetTold:
    """What a subset takes of every table.

    `dangling` counts the rows referred to that would stay behind, None if nobody looked yet. `row` says why
    the one row is taken that was asked about.
    """

    target: str
    tables: tuple[TableCut, ...]
    relations: int
    dangling: int | None
    warnings: tuple[str, ...] = ()
    row: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """About how many bytes are taken."""
        return sum(table.bytes for table in self.tables)
