"""A rule names a table or column that the source does not have."""

from collections.abc import Iterator

from ...model.finding import Finding
from .context import Context


def check(context: Context) -> Iterator[Finding]:
    """Report every unknown name, with the closest one."""
    for rule in context.rules:
        for unknown in rule.unknown:
            place = f" of `{unknown.table}`" if unknown.table else ""
            near = f"Did you mean `{unknown.closest[0]}`?" if unknown.closest else "Correct the name."
            yield Finding(
                f"unknown-{unknown.what}",
                "error",
                f"line {unknown.line}: there is no {unknown.what} `{unknown.name}`{place}",
                near,
                line=unknown.line,
                table=str(unknown.table) if unknown.table else None,
                column=unknown.name if unknown.what == "column" else None,
                subject=unknown.name,
            )
