"""A rule writes something that holds no rows of its own."""

from collections.abc import Iterator

from ...model.finding import Finding
from .context import Context, about_rule


def check(context: Context) -> Iterator[Finding]:
    """Report rules for views, materialised views and foreign tables."""
    for analysis, table in context.targeted():
        if table.kind in ("view", "materialized-view", "foreign"):
            kind = table.kind.replace("-", " ")
            yield about_rule(
                analysis,
                table,
                "not-a-table",
                severity="error",
                message=f"`{table.name}` is a {kind}: it keeps no rows of its own in a snapshot",
                hint="Write the rule for the tables that it is made of.",
            )
