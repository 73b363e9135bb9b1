"""What rules compute while a source is read, piece by piece: to find out which piece it is that fails."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..model.analysis import Piece, Resolved
from ..model.catalog import TableName
from ..model.identifier import quote
from ..model.pushdown import Facts
from ..model.rules import Rule
from .constraints import leaves, rows_of, table_read
from .layers import Layers, assigned
from .masking import Masker


@dataclass(frozen=True, slots=True)
class Step:
    """A condition or a value of a rule, where it stands, and a query that computes nothing more of it."""

    table: TableName
    line: int
    column: int
    query: str


def steps(rules: Sequence[Resolved], facts: Facts, masker: Masker) -> Iterator[Step]:
    """Yield what rules compute of the rows as the rules before them leave them, in order."""
    held: dict[TableName, Layers] = {}
    for rule in rules:
        root = facts.tables.get(rule.targets[0]) if rule.targets and rule.targets[0] else None
        if root is None or rule.analysis.target is None:
            continue
        for table in [root] if rule.analysis.target.only else leaves(root, facts):
            layers = held.setdefault(table.name, Layers(table))
            if rule.analysis.kind in ("update", "delete") and not layers.emptied:
                yield from _Rule(rule, masker, layers).steps()
            else:
                layers.empty()


def place(rule: Rule, piece: Piece) -> tuple[int, int]:
    """Return the line and the column, in the rules' text, where a piece of a rule begins."""
    begins = rule.text.rfind("\n", 0, piece.start)
    return piece.line, piece.start - begins if begins >= 0 else rule.column + piece.start


@dataclass(frozen=True, slots=True)
class _Rule:
    """An update or delete, and what the rules before it leave of one table."""

    rule: Resolved
    masker: Masker
    layers: Layers

    def steps(self) -> Iterator[Step]:
        """Yield the condition, then the values that are set where it is true; then add all of it."""
        analysis, layers = self.rule.analysis, self.layers
        alias = analysis.targets[0].alias
        name = layers.table.name
        rows = f"({rows_of(name, {name: table_read(layers)})}) AS {quote(alias)}"
        condition = self._text(analysis.where) if analysis.where else None
        if analysis.where and condition:
            yield self._step(analysis.where, rows, f"({condition}\n)")
        met = f"{rows} WHERE ({condition}\n)" if condition else rows
        values: dict[str, str] = {}
        for one in analysis.assignments:
            if (column := layers.table.column(one.column)) is not None:
                default = (column.default or "NULL") if one.value.text.upper() == "DEFAULT" else None
                values[one.column] = default or self._text(one.value, assigned=one.column)
                yield self._step(one.value, met, assigned(column, values[one.column]))
        if values:
            layers.update(alias, values, condition, once=False, fenced=bool(analysis.volatile))
        elif condition:
            layers.delete(alias, condition)
        else:
            layers.empty()

    def _step(self, piece: Piece, rows: str, value: str) -> Step:
        query = f"SELECT FROM {rows} HAVING pg_catalog.count(({value})::pg_catalog.text) < 0"
        return Step(self.layers.table.name, *place(self.rule.analysis.rule, piece), query)

    def _text(self, piece: Piece, *, assigned: str = "") -> str:
        target = self.rule.targets[0]
        table = self.masker.catalog.table(target) if target is not None else None
        return self.masker.text(piece.text, table, assigned=assigned, line=piece.line)
