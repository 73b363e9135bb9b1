"""Row-level security on a table that a rule changes."""

from collections.abc import Iterator

from ...model.finding import Finding
from .context import Context, about_rule


def check(context: Context) -> Iterator[Finding]:
    """Report it: rules see every row, the application may not."""
    for analysis, table in context.targeted():
        if table.row_security:
            yield about_rule(
                analysis,
                table,
                "row-security",
                severity="info",
                message=f"`{table.name}` has row-level security; rules see and change every row",
                hint="Policies that compare masked columns may hide rows in the copy: check them.",
            )
