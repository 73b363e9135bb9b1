"""Finding rows before they are read: what a subset is made with."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..model.catalog import TableName
from ..model.subset import Relation

if TYPE_CHECKING:
    from .base import Block, Slice

# Rows as they come, some at a time.
Found = Iterator[list[tuple[int, ...]]]


@dataclass(frozen=True, slots=True)
class Taking:
    """What a subset takes of one table.

    Attributes:
        rows: How many, None for all, `UNCOUNTED` where reading tells.
        parts: Each gives the places of some of them, or of what some of them refer to.
        emptied: Columns that are read as NULL.
        sources: For each part where its rows stand (`Finder.source`), empty where they stand at the places.
    """

    rows: int | None = None
    parts: tuple[Callable[[], Sequence[int]], ...] = ()
    emptied: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


class Finder(Protocol):
    """Writes questions about which rows there are; a row is a number of its table and its place there.

    Numbers mean something at one moment only. No value of a row is in an answer, but for its key where
    there is no other place. A question about rows that refer to others, or are referred to, takes those as a
    table and places in it; None are all of its rows.
    """

    @property
    def most(self) -> int:
        """How many places may stand in one question."""
        ...

    @property
    def relations(self) -> tuple[Relation, ...]:
        """The foreign keys between tables whose rows are read, those of partitions left out."""
        ...

    def number(self, table: TableName) -> int | None:
        """Return the number of a table whose rows are read, None of another one."""
        ...

    def chosen(
        self,
        table: TableName,
        *,
        where: str | None = None,
        percent: float | None = None,
        ranked: bool = False,
    ) -> "Slice":
        """Ask for rows of a table for which something is true; `ranked` adds the rank, small ones go first.

        Raises:
            SourceUnsuitable: rows of the table have no order, as it has no key.
        """
        ...

    def referenced(self, relation: Relation, table: TableName, places: Sequence[int] | None) -> "Slice":
        """Ask for the rows that some rows of a table refer to."""
        ...

    def referring(
        self,
        relation: Relation,
        table: TableName,
        places: Sequence[int] | None,
        *,
        others: Sequence[Relation],
        ranked: bool,
    ) -> "Slice":
        """Ask for the rows that refer to some rows of a table.

        With each goes a number whose bits say of which of `others` it makes use, then its rank.
        """
        ...

    def source(self, relation: Relation, table: TableName, referenced: TableName) -> str | None:
        """Return what stands after FROM for the rows of a table that refer to some rows of another.

        `PLACES` stands for those. None: such rows have to be found first, as one could come twice, or the
        engine reads rows by their places only.
        """
        ...

    def keyed(self, table: TableName, key: Sequence[str]) -> "Slice":
        """Ask for the row of a table with that primary key, a text for each of its columns."""
        ...

    def using(self, relation: Relation, table: TableName, places: Sequence[int] | None) -> "Slice":
        """Ask for those of some rows of a table that refer to anything by a relation."""
        ...

    def answer(self, piece: "Slice", blocks: "Iterator[Block]") -> Found:
        """Yield the rows of an answer, each its table's number, its place, and what else was asked for."""
        ...
