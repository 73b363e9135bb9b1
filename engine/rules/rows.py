"""What a table's rows become by rules, in the SQL of its engine: the same questions to both."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from ..model.pushdown import ConstraintQuery, Facts, TableFacts, TableRead
from ..model.url import Engine
from .constraints import Reads, questions, table_read, unguarded
from .flat import Flat
from .layers import Layers


class Rows(Protocol):
    """The rows of one table as rules leave them; statements are added in order."""

    table: TableFacts
    emptied: bool
    touched: set[str]
    lines: list[int]
    numbered: dict[str, str]

    def update(
        self, alias: str, values: Mapping[str, str], condition: str | None, *, once: bool, fenced: bool
    ) -> None:
        """Add an UPDATE: `values` by column, `condition` None for all rows."""
        ...

    def delete(self, alias: str, condition: str) -> None:
        """Add a DELETE of the rows for which a condition is true."""
        ...

    def empty(self) -> None:
        """Add a TRUNCATE, or a DELETE of every row."""
        ...

    def unguarded(self) -> Iterator[str]:
        """Yield which constraints on touched columns can neither be guarded nor asked about."""
        ...

    def read(self) -> TableRead:
        """Return what to read instead of the table: its rows as the rules leave them, or an error."""
        ...

    def questions(self, facts: Facts, reads: Reads) -> Iterator[ConstraintQuery]:
        """Yield the questions about the table's constraints that its rules could break."""
        ...


class Nested(Layers):
    """`Rows` of PostgreSQL, where each statement is a layer of its own."""

    def unguarded(self) -> Iterator[str]:
        """Yield which constraints on touched columns can neither be guarded nor asked about."""
        return unguarded(self)

    def read(self) -> TableRead:
        """Return what to read instead of the table."""
        return table_read(self)

    def questions(self, facts: Facts, reads: Reads) -> Iterator[ConstraintQuery]:
        """Yield the questions about the table's constraints."""
        return questions(self, facts, reads)


def rows_of_engine(engine: Engine, table: TableFacts) -> Rows:
    """Return the rows of a table that no rule changed yet."""
    return Flat(table) if engine == "mysql" else Nested(table)
