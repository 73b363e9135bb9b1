"""The rows of one table of MySQL or MariaDB as rules leave them: one flat SELECT over the raw ones.

No expression reads what another rule sets (hazards_mysql.py), so each is computed from the row as it is, by
the name that the rules call the table by. A derived table around a sub-select would be written to disk.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..model import identifier
from ..model.catalog import TableName
from ..model.identifier import quoted
from ..model.pushdown import (
    CheckFacts,
    ColumnFacts,
    ConstraintQuery,
    Facts,
    TableFacts,
    TableRead,
    UniqueFacts,
)
from .numbered import note, stays_apart
from .values_mysql import assigned, kind_of, refuse

NAME = re.compile(r"`((?:[^`]|``)*)`")
TEXT_OR_NAME = re.compile(rf"'(?:[^'\\]|''|\\.)*'|{NAME.pattern}", re.DOTALL)


def quote(name: str) -> str:
    """Return an identifier as it stands in SQL."""
    return identifier.quote(name, "mysql")


def duplicates(index: UniqueFacts, rows: str) -> str:
    """Return the question for rows that a unique key would not take beside each other."""
    names = [f"made.{quote(name)}" for name in index.columns]
    given = " AND ".join(f"{name} IS NOT NULL" for name in names)
    keys = ", ".join(names)
    return f"SELECT 1 FROM ({rows}) AS made WHERE {given} GROUP BY {keys} HAVING COUNT(*) > 1 LIMIT 1"


@dataclass(slots=True)
class Flat:
    """`Rows` of MySQL and MariaDB; `values` are expressions, `kept` conditions of rows that stay.

    `stored` says what a column makes of a value that it is set to.
    """

    table: TableFacts
    stored: Callable[[ColumnFacts, str], str] = assigned
    alias: str = ""
    emptied: bool = False
    touched: set[str] = field(default_factory=set[str])
    lines: list[int] = field(default_factory=list[int])
    numbered: dict[str, str] = field(default_factory=dict[str, str])
    values: dict[str, str] = field(default_factory=dict[str, str])
    kept: list[str] = field(default_factory=list[str])

    def update(
        self, alias: str, values: Mapping[str, str], condition: str | None, *, once: bool, fenced: bool
    ) -> None:
        """Add an UPDATE; nothing in it gives another value each time, so it need not be computed once."""
        self.alias = alias
        for column in self.table.columns:
            if column.name in values:
                value = self.stored(column, values[column.name])
                if condition is not None:
                    value = f"CASE WHEN ({condition}\n) THEN {value} ELSE {self.value(column.name)} END"
                self.values[column.name] = value
        self.touched.update(values)
        note(self, alias, values, condition, "`")

    def delete(self, alias: str, condition: str) -> None:
        """Add a DELETE of the rows for which a condition is true."""
        self.alias = alias
        self.kept.append(f"({condition}\n) IS NOT TRUE")

    def empty(self) -> None:
        """Add a TRUNCATE, or a DELETE of every row."""
        self.kept.append("FALSE")
        self.emptied = True

    def unguarded(self) -> Iterator[str]:
        """Yield what on touched columns is neither guarded nor asked about."""
        table = self.table
        for check in self._checks():
            if self._guarding(check) is None:
                yield f"constraint `{check.name}` is only checked in a copy"
        for index in table.unique:
            if self.touched.intersection(index.columns) and index.opaque:
                yield f"constraint `{index.name}` is over parts of columns or expressions"
        for key in table.references:
            if self.touched.intersection(key.columns):
                yield f"foreign key `{key.name}` is only checked in a copy"
        for column in table.columns:
            if self.touched.intersection(NAME.findall(column.generated or "")):
                yield f"the generated column `{column.name}` is made of what rules set"

    def read(self) -> TableRead:
        """Return what to read instead of the table: its rows as the rules leave them, or an error."""
        stored = tuple(column.name for column in self.table.columns if column.generated is None)
        outputs = tuple(map(self._guarded, stored))
        before = self._before([*zip(outputs, stored, strict=True)])
        return TableRead(
            table=self.table.name,
            columns=stored,
            before=before,
            after=self._after(),
            rows=(before, self._after()),
            emptied=self.emptied,
            lines=tuple(dict.fromkeys(self.lines)),
            outputs=outputs,
        )

    def questions(self, facts: Facts, reads: Mapping[TableName, TableRead]) -> Iterator[ConstraintQuery]:
        """Yield the questions about the table's unique keys; the other constraints are no longer open."""
        for index in self.table.unique:
            known = self.emptied or stays_apart(index, self)
            if self.touched.intersection(index.columns) and not known:
                rows = self.select([(self.value(name), name) for name in index.columns])
                yield ConstraintQuery(self.table.name, index.name, duplicates(index, rows))

    def select(self, outputs: Sequence[tuple[str, str]], limit: int = 0) -> str:
        """Return a SELECT of expressions, named, of the rows that stay of all or of so many raw ones."""
        columns = ", ".join(quote(column.name) for column in self.table.columns)
        most = f" LIMIT {limit}" if limit else ""
        source = f"SELECT {columns} FROM {quoted(self.table.name, 'mysql')}{most}"
        return f"{self._before(outputs)}{source}{self._after()}"

    def _before(self, outputs: Sequence[tuple[str, str]]) -> str:
        return f"SELECT {', '.join(f'{value} AS {quote(name)}' for value, name in outputs)} FROM ("

    def _after(self) -> str:
        kept = f" WHERE {' AND '.join(self.kept)}" if self.kept else ""
        return f") AS {quote(self._called)}{kept}"

    @property
    def _called(self) -> str:
        return self.alias or self.table.name.name

    def value(self, name: str) -> str:
        """Return what a column holds after the rules, of the row as it was."""
        return self.values.get(name) or f"{quote(self._called)}.{quote(name)}"

    def _guarded(self, name: str) -> str:
        """Return a column's value, or what fails where the row must not be."""
        column, value = self.table.column(name), self.value(name)
        if column is None or name not in self.touched:
            return value
        if column.not_null:
            value = f"COALESCE({value}, {refuse(column)})"
        checks = [self._said(check) for check in self._checks() if self._guarding(check) == name]
        if checks:
            value = f"CASE WHEN {' OR '.join(checks)} THEN {refuse(column)} ELSE {value} END"
        return value

    def _checks(self) -> Iterator[CheckFacts]:
        """Yield the CHECKs that rules could break; assigning alone sees that a document is one."""
        for check in self.table.checks:
            document = [f"json_valid({quote(name)})" for name in check.columns] == [check.expression]
            valid = document and kind_of(self.table.column(check.columns[0])) == "json"
            if self.touched.intersection(check.columns) and not valid:
                yield check

    def _guarding(self, check: CheckFacts) -> str | None:
        """Return the column that fails in place of a row that a CHECK refuses, None if none can."""
        stored = (column for column in self.table.columns if column.generated is None)
        able = (
            column.name for column in stored if kind_of(column) not in ("enum", "bytes", "inexact", "other")
        )
        return next((name for name in able if name in self.touched and name in check.columns), None)

    def _said(self, check: CheckFacts) -> str:
        """Return that a CHECK is false of what rules make of the columns in it.

        The server writes every name in it in quotes of their own.
        """
        said = TEXT_OR_NAME.sub(
            lambda found: f"({self.value(found[1].replace('``', '`'))})" if found[1] else found[0],
            check.expression,
        )
        return f"({said}) IS FALSE"
