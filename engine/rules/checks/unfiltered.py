"""An UPDATE or DELETE without WHERE. Every row is often meant when masking, hardly ever when deleting."""

from collections.abc import Iterator

from ...model.finding import Finding
from .context import Context, about_rule


def check(context: Context) -> Iterator[Finding]:
    """Report them: information for UPDATE, a warning for DELETE."""
    for analysis, table in context.targeted():
        if (
            analysis.kind in ("update", "delete")
            and not analysis.filtered
            and "with" not in analysis.features
        ):
            deletes = analysis.kind == "delete"
            yield about_rule(
                analysis,
                table,
                "no-where",
                severity="warning" if deletes else "info",
                message=f"every row of `{table.name}` is {'deleted' if deletes else 'updated'}",
                hint="Say WHERE true, or TRUNCATE, if every row is meant."
                if deletes
                else "Fine if it is meant.",
            )
