"""Triggers that would fire for a rule, and do not: they are held off while rules run."""

from collections.abc import Iterator

from ...model.finding import Finding
from .context import Context, about_rule


def check(context: Context) -> Iterator[Finding]:
    """Report the triggers, since an audit table would receive the old values and none is written now."""
    for analysis, table in context.targeted():
        fired = [trigger.name for trigger in table.triggers if analysis.kind in trigger.events]
        if fired:
            names = ", ".join(f"`{name}`" for name in fired[:5])
            yield about_rule(
                analysis,
                table,
                "triggers",
                severity="info",
                message=f"{names} on `{table.name}` would fire and is held off while rules run",
                hint="What a trigger would have kept up to date, a rule has to.",
            )
