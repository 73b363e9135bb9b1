"""Functions that give another value on each call: joins between masked columns would not survive."""

from collections.abc import Iterator

from ...model.finding import Finding
from .context import Context, about


def check(context: Context) -> Iterator[Finding]:
    """Report values made by them."""
    for found in context.assigned():
        used = [name for name in found.assignment.functions if name in found.analysis.volatile]
        if used:
            yield about(
                found,
                "volatile",
                "warning",
                f"`{used[0]}` gives another value in every row and every run",
                "Use a keyed mask such as snapharbor.token(column) if the same input should stay the same.",
            )
