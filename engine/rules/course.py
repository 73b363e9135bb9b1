"""What rules make of the tables of a source, one after the other, as far as it can be followed.

A table that a rule changes in a way that is not followed is lost: what is asked of it would prove nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from ..model.analysis import Analysis, Assignment, Piece, Resolved
from ..model.catalog import TableName
from ..model.errors import ConfigMissing, RuleRefused
from ..model.pushdown import Facts, ReferenceFacts, TableFacts, UniqueFacts
from .constraints import leaves
from .masking import Masker, mask_called
from .numbered import stays_apart
from .rows import Rows

MANY = 20_000
"""Rows that are asked about where there is no time for all."""
# What a foreign key does that rows go or change with those they refer to, or may do.
FOLLOWING = "cnd?"
# What one does that refuses instead.
STRICT = "ar"
RowsT = TypeVar("RowsT", bound=Rows)
Orphans: TypeAlias = Callable[[TableFacts, ReferenceFacts], tuple[str, str]]


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


class Course(Generic[RowsT]):
    """Rows by table, with which assignment wrote each column last.

    Args:
        begin: Returns the rows of a table that no rule changed yet.
        follows: Tells whether a rule sees a table's rows as they are kept here.
    """

    def __init__(
        self,
        facts: Facts,
        masker: Masker,
        begin: Callable[[TableFacts], RowsT],
        follows: Callable[[Resolved, RowsT], bool],
    ) -> None:
        self.facts = facts
        self.rows: dict[TableName, RowsT] = {}
        self.written: defaultdict[TableName, dict[str, Assignment]] = defaultdict(dict)
        self.unsure: set[TableName] = set()
        self.lost: set[TableName] = set()
        self.removed: dict[TableName, Analysis] = {}
        self._masker, self._begin, self._follows = masker, begin, follows

    def follow(self, rule: Resolved) -> None:
        """Take a statement into account."""
        analysis = rule.analysis
        tables = [table for name in rule.targets if name for table in self._leaves(rule, name)]
        if analysis.rule.unsafe:
            self.lost.update(self.facts.tables)
        elif analysis.kind == "truncate":
            for table in tables:
                self._of(table).empty()
            self.lost.update(self._referring(tables) if "cascade" in analysis.features else ())
        elif analysis.kind == "delete" and not analysis.reasons:
            self._removed(rule, tables)
        elif analysis.kind == "update" and not analysis.reasons:
            self._updated(rule, tables)
        else:
            self.lost.update(table.name for table in tables)
            self.lost.update(self._referring(tables, actions=FOLLOWING) if analysis.kind == "delete" else ())

    def followed(self) -> Iterator[RowsT]:
        """Yield the rows of the tables that rules write and whose rows are known to the end."""
        for name in sorted(self.written):
            rows = self.rows.get(name)
            known = name not in self.lost and name in self.facts.taken
            if known and rows is not None and not rows.emptied and not rows.table.rewritten:
                yield rows

    def missing(self, queries: Orphans) -> Iterator[Foreseen]:
        """Yield questions for rows that refer to removed ones; `queries` are one for all and one for some."""
        for name in sorted(self.facts.taken) if self.removed else ():
            if name in self.lost or (name in self.rows and self.rows[name].emptied):
                continue
            table = self.facts.tables[name]
            for key in table.references:
                held = self.held(key.referenced)
                gone = next((self.removed[one] for one in held if one in self.removed), None)
                known = self.facts.taken.issuperset(held) and self.lost.isdisjoint(held)
                if gone is None or not known or not key.simple or key.on_delete not in STRICT:
                    continue
                text = gone.rule.text
                place = Assignment(key.columns[0], Piece(text, 0, len(text), gone.rule.line))
                what = f"foreign key `{key.name}` to `{key.referenced}`, whose rows are deleted,"
                whole, part = queries(table, key)
                sure = self.unsure.isdisjoint((name, *held))
                yield Foreseen("foreign-key", name, place, what, whole, part, sure=sure)

    def held(self, name: TableName) -> tuple[TableName, ...]:
        """Return the tables that hold the rows of one."""
        found = self.facts.tables.get(name)
        return tuple(leaf.name for leaf in leaves(found, self.facts)) if found else ()

    def touched(self, table: TableName, columns: Sequence[str]) -> str:
        """Return the first of some columns that rules write, "" if they write none."""
        return next((name for name in columns if name in self.written[table]), "")

    def keeps_apart(self, table: TableName, index: UniqueFacts) -> bool:
        """Tell whether a key stays one by itself: masks keep what is unique apart, and so does a number."""
        written = self.written[table]
        values = [written[name].value.text for name in index.columns if name in written]
        calls = [value.partition("(")[0].strip().lower() for value in values]
        masked = bool(index.key_columns) and all(map(mask_called, calls))
        return index.opaque or index.excludes or masked or stays_apart(index, self.rows[table])

    def _of(self, table: TableFacts) -> RowsT:
        return self.rows.setdefault(table.name, self._begin(table))

    def _leaves(self, rule: Resolved, name: TableName) -> Iterator[TableFacts]:
        root, target = self.facts.tables.get(name), rule.analysis.target
        if root is not None:
            yield from [root] if target and target.only else leaves(root, self.facts)

    def _removed(self, rule: Resolved, tables: Sequence[TableFacts]) -> None:
        condition = self._condition(rule)
        for table in tables:
            rows = self._of(table)
            if not self._follows(rule, rows):
                self.lost.add(table.name)
            elif condition is None or rule.unknown:
                rows.empty()
            else:
                rows.delete(rule.analysis.targets[0].alias, condition)
            self._doubt(rule, table)
            self.removed.setdefault(table.name, rule.analysis)
        self.lost.update(self._referring(tables, actions=FOLLOWING))

    def _updated(self, rule: Resolved, tables: Sequence[TableFacts]) -> None:
        analysis = rule.analysis
        named = self._masker.catalog.table(rule.targets[0]) if rule.targets and rule.targets[0] else None
        try:
            values = {
                one.column: self._masker.text(one.value.text, named, assigned=one.column)
                for one in analysis.assignments
            }
            condition = self._condition(rule)
        except (RuleRefused, ConfigMissing):
            values, condition = {}, None  # a check says it better
        for table in tables:
            columns = [table.column(name) for name in values]
            computed = any(column is None or column.generated for column in columns)
            rows = self._of(table)
            if not values or rule.unknown or computed or _default(analysis) or not self._follows(rule, rows):
                self.lost.add(table.name)
                continue
            fenced = bool(analysis.volatile)
            rows.update(analysis.targets[0].alias, values, condition, once=fenced, fenced=fenced)
            self.written[table.name].update({one.column: one for one in analysis.assignments})
            self._doubt(rule, table)

    def _condition(self, rule: Resolved) -> str | None:
        where = rule.analysis.where
        named = self._masker.catalog.table(rule.targets[0]) if rule.targets and rule.targets[0] else None
        return self._masker.text(where.text, named) if where else None

    def _doubt(self, rule: Resolved, table: TableFacts) -> None:
        """Note that a rule's result is not the same each time, or depends on what other rules leave."""
        touched = {*self.rows, *self.lost}
        if rule.analysis.volatile or touched.intersection(name for name in rule.reads if name):
            self.unsure.add(table.name)

    def _referring(self, tables: Sequence[TableFacts], *, actions: str = "") -> set[TableName]:
        """Return the tables whose rows go or change with those of others."""
        found, new = set[TableName](), {table.name for table in tables}
        while new:
            below = {
                table.name
                for table in self.facts.tables.values()
                for key in table.references
                if key.referenced in new and (not actions or key.on_delete in actions)
            }
            new = below - found
            found |= below
        return found


def _default(analysis: Analysis) -> bool:
    return any(one.value.text.upper() == "DEFAULT" for one in analysis.assignments)
