"""A literal that is no label of the column's enum."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from ...model.finding import Finding
from .context import Context, about

_LITERAL = re.compile(r"'((?:[^']|'')*)'(?:::.*)?")


def check(context: Context) -> Iterator[Finding]:
    """Report them, with the closest label."""
    for found in context.assigned():
        literal = _LITERAL.fullmatch(found.assignment.value.text.strip())
        labels = found.column.labels
        if literal is None or not labels or literal[1].replace("''", "'") in labels:
            continue
        near = get_close_matches(literal[1], labels, 1) or [labels[0]]
        yield about(
            found,
            "not-a-label",
            "error",
            f"`{found.column.type}` has no label `{literal[1][:40]}`",
            f"Use one of its labels, such as `{near[0]}`.",
        )
