"""Questions to MySQL and MariaDB whether they would take what rules write, before a copy is made for them.

They compare the values themselves, since what a SELECT converts it does not refuse.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ..model.analysis import Resolved
from ..model.pushdown import CheckFacts, ColumnFacts, Facts, ReferenceFacts, TableFacts
from .course import MANY, STRICT, Course, Foreseen
from .flat import NAME, Flat, duplicates, quote
from .hazards_mysql import read_after_set
from .masking import Masker
from .values_mysql import INTEGER, WHOLE, kind_of, refused

# `{}` stands for the rows.
GIVEN = "SELECT 1 FROM ({}) AS made WHERE"
LENGTH = re.compile(r"(?:var)?char\((\d+)\)")
# As SQL numbers without a fraction are compared; above that a text becomes an inexact one.
EXACT_BITS = 32


def foresee(rules: Sequence[Resolved], facts: Facts, masker: Masker) -> Iterator[Foreseen]:
    """Yield what to ask; questions with `sums` stand for those, which are only asked if it does not pass."""
    course = Course(facts, masker, partial(Flat, stored=_as_it_is), _sees_raw_rows)
    for rule in rules:
        course.follow(rule)
    for rows in course.followed():
        yield from _Table(course, rows.table).questions()

    def missing(table: TableFacts, key: ReferenceFacts) -> tuple[str, str]:
        asked = _Table(course, table)
        return asked.on_rows(asked.orphans(key))

    yield from course.missing(missing)


def _as_it_is(_column: ColumnFacts, value: str) -> str:
    return f"({value}\n)"


def _sees_raw_rows(rule: Resolved, rows: Flat) -> bool:
    """Tell whether a rule reads nothing that was set before, by the name that the table has for all rules."""
    own = rule.analysis.targets[0].alias
    return rows.alias in ("", own) and not any(read_after_set(rule.analysis, rows.touched))


@dataclass(frozen=True, slots=True)
class _Table:
    course: Course[Flat]
    table: TableFacts

    def questions(self) -> Iterator[Foreseen]:
        """Yield one question for all that a row tells by itself, and one for each key."""
        conditions = [*self._conditions()]
        alone = tuple(
            self._asked(code, column, what, f"{GIVEN} {test} LIMIT 1", sure=sure)
            for code, column, what, test, sure in conditions
        )
        if alone:
            tests = " OR ".join(f"({test})" for _, _, _, test, _ in conditions)
            whole, part = self.on_rows(f"{GIVEN} {tests} LIMIT 1")
            yield replace(alone[0], whole=whole, part=part, sums=alone)
        for index in self.table.unique:
            column = self._touched(index.columns)
            kept = self.course.keeps_apart(self.table.name, index) or not self._is_stored(index.columns)
            if column and not kept:
                query = duplicates(index, "{}")
                yield self._asked("unique-collision", column, f"constraint `{index.name}`", query)
        for key in self.table.references:
            column = self._touched(key.columns)
            known = key.referenced in self.course.facts.taken and key.referenced not in self.course.lost
            if column and known and key.on_update in STRICT:
                query = self.orphans(key)
                yield self._asked("foreign-key", column, f"foreign key `{key.name}`", query)

    def orphans(self, key: ReferenceFacts) -> str:
        """Return the question for rows that refer to nothing, which a server answers by a hash."""
        own = ", ".join(f"made.{quote(name)}" for name in key.columns)
        given = " AND ".join(f"made.{quote(name)} IS NOT NULL" for name in key.columns)
        other = ", ".join(f"held.{quote(name)}" for name in key.referenced_columns)
        there = " AND ".join(f"held.{quote(name)} IS NOT NULL" for name in key.referenced_columns)
        held = _Table(self.course, self.course.facts.tables[key.referenced]).rows()
        found = f"SELECT {other} FROM ({held}) AS held WHERE {there}"
        return f"{GIVEN} {given} AND ({own}) NOT IN ({found}) LIMIT 1"

    def on_rows(self, query: str) -> tuple[str, str]:
        """Return a question about all of the table's rows, and about some, as the rules leave them."""
        return query.replace("{}", self.rows(), 1), query.replace("{}", self.rows(MANY), 1)

    def rows(self, limit: int = 0) -> str:
        """Return a SELECT of the table's rows as rules leave them, texts compared as their columns are."""
        rows = self.course.rows.get(self.table.name) or Flat(self.table)
        return rows.select([(_compared(column, rows), column.name) for column in self.table.columns], limit)

    def _conditions(self) -> Iterator[tuple[str, str, str, str, bool]]:
        """Yield what must not be true of a row: code, column, what refuses it, test, and if that is sure."""
        written = self.course.written[self.table.name]
        for column in self.table.columns:
            value, what = f"made.{quote(column.name)}", f"its type `{column.type}`"
            if column.name not in written:
                continue
            if (found := LENGTH.match(column.type.lower())) is not None:
                long = f"CHAR_LENGTH(TRIM(TRAILING ' ' FROM {value})) > {found[1]}"
                yield "value-refused", column.name, what, long, True
            if (limits := _limits(column)) is not None:
                outside = f"ROUND({value}) NOT BETWEEN {limits[0]} AND {limits[1]}"
                yield "value-refused", column.name, what, outside, self._is_own(column)
            # An old TIMESTAMP takes the moment for NULL.
            if column.not_null and not column.type.lower().startswith("timestamp"):
                yield "not-null", column.name, "NOT NULL", f"{value} IS NULL", True
        for check in self.table.checks:
            name = self._touched(check.columns)
            if name and self._is_stored(check.columns):
                sure = all(self._is_own(one) for one in self.table.columns if one.name in check.columns)
                yield "check-constraint", name, f"constraint `{check.name}`", _said(check), sure

    def _is_own(self, column: ColumnFacts) -> bool:
        """Tell whether a column holds what it had, or a value that is surely of its own type."""
        one = self.course.written[self.table.name].get(column.name)
        return one is None or refused(column, one.value.text, self.table, filtered=True) is None

    def _is_stored(self, columns: Sequence[str]) -> bool:
        """Tell whether none of some columns is computed from what rules set."""
        computed = (one for one in self.table.columns if one.name in columns and one.generated is not None)
        return not any(self._touched(NAME.findall(one.generated or "")) for one in computed)

    def _asked(self, code: str, column: str, what: str, query: str, *, sure: bool = True) -> Foreseen:
        name = self.table.name
        whole, part = self.on_rows(query)
        certain = sure and name not in self.course.unsure
        return Foreseen(code, name, self.course.written[name][column], what, whole, part, sure=certain)

    def _touched(self, names: Sequence[str]) -> str:
        return self.course.touched(self.table.name, names)


def _compared(column: ColumnFacts, rows: Flat) -> str:
    value = rows.value(column.name)
    if column.name in rows.touched and column.charset and kind_of(column) == "text":
        return f"(CONVERT({value} USING {column.charset}) COLLATE {column.collation})"
    return value


def _limits(column: ColumnFacts) -> tuple[int, int] | None:
    """Return the least and the greatest whole number of a column, None if it has other values."""
    found = INTEGER.fullmatch(column.type.lower())
    if found is None or WHOLE[found[1]] > EXACT_BITS:
        return None
    bits = WHOLE[found[1]]
    return (0, (1 << bits) - 1) if found[2] else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def _said(check: CheckFacts) -> str:
    """Return that a CHECK is false; the server writes every name in it alone, in quotes."""
    return f"({check.expression}\n) IS FALSE"
