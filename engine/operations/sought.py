"""Whose originals are looked for: of every column that rules write or empty, in the rows that they change.

What rules leave alone may stand where it stands. Where nobody can tell which rows those are, all values are
looked for, and only the column itself may hold them still.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..database.wanted import Changed, Wanted
from ..model.analysis import Analysis, Resolved
from ..model.catalog import Catalog, Table, TableName
from ..model.sensitive import PERSONAL, ColumnCoverage
from ..proof.forms import root_of

if TYPE_CHECKING:
    from ..rules.masking import Masker

EVERYTHING = "*"


def sought(column: ColumnCoverage, rules: Sequence[Resolved], catalog: Catalog) -> bool:
    """Tell whether values of a column must not be found: rules write it, or remove what is personal in it."""
    table = catalog.table(column.table)
    if table is None or table.kind not in ("table", "partitioned"):
        return False
    if column.treatment in ("masked", "dropped"):
        return _gone(column)
    return any(_touching(column, leaf, rules, catalog) for leaf in _leaves(column.table, catalog))


@dataclass(frozen=True, slots=True)
class Sought:
    """The columns whose originals are looked for, the rules, and the structure of what is read."""

    columns: Sequence[ColumnCoverage]
    rules: Sequence[Resolved]
    catalog: Catalog
    masker: "Masker"

    def wanted(self) -> Mapping[TableName, tuple[Wanted, ...]]:
        """Return what to read of every table that holds rows itself, partitions included."""
        found: dict[TableName, list[Wanted]] = {}
        for column in self.columns:
            for leaf in _leaves(column.table, self.catalog):
                if (wanted := self._of(column, leaf)) is not None:
                    found.setdefault(leaf, []).append(wanted)
        return {leaf: tuple(columns) for leaf, columns in found.items()}

    def _of(self, column: ColumnCoverage, leaf: TableName) -> Wanted | None:
        whole = _wanted(column, self.catalog)
        if _gone(column):
            return whole
        touching = _touching(column, leaf, self.rules, self.catalog)
        if not touching:
            return None
        if any(_everywhere(rule.analysis) for rule in touching):
            return replace(whole, elsewhere=column.treatment == "kept")
        if (changed := self._changed(touching)) is not None:
            return replace(whole, changed=changed)
        written = any(rule.analysis.kind == "update" for rule in touching)
        return replace(whole, elsewhere=True) if written else None

    def _changed(self, touching: Sequence[Resolved]) -> Changed | None:
        """Return the rows that rules change, None if that cannot be asked beside all other rules."""
        aliases = {rule.analysis.targets[0].alias for rule in touching}
        if len(aliases) > 1 or not self._alone(touching):
            return None
        table = self.catalog.table(touching[0].targets[0]) if touching[0].targets[0] else None
        conditions = tuple(
            self.masker.text(rule.analysis.where.text, table) for rule in touching if rule.analysis.where
        )
        return Changed(aliases.pop(), conditions)

    def _alone(self, touching: Sequence[Resolved]) -> bool:
        """Tell whether conditions mean the same on the rows as they were before all rules."""
        chosen, written = {id(rule) for rule in touching}, dict[TableName, set[str]]()
        for rule in self.rules:
            if id(rule) in chosen and not self._means_the_same(rule, written):
                return False
            columns = (EVERYTHING,) if rule.analysis.kind == "insert" else rule.analysis.written
            for name in filter(None, rule.targets):
                written.setdefault(root_of(name, self.catalog), set()).update(columns)
        return True

    def _means_the_same(self, rule: Resolved, written: Mapping[TableName, set[str]]) -> bool:
        """Tell whether a condition reads nothing that rules before it wrote: `written`, columns by table."""
        from ..rules.hazards import text_hazards
        from ..rules.tokens import tokens_of

        analysis = rule.analysis
        if analysis.where is None or analysis.volatile:
            return False
        if any(text_hazards(analysis, tokens_of(analysis.rule, self.masker.engine))):
            return False
        if any(name is None or self.catalog.table(name) is None for name in rule.reads):
            return False
        if any(root_of(name, self.catalog) in written for name in rule.reads if name):
            return False
        own = written.get(root_of(rule.targets[0], self.catalog), set()) if rule.targets[0] else set[str]()
        return own.isdisjoint((EVERYTHING, *(use.name for use in analysis.columns)))


def _gone(column: ColumnCoverage) -> bool:
    """Tell whether nothing of a column is left: it is masked, or it was personal and rules remove it."""
    removed = column.treatment == "dropped" and bool(column.lines)
    return column.treatment == "masked" or (removed and _personal(column))


def _personal(column: ColumnCoverage) -> bool:
    return any(piece.confidence >= PERSONAL for piece in column.evidence)


def _touching(
    column: ColumnCoverage, leaf: TableName, rules: Sequence[Resolved], catalog: Catalog
) -> tuple[Resolved, ...]:
    """Return the rules that write a column of a table, or remove rows and what is personal with them."""
    return tuple(
        rule
        for rule in rules
        if _reaches(rule, leaf, catalog)
        and (
            (rule.analysis.kind == "update" and column.column in rule.analysis.written)
            or (rule.analysis.kind in ("delete", "truncate") and _personal(column))
        )
    )


def _reaches(rule: Resolved, leaf: TableName, catalog: Catalog) -> bool:
    above = {leaf, *_above(leaf, catalog)}
    pairs = zip(rule.analysis.targets, rule.targets, strict=True)
    return any(name == leaf or (name in above and not relation.only) for relation, name in pairs)


def _above(name: TableName, catalog: Catalog) -> Iterator[TableName]:
    table = catalog.table(name)
    partitioned = (table.partition_of,) if table and table.partition_of else ()
    for parent in (*partitioned, *(table.inherits if table else ())):
        yield parent
        yield from _above(parent, catalog)


def _leaves(root: TableName, catalog: Catalog) -> Iterator[TableName]:
    """Yield a table's partitions that hold rows themselves, or the table itself."""
    for table in catalog.tables:
        if table.kind == "table" and root_of(table.name, catalog) == root:
            yield table.name


def _everywhere(analysis: Analysis) -> bool:
    """Tell whether a statement changes every row."""
    return not analysis.filtered and analysis.features.isdisjoint(("from", "using", "current-of", "limit"))


def _wanted(column: ColumnCoverage, catalog: Catalog) -> Wanted:
    table: Table | None = catalog.table(column.table)
    made_of = (
        next((one.made_of for one in table.columns if one.name == column.column), None) if table else None
    )
    strong = [piece for piece in column.evidence if piece.confidence >= PERSONAL]
    return Wanted(
        column.column,
        made_of or column.type,
        tuple(dict.fromkeys(piece.kind for piece in strong)),
        tuple(piece.path for piece in strong if piece.path.startswith("$")),
    )
