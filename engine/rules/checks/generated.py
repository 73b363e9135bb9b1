"""Generated columns: they cannot be set, and they follow what they are made of."""

from collections.abc import Iterator

from ...model.finding import Finding
from .context import Context, about


def check(context: Context) -> Iterator[Finding]:
    """Report generated columns that a rule sets."""
    for found in context.assigned():
        if found.column.generated:
            yield about(
                found,
                "generated",
                "error",
                f"`{found.table.name}.{found.column.name}` is generated and cannot be set",
                "Mask the columns that it is made of; it follows them.",
            )
