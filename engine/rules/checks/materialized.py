"""Materialised views over masked columns."""

from collections.abc import Iterator

from ...model.catalog import TableName
from ...model.finding import Finding
from .context import Context


def check(context: Context) -> Iterator[Finding]:
    """Report those that depend on a changed table: they are computed anew when the snapshot is loaded."""
    touched = {table.name for _, table in context.targeted()}
    for view in context.catalog.tables:
        if view.kind == "materialized-view" and _reaches(context, view.name, touched):
            yield Finding(
                "materialized-view",
                "info",
                f"`{view.name}` depends on changed tables and is computed anew on loading",
                "Nothing to do: its rows are not part of a snapshot.",
                table=str(view.name),
            )


def _reaches(context: Context, name: TableName, touched: set[TableName]) -> bool:
    seen: set[TableName] = set()
    waiting = [name]
    while waiting:
        if (current := waiting.pop()) in touched:
            return True
        if current not in seen and (table := context.catalog.table(current)) is not None:
            seen.add(current)
            waiting.extend(table.reads)
    return False
