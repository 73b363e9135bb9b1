"""What coverage has to say before anything runs or is shared."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from ..model.catalog import TableName
from ..model.finding import Finding, Severity
from ..model.sensitive import ColumnCoverage, Evidence
from .coverage import place_name, undecided


def findings(
    covered: Sequence[ColumnCoverage], *, new: Collection[str], masks: Mapping[str, str], severity: Severity
) -> Iterator[Finding]:
    """Report columns that nobody decided on.

    Both by `schema.table.column`: `new` are columns that the rules' author did not see, `masks` what to use
    instead of values in which the old ones can be read.
    """
    for column in covered:
        name = place_name(column.table, column.column)
        if undecided(column) and column.weak:
            yield _weak(column, f"looks personal ({shown(column.evidence[0])})", masks, severity)
        elif undecided(column):
            yield _undecided(column, name, severity)
        elif name in new and column.treatment == "unclassified":
            yield Finding(
                "column-new",
                severity,
                f"`{name}` was added since the last sanitizing, and nobody decided on it",
                f"Write a rule for it, or keep it: sanitize.keep has `{name}: a reason`.",
                table=str(column.table),
                column=column.column,
            )


def weak(covered: Sequence[ColumnCoverage], masks: Mapping[str, str]) -> Iterator[Finding]:
    """Report the other columns that rules set to values in which the old ones can be read."""
    for column in covered:
        if column.weak and not undecided(column):
            yield _weak(column, "is not masked", masks, "warning")


def unread(tables: Mapping[TableName, str]) -> Iterator[Finding]:
    """Report tables that were judged by names and types alone."""
    for table, why in tables.items():
        yield Finding(
            "values-unread",
            "warning",
            f"no value of `{table}` could be looked at: {why}",
            "Grant SELECT, or look at its columns yourself.",
            table=str(table),
        )


def misplaced(covered: Sequence[ColumnCoverage], keep: Collection[str]) -> Iterator[Finding]:
    """Report reasons for columns that do not exist, or that are masked after all."""
    known = {place_name(column.table, column.column): column for column in covered}
    for name in keep:
        column = known.get(name)
        if column is None or column.treatment in ("masked", "dropped"):
            why = "there is no such column" if column is None else f"it is {column.treatment} all the same"
            yield Finding(
                "keep-without-effect",
                "warning",
                f"sanitize.keep has a reason for `{name}`, but {why}",
                "Take it out of the configuration, or correct the name.",
                subject=name,
            )


def shown(evidence: Evidence) -> str:
    """Return evidence in words, such as `email in $.who, 0.98 by values, 66 of 112`."""
    where = f" in {evidence.path}" if evidence.path else ""
    counted = f", {evidence.matching} of {evidence.sampled}" if evidence.matching else ""
    return f"{evidence.kind}{where}, {evidence.confidence:.2f} by {' and '.join(evidence.by)}{counted}"


def _weak(column: ColumnCoverage, what: str, masks: Mapping[str, str], severity: Severity) -> Finding:
    name = place_name(column.table, column.column)
    return Finding(
        "weak-mask",
        severity,
        f"`{name}` {what}: {column.reason}",
        f"Use {masks.get(name, 'a keyed mask')}, or keep it: sanitize.keep has `{name}: a reason`.",
        line=column.lines[-1],
        table=str(column.table),
        column=column.column,
        subject=column.weak,
    )


def _undecided(column: ColumnCoverage, name: str, severity: Severity) -> Finding:
    why = f": {column.reason}" if column.reason else " and nobody decided on it"
    return Finding(
        "column-partly-masked" if column.reason and column.lines else "column-undecided",
        severity,
        f"`{name}` looks personal ({shown(column.evidence[0])}){why}",
        f"Write a rule (`suggest_rules` has one), or keep it: sanitize.keep has `{name}: a reason`.",
        line=column.lines[0] if column.lines else 0,
        table=str(column.table),
        column=column.column,
    )
