"""What rules leave of every column, in their order, as far as their text proves it."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..model.analysis import Analysis, Assignment, Relation, Resolved
from ..model.catalog import Catalog, Column, TableName

State = Literal["raw", "partly", "masked", "dropped"]
Place: TypeAlias = tuple[TableName, str]

EVERY_ROW = re.compile(r"true|1\s*=\s*1|\(\s*true\s*\)", re.IGNORECASE)
NAME = r'(?:(?:\w+|"[^"]+")\s*\.\s*)*(?:"(?P<quoted>(?:[^"]|"")+)"|(?P<bare>[^\W\d]\w*))'
ONE_COLUMN = re.compile(NAME)
NOT_NULL = re.compile(NAME + r"\s+is\s+not\s+null", re.IGNORECASE)
LIMIT = re.compile(r"(?:character varying|character|varchar|char)\((\d+)\)")
# In these `||` takes the place of what was there.
DOCUMENTS = frozenset(("json", "jsonb", "hstore"))
LONG = 32
"""So many characters hold a name, an address or a number in full."""


@dataclass(slots=True)
class Effects:
    """States of columns of tables that hold rows themselves, with the lines that made them so and why.

    `weak` has the values by which a column was set and is still to be read.
    """

    states: dict[Place, State] = field(default_factory=dict[Place, State])
    lines: defaultdict[Place, list[int]] = field(default_factory=lambda: defaultdict[Place, list[int]](list))
    reasons: dict[Place, str] = field(default_factory=dict[Place, str])
    weak: dict[Place, str] = field(default_factory=dict[Place, str])

    def state(self, place: Place) -> State:
        """Return what is left of a column."""
        return self.states.get(place, "raw")

    def put(self, place: Place, state: State, *, line: int, reason: str = "", weak: str = "") -> None:
        """Note what a line makes of a column."""
        self.states[place] = state
        self.lines[place].append(line)
        for notes, note in ((self.reasons, reason), (self.weak, weak)):
            notes.pop(place, None)
            if note:
                notes[place] = note


def effects(
    rules: Sequence[Resolved], catalog: Catalog, personal: Collection[Place] = frozenset()
) -> Effects:
    """Follow every rule in order; `personal` are the columns that look it, those of partitioned tables."""
    found = Effects()
    below = _below(catalog)
    columns = {table.name: table.columns for table in catalog.tables}
    for rule in rules:
        analysis = rule.analysis
        pairs = [*zip(analysis.targets, rule.targets, strict=True)]
        # What WITH writes beside the statement's own table stays as raw as it was.
        for relation, target in pairs if analysis.kind == "truncate" else pairs[:1]:
            if target is None:
                continue
            for table in _reached(relation, target, below):
                _follow(found, analysis, table, columns=columns.get(table, ()), personal=personal)
        if "cascade" in analysis.features and analysis.kind == "truncate":
            for table in catalog.referring({name for name in rule.targets if name}):
                _empty(found, analysis, table, columns=[one.name for one in columns.get(table, ())])
    return found


def _follow(
    found: Effects,
    analysis: Analysis,
    table: TableName,
    *,
    columns: Sequence[Column],
    personal: Collection[Place],
) -> None:
    names = [column.name for column in columns]
    if analysis.kind == "update":
        # Whatever a statement reads, it reads as it was before.
        before = _Before(table, columns, {name: found.state((table, name)) for name in names}, personal)
        for name in analysis.written:
            assignment = next((one for one in analysis.sets if one.column == name and not one.into), None)
            _assign(found, analysis, (table, name), assignment, before=before)
    elif analysis.kind == "truncate" or (analysis.kind == "delete" and _every_row(analysis, "")):
        _empty(found, analysis, table, columns=names)
    elif analysis.kind == "insert" and analysis.reads:
        for name in analysis.written or names:
            reason = f"line {analysis.rule.line} inserts what it reads elsewhere"
            found.put((table, name), "raw", line=analysis.rule.line, reason=reason)


@dataclass(frozen=True, slots=True)
class _Before:
    """One table as a statement finds it."""

    table: TableName
    columns: Sequence[Column]
    states: Mapping[str, State]
    personal: Collection[Place]

    def raw(self, column: str) -> bool:
        """Tell whether a column holds values as they were, of some rows at least."""
        return self.states.get(column, "raw") not in ("masked", "dropped")

    def readable(self, name: str, assignment: Assignment) -> str | None:
        """Return a raw column that can be read in what another one, or itself, is set to."""
        if (set_ := self._column(name)) is None or _base(set_) in DOCUMENTS:
            return None
        for one in assignment.keeps:
            matters = one.column == name or (self.table, one.column) in self.personal
            limit = LIMIT.match(_base(kept)) if (kept := self._column(one.column)) else None
            whole = min(LONG, int(limit[1])) if limit else LONG
            long = one.characters is None or one.characters >= whole
            if kept is not None and matters and long and self.raw(one.column):
                return one.column
        return None

    def _column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def _base(column: Column) -> str:
    return column.made_of or column.type


def _assign(
    found: Effects, analysis: Analysis, place: Place, assignment: Assignment | None, *, before: _Before
) -> None:
    line = assignment.value.line if assignment else analysis.rule.line
    copied = _copied(assignment) if assignment else None
    if copied == place[1]:
        return
    if copied is not None and before.raw(copied):
        found.put(place, "raw", line=line, reason=f"line {line} copies `{copied}`")
    elif assignment and (name := before.readable(place[1], assignment)):
        reason = f"line {line} sets it to what still shows `{name}`"
        found.put(place, "raw", line=line, reason=reason, weak=assignment.value.text)
    elif _every_row(analysis, place[1]):
        found.put(place, "masked", line=line)
    elif found.state(place) == "raw":
        which = "join meets" if "from" in analysis.features else "condition names"
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
