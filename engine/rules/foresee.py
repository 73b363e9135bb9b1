"""Questions to the source whether it would take what rules write, before anything is restored for them.

Rules are followed in order, as layers around each table. A table that a rule changes in a way that is not
followed is left out: what is asked then would prove nothing.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..model.analysis import Analysis, Assignment, Piece, Resolved
from ..model.catalog import TableName
from ..model.errors import ConfigMissing, RuleRefused
from ..model.identifier import quote
from ..model.pushdown import ColumnFacts, Facts, TableFacts, TableRead, UniqueFacts
from .constraints import duplicates, leaves, orphans, rows_of, table_read
from .layers import ROW, Layers
from .masking import Masker, mask_called

MANY = 20_000
"""Rows that are asked about where there is no time for all."""
PLAIN_TEXT = frozenset((25, 1043))


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A query that fails or gives a row if the source would refuse what `assignment` writes.

    `part` is the same for some rows only. An answer proves it if it is `sure`.
    """

    code: str
    table: TableName
    assignment: Assignment
    what: str
    whole: str
    part: str
    sure: bool = True
    sums: tuple["Foreseen", ...] = ()


def foresee(rules: Sequence[Resolved], facts: Facts, masker: Masker) -> Iterator[Foreseen]:
    """Yield what to ask; questions with `sums` stand for those, which are only asked if it does not pass."""
    course = _Course(facts, masker)
    for rule in rules:
        course.follow(rule)
    yield from course.questions()


class _Course:
    def __init__(self, facts: Facts, masker: Masker) -> None:
        self.facts, self.masker = facts, masker
        self.layers: dict[TableName, Layers] = {}
        self.written: defaultdict[TableName, dict[str, Assignment]] = defaultdict(dict)
        self.unsure: set[TableName] = set()
        self.lost: set[TableName] = set()
        self.removed: dict[TableName, Analysis] = {}

    def follow(self, rule: Resolved) -> None:
        """Take a statement into account."""
        analysis = rule.analysis
        tables = [table for name in rule.targets if name for table in self._leaves(rule, name)]
        if analysis.rule.unsafe:
            self.lost.update(self.facts.tables)
        elif analysis.kind == "truncate":
            for table in tables:
                self.layers.setdefault(table.name, Layers(table)).empty()
            self.lost.update(_referring(tables, self.facts) if "cascade" in analysis.features else ())
        elif analysis.kind == "delete" and not analysis.reasons:
            self._removed(rule, tables)
        elif analysis.kind == "update" and not analysis.reasons:
            self._updated(rule, tables)
        else:
            self.lost.update(table.name for table in tables)

    def _leaves(self, rule: Resolved, name: TableName) -> Iterator[TableFacts]:
        root, target = self.facts.tables.get(name), rule.analysis.target
        if root is not None:
            yield from [root] if target and target.only else leaves(root, self.facts)

    def _removed(self, rule: Resolved, tables: Sequence[TableFacts]) -> None:
        condition = self._condition(rule)
        for table in tables:
            layers = self.layers.setdefault(table.name, Layers(table))
            if condition is None or rule.unknown:
                layers.empty()
            else:
                layers.delete(rule.analysis.targets[0].alias, condition)
            self._doubt(rule, table)
            self.removed.setdefault(table.name, rule.analysis)
        self.lost.update(
            _referring(tables, self.facts, action="c") | _referring(tables, self.facts, action="n")
        )

    def _updated(self, rule: Resolved, tables: Sequence[TableFacts]) -> None:
        analysis = rule.analysis
        named = self.masker.catalog.table(rule.targets[0]) if rule.targets and rule.targets[0] else None
        try:
            values = {
                one.column: self.masker.text(one.value.text, named, assigned=one.column)
                for one in analysis.assignments
            }
            condition = self._condition(rule)
        except (RuleRefused, ConfigMissing):
            values, condition = {}, None  # a check says it better
        for table in tables:
            columns = [table.column(name) for name in values]
            computed = any(column is None or column.generated for column in columns)
            if not values or rule.unknown or computed or _default(analysis):
                self.lost.add(table.name)
                continue
            layers = self.layers.setdefault(table.name, Layers(table))
            fenced = bool(analysis.volatile)
            layers.update(analysis.targets[0].alias, values, condition, once=fenced, fenced=fenced)
            self.written[table.name].update({one.column: one for one in analysis.assignments})
            self._doubt(rule, table)

    def _condition(self, rule: Resolved) -> str | None:
        where = rule.analysis.where
        named = self.masker.catalog.table(rule.targets[0]) if rule.targets and rule.targets[0] else None
        return self.masker.text(where.text, named) if where else None

    def _doubt(self, rule: Resolved, table: TableFacts) -> None:
        """Note that a rule's result is not the same each time, or depends on what other rules leave."""
        touched = {*self.layers, *self.lost}
        if rule.analysis.volatile or touched.intersection(name for name in rule.reads if name):
            self.unsure.add(table.name)

    def questions(self) -> Iterator[Foreseen]:
        """Yield the questions about every table that was followed to the end."""
        reads = {name: table_read(layers) for name, layers in self.layers.items()}
        for name in sorted(self.written):
            followed = name not in self.lost and name in self.facts.taken
            if followed and not self.layers[name].emptied and not self.layers[name].table.rewritten:
                yield from _Table(self, self.layers[name].table, reads).questions()
        for name in sorted(self.facts.taken) if self.removed else ():
            if name not in self.lost and not (name in self.layers and self.layers[name].emptied):
                yield from _Table(self, self.facts.tables[name], reads).missing()


@dataclass(frozen=True, slots=True)
class _Table:
    course: _Course
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
            if (column := self._touched(index.columns)) and not self._kept(index):
                query = duplicates(index, "{}")
                yield self._asked("unique-collision", column, f"constraint `{index.name}`", query)
        for key in self.table.references:
            held = [leaf for leaf in self._held(key.referenced) if leaf.name in self.course.facts.taken]
            column = self._touched(key.columns)
            lost = self.course.lost.intersection(leaf.name for leaf in held)
            if column and key.simple and held and not lost and key.on_update not in "cnd":
                names = tuple(leaf.name for leaf in held)
                query = orphans(key, names, self.reads)
                yield self._asked("foreign-key", column, f"foreign key `{key.name}`", query)

    def missing(self) -> Iterator[Foreseen]:
        """Yield questions for rows that refer to removed ones."""
        course, table = self.course, self.table
        for key in table.references:
            held = tuple(leaf.name for leaf in self._held(key.referenced))
            gone = next((course.removed[name] for name in held if name in course.removed), None)
            out = not course.facts.taken.issuperset(held) or not course.lost.isdisjoint(held)
            if gone is None or out or not key.simple or key.on_delete not in "ar":
                continue
            text = gone.rule.text
            place = Assignment(key.columns[0], Piece(text, 0, len(text), gone.rule.line))
            what = f"foreign key `{key.name}` to `{key.referenced}`, whose rows are deleted,"
            query = orphans(key, held, self.reads).replace("{}", rows_of(table.name, self.reads), 1)
            sure = course.unsure.isdisjoint((table.name, *held))
            yield Foreseen("foreign-key", table.name, place, what, query, query, sure=sure)

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
        return next((name for name in names if name in self.course.written[self.table.name]), "")

    def _held(self, name: TableName) -> Iterator[TableFacts]:
        found = self.course.facts.tables.get(name)
        return leaves(found, self.course.facts) if found else iter(())

    def _kept(self, index: UniqueFacts) -> bool:
        """Tell whether a key stays one by itself: masks keep what is unique apart."""
        written = self.course.written[self.table.name]
        values = [written[name].value.text for name in index.columns if name in written]
        calls = [value.partition("(")[0].strip().lower() for value in values]
        plain = index.predicate is None and {key.strip('"') for key in index.keys} <= set(index.columns)
        return index.opaque or index.excludes or (plain and all(map(mask_called, calls)))


def _constrained(column: ColumnFacts) -> bool:
    return (
        column.base not in PLAIN_TEXT
        or column.limited is not None
        or column.type not in ("text", "character varying")
    )


def _default(analysis: Analysis) -> bool:
    return any(one.value.text.upper() == "DEFAULT" for one in analysis.assignments)


def _referring(tables: Sequence[TableFacts], facts: Facts, *, action: str = "") -> set[TableName]:
    """Return the tables whose rows go or change with those of others."""
    found, new = set[TableName](), {table.name for table in tables}
    while new:
        below = {
            table.name
            for table in facts.tables.values()
            for key in table.references
            if key.referenced in new and (not action or key.on_delete == action)
        }
        new = below - found
        found |= below
    return found
