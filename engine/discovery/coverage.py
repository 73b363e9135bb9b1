"""What becomes of every column: rules beside what the columns look like."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..model.analysis import Resolved
from ..model.catalog import Catalog, Column, Table, TableName, mentions
from ..model.sensitive import ColumnCoverage, Treatment
from .classify import Classification, looks_personal
from .effects import Effects, State, effects


@dataclass(frozen=True, slots=True)
class Decisions:
    """What somebody decided: rules, the tables whose rows are taken, and reasons to keep columns."""

    rules: Sequence[Resolved] = ()
    taken: Collection[TableName] | None = None
    keep: Mapping[str, str] = field(default_factory=dict[str, str])


def coverage(
    catalog: Catalog, classification: Classification, decisions: Decisions
) -> tuple[ColumnCoverage, ...]:
    """Return every column of every table that holds rows, partitions as part of their table.

    A column is masked if the rules' text proves that every row's value is replaced, and shows nothing in
    which it can be read. Views hold no rows, foreign tables hold them elsewhere, so both are left out.
    """
    personal = {place for place, pieces in classification.found.items() if looks_personal(pieces)}
    reached = {
        (table.name, column.name)
        for table in catalog.tables
        for column in table.columns
        if (root_of(table, catalog), column.name) in personal
    }
    followed = effects(decisions.rules, catalog, reached)
    judge = _Judge(catalog, classification, decisions, followed)
    plain = {
        (table.name, column.name): judge.stored(table, column)
        for table in catalog.tables
        if table.kind in ("table", "partitioned") and table.partition_of is None
        for column in table.columns
    }
    computed = {
        (table.name, column.name): judge.generated(table, column, plain)
        for table in catalog.tables
        for column in table.columns
        if column.generated and (table.name, column.name) in plain
    }
    stored = {**plain, **computed}
    return (*stored.values(), *judge.materialized(stored))


def place_name(table: TableName, column: str) -> str:
    """Return a column as the configuration names it."""
    return f"{table}.{column}"


def undecided(column: ColumnCoverage) -> bool:
    """Tell whether a column looks personal and nobody decided what becomes of it."""
    return column.undecided


def computed_from(table: Table, column: Column) -> tuple[Column, ...]:
    """Return the columns that the expression of a generated one mentions."""
    expression = column.default or ""
    return tuple(other for other in table.columns if other is not column and mentions(expression, other.name))


def root_of(table: Table, catalog: Catalog) -> TableName:
    """Return the table that a partition belongs to in the end, or the table itself."""
    above = catalog.table(table.partition_of) if table.partition_of else None
    return root_of(above, catalog) if above else table.name


@dataclass(frozen=True, slots=True)
class _Judge:
    catalog: Catalog
    classification: Classification
    decisions: Decisions
    effects: Effects

    def stored(self, table: Table, column: Column) -> ColumnCoverage:
        """Judge a column that holds values of its own."""
        taken, kept = self.decisions.taken, self.decisions.keep.get(place_name(table.name, column.name))
        if taken is not None and table.name not in taken:
            return self._covered(table, column, "dropped", "left out of the snapshot")
        leaves = self._leaves(table)
        states: list[State] = [self.effects.state((leaf, column.name)) for leaf in leaves]
        lines = {line for leaf in leaves for line in self.effects.lines.get((leaf, column.name), ())}
        state = _together(states)
        if state in ("masked", "dropped"):
            return self._covered(table, column, state, None, lines)
        if kept:
            return self._covered(table, column, "kept", kept, lines)
        reasons = [self.effects.reasons.get((leaf, column.name), "") for leaf in leaves]
        reason = next((reason for reason in reasons if reason), None)
        if reason is None and len(set(states)) > 1:
            raw = next(leaf for leaf, state in zip(leaves, states, strict=True) if state == "raw")
            reason = f"not masked in every partition, such as `{raw}`"
        weak = next((text for leaf in leaves if (text := self.effects.weak.get((leaf, column.name)))), "")
        return replace(self._covered(table, column, "unclassified", reason, lines), weak=weak)

    def generated(
        self, table: Table, column: Column, stored: Mapping[tuple[TableName, str], ColumnCoverage]
    ) -> ColumnCoverage:
        """Judge a generated column by those that it is computed from."""
        own = stored[table.name, column.name]
        sources = [stored[table.name, other.name] for other in computed_from(table, column)]
        if own.treatment != "unclassified" or not sources:
            return own
        names = ", ".join(f"`{source.column}`" for source in sources)
        if any(undecided(source) for source in sources):
            return self._covered(table, column, "unclassified", f"computed from {names}")
        treatments = {source.treatment for source in sources}
        if treatments == {"unclassified"}:
            return own
        # What is computed from nothing but kept columns is as raw as they are.
        treatment: Treatment = "kept" if treatments <= {"kept", "unclassified"} else "masked"
        return self._covered(table, column, treatment, f"computed from {names}")

    def materialized(
        self, stored: Mapping[tuple[TableName, str], ColumnCoverage]
    ) -> Iterator[ColumnCoverage]:
        """Judge materialised views, which are computed anew from what is stored."""
        for table in self.catalog.tables:
            if table.kind != "materialized-view":
                continue
            below = self._below(table, frozenset())
            read = [covered for covered in stored.values() if covered.table in below]
            names = ", ".join(f"`{name}`" for name in sorted(below))
            open_ = any(undecided(covered) for covered in read)
            for column in table.columns:
                reason = (
                    f"computed from {names}, where columns are undecided"
                    if open_
                    else f"computed anew from {names}"
                )
                yield self._covered(table, column, "unclassified" if open_ else "masked", reason)

    def _below(self, table: Table, seen: frozenset[TableName]) -> frozenset[TableName]:
        """Return the tables that a view is made of in the end."""
        found: set[TableName] = set()
        for name in table.reads:
            read = self.catalog.table(name)
            if read is None or name in seen:
                continue
            if read.kind in ("view", "materialized-view"):
                found |= self._below(read, seen | {name})
            else:
                found.add(root_of(read, self.catalog))
        return frozenset(found)

    def _leaves(self, table: Table) -> tuple[TableName, ...]:
        if table.kind == "table":
            return (table.name,)
        parts = [part for part in self.catalog.tables if part.partition_of == table.name]
        return tuple(leaf for part in parts for leaf in self._leaves(part)) or (table.name,)

    def _covered(
        self,
        table: Table,
        column: Column,
        treatment: Treatment,
        reason: str | None,
        lines: Collection[int] = (),
    ) -> ColumnCoverage:
        return ColumnCoverage(
            table.name,
            column.name,
            column.type,
            treatment,
            evidence=self.classification.of(table.name, column.name),
            reason=reason,
            lines=tuple(sorted(lines)),
        )


def _together(states: Sequence[State]) -> State:
    if set(states) == {"dropped"}:
        return "dropped"
    return "masked" if {*states} <= {"masked", "dropped"} else "raw"
