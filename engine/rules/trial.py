"""Questions to the source whether columns could be set to something: all that types do not tell.

They are SELECTs of what an UPDATE would leave: an error, or a row where there must be none, refuses it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ..model.catalog import TableName, mentions
from ..model.identifier import quote
from ..model.pushdown import CheckFacts, Facts, TableFacts, UniqueFacts
from .constraints import duplicates
from .layers import ROW, Layers

FEW = 200
"""Rows on which a value is computed once; where a constraint is to hold, it is every row."""
MANY = 20_000
"""Rows that are taken where there is no time for all."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query that gives no row, and no error, if `columns` may be set as they were tried.

    `whole` is for all rows that it takes, `part` the same for some of them.
    """

    table: TableName
    columns: tuple[str, ...]
    what: str
    whole: str
    part: str


def refusals(facts: TableFacts, column: str) -> Iterator[str]:
    """Yield why a column cannot be set by a rule whose effect would be known."""
    if column in facts.partition_key or "*" in facts.partition_key:
        yield "it decides the partition of a row"
    if facts.rewritten:
        yield f"a rewrite rule of `{facts.name}` changes what an update does"
    following = {column, *(name for name, sources in _computed(facts).items() if column in sources)}
    for check in facts.checks:
        if check.opaque and following.intersection(check.columns):
            yield f"constraint `{check.name}` calls functions whose body is unknown"
    for index in facts.unique:
        if following.intersection(index.columns) and (index.opaque or index.excludes):
            yield f"constraint `{index.name}` excludes more than equal values, or calls unknown functions"


@dataclass(frozen=True, slots=True)
class Tried:
    """What the columns of a table would be set to, masks in full.

    `domains` are those whose types have constraints of their own, `permuted` those whose new values are of
    the same range as the old ones.
    """

    values: Mapping[str, str]
    domains: Collection[str] = ()
    permuted: Collection[str] = ()


def questions(facts: Facts, table: TableName, tried: Tried) -> Iterator[Question]:
    """Yield what to ask about a table.

    Partitions and heirs have their rows in the table's; of their own constraints only those count that it
    does not have itself.
    """
    root, values = facts.tables[table], tried.values
    asked = _Trial(root, values)
    yield from asked.columns(tried.domains)
    yield from asked.constraints(root.checks, root.unique)
    yield from asked.meetings(root.unique, tried.permuted)
    names = {check.name for check in root.checks}
    for heir in _below(facts, root):
        checks = tuple(check for check in heir.checks if check.name not in names)
        if all(heir.column(name) for name in values):
            yield from _Trial(heir, values).constraints(checks, heir.unique)


class _Trial:
    def __init__(self, facts: TableFacts, values: Mapping[str, str]) -> None:
        self._facts, self._values = facts, values
        self._computed = {
            name: tuple(source for source in sources if source in values)
            for name, sources in _computed(facts).items()
        }

    def columns(self, domains: Collection[str]) -> Iterator[Question]:
        """Ask for each value by itself: whether it can be computed, and whether its domain takes it."""
        for name in (*self._values, *(name for name, sources in self._computed.items() if sources)):
            sources = self._computed.get(name, (name,))
            said = f"{ROW}.{quote(name)}"
            few = f"SELECT {said} FROM ({self._rows(sources)}) AS {ROW}"
            none = "SELECT FROM ({}) AS {} HAVING pg_catalog.count(({}\n)::pg_catalog.text) < 0"
            some = MANY if name in domains else FEW
            part = none.format(f"{few} LIMIT {some}", ROW, said)
            whole = none.format(few, ROW, said) if name in domains else part
            yield Question(self._facts.name, sources, "its type", whole, part)

    def constraints(
        self, checks: tuple[CheckFacts, ...], unique: tuple[UniqueFacts, ...]
    ) -> Iterator[Question]:
        """Ask about the constraints that the values could break; plain keys, masks keep by themselves."""
        for check in checks:
            if check.expression and (columns := self._touched(check.columns)):
                where = f"WHERE ({check.expression}) IS FALSE LIMIT 1"
                query = f"SELECT FROM ({{}}) AS {ROW} {where}"
                yield self._question(columns, f"constraint `{check.name}`", query)
        for index in unique:
            if not index.key_columns and (columns := self._touched(index.columns)):
                yield self._question(columns, f"constraint `{index.name}`", duplicates(index, "{}"))

    def meetings(self, unique: tuple[UniqueFacts, ...], permuted: Collection[str]) -> Iterator[Question]:
        """Ask whether a new key is the old one of another row: in a copy, rows change one by one."""
        for index in unique:
            columns = self._touched(index.columns)
            if not index.key_columns or not set(permuted).intersection(columns):
                continue
            equal = " AND ".join(f"{ROW}.{key} = old.{key}" for key in index.keys)
            query = f"SELECT FROM ({{}}) AS {ROW} JOIN {self._table} AS old ON {equal} LIMIT 1"
            yield self._question(columns, f"constraint `{index.name}`, while rows change one by one,", query)

    def _question(self, columns: tuple[str, ...], what: str, query: str) -> Question:
        whole, part = (query.replace("{}", self._rows(columns, limit), 1) for limit in (0, MANY))
        return Question(self._facts.name, columns, what, whole, part)

    def _touched(self, names: tuple[str, ...]) -> tuple[str, ...]:
        touched = (source for name in names for source in self._computed.get(name, (name,)))
        return tuple(name for name in dict.fromkeys(touched) if name in self._values)

    def _rows(self, columns: tuple[str, ...], limit: int = 0) -> str:
        """Return the table's rows with nothing but these columns changed."""
        layers = Layers(self._facts)
        values = {name: self._values[name] for name in columns}
        layers.update(self._facts.name.name, values, None, once=False, fenced=False)
        before, after = layers.around([column.name for column in self._facts.columns], {}, None)
        return f"{before}SELECT * FROM {self._table}{f' LIMIT {limit}' if limit else ''}{after}"

    @property
    def _table(self) -> str:
        return f"{quote(self._facts.name.schema)}.{quote(self._facts.name.name)}"


def _computed(facts: TableFacts) -> Mapping[str, tuple[str, ...]]:
    """Return the generated columns, and which others the expression of each mentions."""
    names = [column.name for column in facts.columns]
    return {
        column.name: tuple(name for name in names if mentions(column.generated, name) and name != column.name)
        for column in facts.columns
        if column.generated is not None
    }


def _below(facts: Facts, table: TableFacts) -> Iterator[TableFacts]:
    for name in table.children:
        if (child := facts.tables.get(name)) is not None:
            yield child
            yield from _below(facts, child)
