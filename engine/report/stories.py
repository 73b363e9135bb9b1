"""An explanation told table by table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..model.explanation import Explanation, RuleExplanation, Shape, TableWay
from ..model.finding import Accepted, Finding
from ..model.sensitive import ColumnCoverage, Evidence
from ..model.snapshot import Sanitization

WHERE = {
    "pushdown": "masked while it is read, so that raw rows never leave the source",
    "ephemeral": "changed in a private copy, which is destroyed afterwards",
}
KINDS = ("masked", "kept", "dropped", "undecided", "plain")
"""What becomes of a column, as it is counted: `undecided` looks personal, `plain` does not."""
WORDS = {
    "masked": "masked",
    "kept": "kept with a reason",
    "dropped": "dropped",
    "undecided": "undecided",
    "plain": "nothing personal seen",
}


@dataclass(frozen=True, slots=True)
class Story:
    """One table: where it is changed (None: nowhere, or not known yet) and why, its rules, its columns."""

    table: str
    where: str | None
    why: str
    rules: tuple[RuleExplanation, ...]
    columns: tuple[ColumnCoverage, ...]

    @property
    def undecided(self) -> bool:
        """Whether one of its columns waits for a decision."""
        return any(column.undecided for column in self.columns)


def stories(told: Explanation) -> tuple[Story, ...]:
    """Return every table: those that rules touch in the order of the rules, then the others by name."""
    columns: dict[str, list[ColumnCoverage]] = {}
    for column in told.coverage:
        columns.setdefault(str(column.table), []).append(column)
    touched = dict.fromkeys(table for rule in told.rules for table in rule.tables)
    return tuple(
        Story(
            table=table,
            where=WHERE.get(way.way, way.way) if (way := told.strategy.get(table)) else None,
            why=_why(way) if way else "",
            rules=tuple(rule for rule in told.rules if table in rule.tables),
            columns=tuple(columns.get(table, ())),
        )
        for table in (*touched, *sorted(columns.keys() - touched.keys()))
    )


def _why(way: TableWay) -> str:
    """Return what sends a table into a copy, with the place of the statement that does."""
    place = f"line {way.line}, column {way.column}: " if way.line else ""
    return f"{place}{way.reason}" if way.reason else ""


def kind_of(column: ColumnCoverage) -> str:
    """Return which of KINDS a column is."""
    if column.treatment == "unclassified":
        return "undecided" if column.undecided else "plain"
    return column.treatment


def kinds_of(done: Sanitization) -> Mapping[str, int]:
    """Return how many columns of a sanitized snapshot are of each of KINDS, those of none left out."""
    undecided = len(done.undecided)
    counts = {
        **done.coverage,
        "undecided": undecided,
        "plain": done.coverage.get("unclassified", 0) - undecided,
    }
    return {kind: count for kind in KINDS if (count := counts.get(kind, 0)) > 0}


def counted(columns: Iterable[ColumnCoverage]) -> Mapping[str, int]:
    """Return how many columns are of each kind, in the order of KINDS, those of none left out."""
    kinds = [kind_of(column) for column in columns]
    return {kind: kinds.count(kind) for kind in KINDS if kind in kinds}


def rows_of(rule: RuleExplanation, table: str) -> str:
    """Return how many rows of a table a rule touches, and how that is known; only its first is counted."""
    if rule.rows is None or rule.tables[:1] != (table,):
        return ""
    rows = f"{rule.rows:,} row{'' if rule.rows == 1 else 's'}"
    return f"{rows}, counted" if rule.counted else f"about {rows}, estimated"


def shape_pairs(shapes: Iterable[Shape], most: int = 2) -> tuple[tuple[str, str], ...]:
    """Return a few shapes that differ, as text before and after."""
    pairs = dict.fromkeys((_shape(shape.before), _shape(shape.after)) for shape in shapes)
    return tuple(pairs)[:most]


def seen(evidence: Evidence) -> str:
    """Return what a column looks like and where in it, such as `email in $.who (66 of 112 values)`."""
    where = f" in {evidence.path}" if evidence.path else ""
    sign = "name" if "name" in evidence.by else "type"
    how = f"{evidence.matching} of {evidence.sampled} values" if evidence.matching else f"by its {sign}"
    return f"{evidence.kind}{where} ({how})"


def verdict(told: Explanation) -> str:
    """Return whether sanitizing may go on, in one sentence."""
    if told.blocking:
        return f"Sanitizing is stopped by {_count(len(told.blocking), 'finding')}."
    waiting = sum(column.undecided for column in told.coverage)
    if waiting:
        return f"Nothing stops sanitizing, but {_count(waiting, 'undecided column')} would stop sharing."
    return "Nothing stops sanitizing."


def takes(told: Explanation) -> Mapping[str, Accepted]:
    """Return what the configuration accepts, by fingerprint."""
    return {accepted.fingerprint: accepted for accepted in told.accepted}


def untouched(found: Iterable[Story]) -> tuple[list[Story], list[Story]]:
    """Return the tables that no rule touches: those that are taken as they are, and those left out."""
    others = [story for story in found if not story.rules]
    left_out = [story for story in others if {column.treatment for column in story.columns} == {"dropped"}]
    return [story for story in others if story not in left_out], left_out


def open_findings(told: Explanation, severity: str) -> tuple[Finding, ...]:
    """Return the findings of a severity that nobody accepted."""
    taken = takes(told)
    return tuple(
        finding
        for finding in told.findings
        if finding.severity == severity and finding.fingerprint not in taken
    )


def about_column(finding: Finding) -> bool:
    """Tell whether a finding is about a column that no rule touches: all of them have the same hint."""
    return finding.column is not None and not finding.line


def failing(told: Explanation, *, strict: bool) -> tuple[Finding, ...]:
    """Return the findings that fail a gate: what stops sanitizing, and if it is strict the warnings too."""
    return (*told.blocking, *(open_findings(told, "warning") if strict else ()))


def accepting(target: str, finding: Finding) -> str:
    """Return the lines of the configuration that accept a finding."""
    return (
        f"targets:\n  {target}:\n    sanitize:\n      accept:\n"
        f"        - fingerprint: {finding.fingerprint}\n"
        f"          reason: why it is no harm\n"
        f"          author: your name"
    )


def _shape(text: str | None) -> str:
    if text is None:
        return "NULL"
    return text or "(empty)"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
