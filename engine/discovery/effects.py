"""What rules leave of every column, in their order, as far as their text proves it."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..model.analysis import Analysis, Assignment, Relation, Resolved
from ..model.catalog import Catalog, TableName

State = Literal["raw", "partly", "masked", "dropped"]
Place: TypeAlias = tuple[TableName, str]

EVERY_ROW = re.compile(r"true|1\s*=\s*1|\(\s*true\s*\)", re.IGNORECASE)
NAME = r'(?:(?:\w+|"[^"]+")\s*\.\s*)*(?:"(?P<quoted>(?:[^"]|"")+)"|(?P<bare>[^\W\d]\w*))'
ONE_COLUMN = re.compile(NAME)
NOT_NULL = re.compile(NAME + r"\s+is\s+not\s+null", re.IGNORECASE)


@dataclass(slots=True)
class Effects:
    """States of columns of tables that hold rows themselves, with the lines that made them so and why."""

    states: dict[Place, State] = field(default_factory=dict[Place, State])
    lines: defaultdict[Place, list[int]] = field(default_factory=lambda: defaultdict[Place, list[int]](list))
    reasons: dict[Place, str] = field(default_factory=dict[Place, str])

    def state(self, place: Place) -> State:
        """Return what is left of a column."""
        return self.states.get(place, "raw")

    def put(self, place: Place, state: State, *, line: int, reason: str = "") -> None:
        """Note what a line makes of a column."""
        self.states[place] = state
        self.lines[place].append(line)
        self.reasons.pop(place, None)
        if reason:
            self.reasons[place] = reason


def effects(rules: Sequence[Resolved], catalog: Catalog) -> Effects:
    """Follow every rule in order."""
    found = Effects()
    below = _below(catalog)
    columns = {table.name: tuple(column.name for column in table.columns) for table in catalog.tables}
    for rule in rules:
        analysis = rule.analysis
        pairs = [*zip(analysis.targets, rule.targets, strict=True)]
        # What WITH writes beside the statement's own table stays as raw as it was.
        for relation, target in pairs if analysis.kind == "truncate" else pairs[:1]:
            if target is None:
                continue
            for table in _reached(relation, target, below):
                _follow(found, analysis, table, columns=columns.get(table, ()))
        if "cascade" in analysis.features and analysis.kind == "truncate":
            for table in catalog.referring({name for name in rule.targets if name}):
                _empty(found, analysis, table, columns=columns.get(table, ()))
    return found


def _follow(found: Effects, analysis: Analysis, table: TableName, *, columns: Sequence[str]) -> None:
    if analysis.kind == "update":
        for name in analysis.written:
            assignment = next((one for one in analysis.sets if one.column == name and not one.into), None)
            _assign(found, analysis, (table, name), assignment)
    elif analysis.kind == "truncate" or (analysis.kind == "delete" and _every_row(analysis, "")):
        _empty(found, analysis, table, columns=columns)
    elif analysis.kind == "insert" and analysis.reads:
        for name in analysis.written or columns:
            reason = f"line {analysis.rule.line} inserts what it reads elsewhere"
            found.put((table, name), "raw", line=analysis.rule.line, reason=reason)


def _assign(found: Effects, analysis: Analysis, place: Place, assignment: Assignment | None) -> None:
    line = assignment.value.line if assignment else analysis.rule.line
    copied = _copied(assignment) if assignment else None
    if copied == place[1]:
        return
    if copied is not None and found.state((place[0], copied)) not in ("masked", "dropped"):
        found.put(place, "raw", line=line, reason=f"line {line} copies `{copied}`")
    elif _every_row(analysis, place[1]):
        found.put(place, "masked", line=line)
    elif found.state(place) == "raw":
        which = "FROM meets" if "from" in analysis.features else "condition names"
        reason = f"line {analysis.rule.line} masks only the rows that its {which}"
        found.put(place, "partly", line=line, reason=reason)


def _empty(found: Effects, analysis: Analysis, table: TableName, *, columns: Sequence[str]) -> None:
    for name in columns:
        found.put((table, name), "dropped", line=analysis.rule.line)


def _every_row(analysis: Analysis, column: str) -> bool:
    """Tell whether a statement means every row, or every one in which the column has a value."""
    if not analysis.features.isdisjoint(("from", "using", "current-of")):
        return False
    # In a sub-select it takes values, not rows of the statement's own table.
    if "limit" in analysis.features and "subselect" not in analysis.features:
        return False
    if not analysis.filtered:
        return True
    text = analysis.where.text.strip() if analysis.where else ""
    if EVERY_ROW.fullmatch(text):
        return True
    match = NOT_NULL.fullmatch(text)
    return match is not None and _name(match) == column


def _copied(assignment: Assignment) -> str | None:
    """Return the column whose value is assigned just as it is."""
    match = ONE_COLUMN.fullmatch(assignment.value.text.strip())
    name = _name(match) if match else None
    return name if any(use.name == name for use in assignment.columns) else None


def _name(match: re.Match[str]) -> str:
    quoted = match["quoted"]
    return quoted.replace('""', '"') if quoted else match["bare"].lower()


def _below(catalog: Catalog) -> Mapping[TableName, Sequence[TableName]]:
    below: defaultdict[TableName, list[TableName]] = defaultdict(list)
    for table in catalog.tables:
        for parent in (*((table.partition_of,) if table.partition_of else ()), *table.inherits):
            below[parent].append(table.name)
    return below


def _reached(
    relation: Relation, table: TableName, below: Mapping[TableName, Sequence[TableName]]
) -> Iterator[TableName]:
    """Yield a table and, unless ONLY stands before it, its partitions and heirs."""
    yield table
    if not relation.only:
        for child in below.get(table, ()):
            yield from _reached(relation, child, below)
