"""Questions to PostgreSQL whether it would take what rules write, before anything is restored for them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..model.analysis import Resolved
from ..model.catalog import TableName
from ..model.identifier import quote
from ..model.pushdown import ColumnFacts, Facts, ReferenceFacts, TableFacts, TableRead
from .constraints import duplicates, orphans, rows_of, table_read
from .course import MANY, STRICT, Course, Foreseen
from .layers import ROW
from .masking import Masker
from .numbered import PLAIN_TEXT
from .rows import Nested


def foresee(rules: Sequence[Resolved], facts: Facts, masker: Masker) -> Iterator[Foreseen]:
    """Yield what to ask; questions with `sums` stand for those, which are only asked if it does not pass."""
    course = Course(facts, masker, Nested, lambda _rule, _rows: True)
    for rule in rules:
        course.follow(rule)
    reads = {name: table_read(layers) for name, layers in course.rows.items()}
    for rows in course.followed():
        yield from _Table(course, rows.table, reads).questions()

    def missing(table: TableFacts, key: ReferenceFacts) -> tuple[str, str]:
        query = orphans(key, course.held(key.referenced), reads).replace("{}", rows_of(table.name, reads), 1)
        return query, query

    yield from course.missing(missing)


@dataclass(frozen=True, slots=True)
class _Table:
    course: Course[Nested]
    table: TableFacts
    reads: dict[TableName, TableRead]

    def questions(self) -> Iterator[Foreseen]:
        """Yield one question for all that a row tells by itself, and one for each key."""
        conditions = [*self._conditions()]
        if conditions:
            tests = " OR ".join(test for _, _, _, test in conditions)
            alone = tuple(
                self._asked(code, column, what, f"SELECT FROM ({{}}\n) AS {ROW} HAVING {test}")
                for code, column, what, test in conditions
            )
            whole = f"SELECT FROM ({self._rows()}\n) AS {ROW} HAVING {tests}"
            part = f"SELECT FROM ({self._rows(MANY)}\n) AS {ROW} HAVING {tests}"
            first = alone[0]
            yield Foreseen(first.code, self.table.name, first.assignment, first.what, whole, part, sums=alone)
        for index in self.table.unique:
            column = self._touched(index.columns)
            if column and not self.course.keeps_apart(self.table.name, index):
                query = duplicates(index, "{}")
                yield self._asked("unique-collision", column, f"constraint `{index.name}`", query)
        for key in self.table.references:
            held = tuple(name for name in self.course.held(key.referenced) if name in self.course.facts.taken)
            column = self._touched(key.columns)
            lost = self.course.lost.intersection(held)
            if column and key.simple and held and not lost and key.on_update in STRICT:
                query = orphans(key, held, self.reads)
                yield self._asked("foreign-key", column, f"foreign key `{key.name}`", query)

    def _conditions(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield what must not be true of the rows, with the code, the column and what refuses them."""
        written = self.course.written[self.table.name]
        for column in self.table.columns:
            value = f"{ROW}.{quote(column.name)}"
            if column.name in written and _constrained(column):
                test = f"pg_catalog.count(({value})::pg_catalog.text) < 0"
                yield "value-refused", column.name, f"its type `{column.type}`", test
            if column.name in written and column.not_null:
                yield "not-null", column.name, "NOT NULL", f"pg_catalog.bool_or({value} IS NULL)"
        for check in self.table.checks:
            column_ = self._touched(check.columns)
            if column_ and check.expression and check.valid and not check.opaque:
                test = f"pg_catalog.bool_or(({check.expression}\n) IS FALSE)"
                yield "check-constraint", column_, f"constraint `{check.name}`", test

    def _asked(self, code: str, column: str, what: str, query: str) -> Foreseen:
        name = self.table.name
        whole, part = (query.replace("{}", self._rows(limit), 1) for limit in (0, MANY))
        sure = name not in self.course.unsure
        return Foreseen(code, name, self.course.written[name][column], what, whole, part, sure=sure)

    def _rows(self, limit: int = 0) -> str:
        if not limit:
            return rows_of(self.table.name, self.reads)
        before, after = self.reads[self.table.name].rows
        return f"{before}{rows_of(self.table.name, {})} LIMIT {limit}{after}"

    def _touched(self, names: Sequence[str]) -> str:
        return self.course.touched(self.table.name, names)


def _constrained(column: ColumnFacts) -> bool:
    return (
        column.base not in PLAIN_TEXT
        or column.limited is not None
        or column.type not in ("text", "character varying")
    )
