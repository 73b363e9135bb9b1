"""The rows of one table as rules leave them: one derived table around another, a layer per statement.

Nothing is substituted: each statement sees the values that the one before it left, and the user's own
text stands in its layer as it is. The planner flattens the layers into one scan. A layer with a volatile
function is fenced by OFFSET 0, so that it is evaluated once for each row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..model.identifier import quote
from ..model.pushdown import ColumnFacts, TableFacts
from .numbered import note

HEADER = {"varchar": 4, "bpchar": 4, "bit": 0, "varbit": 0}
ROW = '"snapharbor row"'
FENCE = " OFFSET 0"


@dataclass(slots=True)
class Layers:
    """What stands around the text that yields a table's raw rows, growing from the inside."""

    table: TableFacts
    before: str = ""
    after: str = ""
    emptied: bool = False
    touched: set[str] = field(default_factory=set[str])
    lines: list[int] = field(default_factory=list[int])
    numbered: dict[str, str] = field(default_factory=dict[str, str])

    def update(
        self, alias: str, values: Mapping[str, str], condition: str | None, *, once: bool, fenced: bool
    ) -> None:
        """Add an UPDATE: `values` by column, `condition` None for all rows; `once` computes it ahead."""
        name = quote(alias)
        if once and condition is not None:
            hit = quote(_free("snapharbor hit", self.table))
            self._wrap(f"SELECT {name}.*, ({condition}\n) AS {hit} FROM (", f") AS {name}{FENCE}")
            condition = f"{name}.{hit}"
        stored = [column for column in self.table.columns if column.generated is None]
        outputs = (_output(column, name, values.get(column.name), condition) for column in stored)
        self._wrap(f"SELECT {', '.join(outputs)} FROM (", f") AS {name}{FENCE if fenced else ''}")
        self.touched.update(values)
        note(self, alias, values, condition, '"')
        self._generate()

    def delete(self, alias: str, condition: str) -> None:
        """Add a DELETE of the rows for which a condition is true."""
        name = quote(alias)
        outputs = ", ".join(f"{name}.{quote(column.name)}" for column in self.table.columns)
        # Fenced, so that what comes later is never computed for a row that is gone.
        self._wrap(f"SELECT {outputs} FROM (", f") AS {name} WHERE ({condition}\n) IS NOT TRUE{FENCE}")

    def empty(self) -> None:
        """Add a TRUNCATE, or a DELETE of every row."""
        self._wrap("SELECT * FROM (", f") AS {ROW} WHERE false")
        self.emptied = True

    def around(
        self, columns: Sequence[str], guards: Mapping[str, str], refusal: str | None
    ) -> tuple[str, str]:
        """Return what stands around the raw rows to get these columns.

        Args:
            columns: The columns, in order.
            guards: Expressions that take the place of some of them.
            refusal: A condition that is true for a row that must not be.
        """
        outputs = ", ".join(
            f"{guards[name]} AS {quote(name)}" if name in guards else f"{ROW}.{quote(name)}"
            for name in columns
        )
        before, after = f"SELECT {outputs} FROM ({self.before}", f"{self.after}) AS {ROW}"
        if refusal is not None:
            before = f"SELECT {outputs} FROM (SELECT * FROM ({self.before}"
            check = f"CASE WHEN {refusal} THEN {refuse('boolean')} ELSE true END"
            after = f"{after}{FENCE}) AS {ROW} WHERE {check}"
        return before, after

    def _wrap(self, before: str, after: str) -> None:
        self.before, self.after = before + self.before, self.after + after

    def _generate(self) -> None:
        """Compute the generated columns again, for the statements to come."""
        computed = [
            f"({column.generated})::{column.type} AS {quote(column.name)}"
            for column in self.table.columns
            if column.generated is not None
        ]
        if computed:
            self._wrap(f"SELECT {ROW}.*, {', '.join(computed)} FROM (", f") AS {ROW}")
            self.touched.update(column.name for column in self.table.columns if column.generated is not None)


def assigned(column: ColumnFacts, value: str) -> str:
    """Return a value as an assignment to the column would cast it.

    A cast that is written out cuts what is too long; the functions below are the cast of an assignment
    itself, and refuse it.
    """
    cast = f"({value}\n)::{column.type}"
    if column.limited is not None:
        kind, length = column.limited
        size = length + HEADER[kind]
        cast = f'pg_catalog."{kind}"(({value}\n)::pg_catalog."{kind}", {size}, false)::{column.type}'
    return f"{cast} COLLATE {column.collation}" if column.collation else cast


def refuse(type_: str) -> str:
    """Return an expression of a type that fails whenever it is computed, and only then."""
    return f"pg_catalog.concat('refused')::pg_catalog.int4::pg_catalog.text::{type_}"


def _output(column: ColumnFacts, alias: str, value: str | None, condition: str | None) -> str:
    name = quote(column.name)
    if value is None:
        return f"{alias}.{name}"
    cast = assigned(column, value)
    if condition is not None:
        cast = f"CASE WHEN {condition}\n THEN {cast} ELSE {alias}.{name} END"
    return f"{cast} AS {name}"


def _free(name: str, table: TableFacts) -> str:
    while table.column(name) is not None:
        name += "_"
    return name
