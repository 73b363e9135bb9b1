"""What checks look at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ...model.analysis import Analysis, Assignment, Resolved
from ...model.catalog import Catalog, Column, Table, TableName
from ...model.finding import Finding, Severity
from ...model.sensitive import Kind
from ...model.url import Engine


@dataclass(frozen=True, slots=True)
class Assigned:
    """One assignment, by an UPDATE or to a new row, whose table and column exist."""

    rule: Resolved
    table: Table
    column: Column
    assignment: Assignment

    @property
    def analysis(self) -> Analysis:
        """The statement that it stands in."""
        return self.rule.analysis

    @property
    def line(self) -> int:
        """Where the value stands."""
        return self.assignment.value.line


@dataclass(frozen=True, slots=True)
class Context:
    """The rules beside the live catalogue.

    Attributes:
        rules: The statements, in order.
        catalog: The structure of the source.
        engine: Whose SQL it is.
        rows: How many rows a rule would touch, by position.
        personal: What the columns that look personal hold, the likeliest first; None if nobody looked.
    """

    rules: tuple[Resolved, ...]
    catalog: Catalog
    engine: Engine = "postgres"
    rows: Mapping[int, int] = field(default_factory=dict[int, int])
    personal: Mapping[tuple[TableName, str], Kind] | None = None

    def targeted(self) -> Iterator[tuple[Analysis, Table]]:
        """Yield every rule with each existing table that it writes."""
        for rule in self.rules:
            for name in rule.targets:
                if name is not None and (table := self.catalog.table(name)) is not None:
                    yield rule.analysis, table

    def assigned(self) -> Iterator[Assigned]:
        """Yield every assignment to a column that exists."""
        for rule in self.rules:
            for into, name in enumerate(rule.targets):
                table = self.catalog.table(name) if name is not None else None
                for assignment in rule.analysis.sets if table is not None else ():
                    column = _column(table, assignment) if assignment.into == into else None
                    if table is not None and column is not None:
                        yield Assigned(rule, table, column, assignment)

    def masked(self) -> set[tuple[TableName, str]]:
        """Return every column that some rule sets, in partitions and heirs, too."""
        return {
            (name, found.column.name)
            for found in self.assigned()
            if not found.assignment.adds
            for name in self._reached(found.table, found.analysis)
        }

    def emptied(self) -> set[TableName]:
        """Return the tables that a rule certainly empties, partitions and heirs, too."""
        return {
            name
            for analysis, table in self.targeted()
            if analysis.kind == "truncate" or (analysis.kind == "delete" and not analysis.filtered)
            for name in self._reached(table, analysis)
        }

    def _reached(self, table: Table, analysis: Analysis) -> Iterator[TableName]:
        yield table.name
        if analysis.target is not None and analysis.target.only:
            return
        for child in self.catalog.tables:
            if child.partition_of == table.name or table.name in child.inherits:
                yield from self._reached(child, analysis)


def _column(table: Table | None, assignment: Assignment) -> Column | None:
    """Return the column that is set: by its name, or by its place where an INSERT names none."""
    columns = table.columns if table is not None else ()
    if not assignment.column:
        return columns[assignment.place] if 0 <= assignment.place < len(columns) else None
    return next((column for column in columns if column.name == assignment.column), None)


def about(found: Assigned, code: str, severity: Severity, message: str, hint: str) -> Finding:
    """Return a finding about one assignment."""
    return Finding(
        code,
        severity,
        message,
        hint,
        line=found.line,
        table=str(found.table.name),
        column=found.column.name,
        subject=found.assignment.value.text,
    )


def about_rule(
    analysis: Analysis, table: Table, code: str, *, severity: Severity, message: str, hint: str
) -> Finding:
    """Return a finding about one rule and a table that it writes."""
    return Finding(
        code,
        severity,
        message,
        hint,
        line=analysis.rule.line,
        table=str(table.name),
        subject=analysis.rule.text,
    )
