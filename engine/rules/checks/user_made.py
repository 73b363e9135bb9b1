"""A function that a user wrote, called by a dot, an operator, a cast, or under a known name."""

from collections.abc import Iterator

from ...model.finding import Finding
from ..user_made import user_made
from .context import Context


def check(context: Context) -> Iterator[Finding]:
    """Report rules that would run one: what it does, no rule says."""
    for rule in context.rules:
        for what in () if rule.analysis.rule.unsafe else user_made(rule, context.catalog):
            yield Finding(
                "user-made",
                "error",
                f"line {rule.analysis.rule.line}: it could run {what}",
                "Use built-in functions, casts and operators; write pg_catalog.name(…) for a taken name.",
                line=rule.analysis.rule.line,
                table=str(rule.targets[0]) if rule.targets else None,
                subject=f"{what} in {rule.analysis.rule.text}",
            )
