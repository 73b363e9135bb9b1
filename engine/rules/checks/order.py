"""A rule that reads what an earlier rule has changed."""

from collections.abc import Iterator

from ...model.catalog import TableName
from ...model.finding import Finding
from .context import Context, about_rule


def check(context: Context) -> Iterator[Finding]:
    """Report rules whose condition or value depends on a column that an earlier rule set."""
    changed: dict[tuple[TableName, str], int] = {}
    for rule in context.rules:
        target = rule.targets[0] if rule.targets else None
        table = context.catalog.table(target) if target else None
        if table is None:
            continue
        own = {assignment.column for assignment in rule.analysis.assignments}
        for use in rule.analysis.columns:
            line = changed.get((table.name, use.name))
            if line is not None:
                yield about_rule(
                    rule.analysis,
                    table,
                    "order",
                    severity="info" if use.name in own else "warning",
                    message=f"it reads `{use.name}`, which line {line} has changed already",
                    hint="Put rules that need the original value before those that change it.",
                )
                break
        changed.update({(table.name, column): rule.analysis.rule.line for column in own})
