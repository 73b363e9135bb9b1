"""A rule that touches no row does not do what somebody once wanted of it."""

from collections.abc import Iterator

from ...model.finding import Finding
from .context import Context, about_rule


def check(context: Context) -> Iterator[Finding]:
    """Report rules with a condition that no row meets now."""
    for position, rule in enumerate(context.rules):
        target = rule.targets[0] if rule.targets else None
        table = context.catalog.table(target) if target else None
        # Without a condition it means every row, and an empty table has none to miss.
        if table is not None and rule.analysis.filtered and context.rows.get(position) == 0:
            yield about_rule(
                rule.analysis,
                table,
                "no-rows",
                severity="warning",
                message=f"the rule touches no row of `{table.name}`",
                hint="Look at its condition: spelling, case, NULL. Remove it if it is not needed any more.",
            )
