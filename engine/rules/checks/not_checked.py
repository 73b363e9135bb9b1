"""A form that the other checks cannot look into."""

from collections.abc import Iterator

from ...model.finding import Finding
from .context import Context, about_rule

KINDS = frozenset(("update", "insert"))


def check(context: Context) -> Iterator[Finding]:
    """Report rules that set more than could be told from their text."""
    for rule in context.rules:
        analysis = rule.analysis
        table = context.catalog.table(rule.targets[0]) if rule.targets and rule.targets[0] else None
        if table is not None and analysis.unchecked and analysis.kind in KINDS:
            yield about_rule(
                analysis,
                table,
                "not-checked",
                severity="warning",
                message=f"not all that it sets in `{table.name}` could be checked",
                hint="Write it as `column = value` pairs, or look at its values yourself.",
            )
