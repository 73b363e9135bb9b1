"""NULL for a column that refuses it."""

from collections.abc import Iterator

from ...model.finding import Finding
from .context import Context, about


def check(context: Context) -> Iterator[Finding]:
    """Report columns set to NULL that are NOT NULL."""
    for found in context.assigned():
        if not found.column.nullable and found.assignment.value.text.strip().upper() == "NULL":
            yield about(
                found,
                "not-null",
                "error",
                f"`{found.table.name}.{found.column.name}` refuses NULL",
                "Give it a harmless value instead, such as '' or 0.",
            )
