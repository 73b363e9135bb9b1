"""A text that is longer than its column."""

import re
from collections.abc import Iterator

from ...model.finding import Finding
from .context import Context, about

_LIMIT = re.compile(r"^(?:character varying|character|varchar|char)\((\d+)\)")
_LITERAL = re.compile(r"'((?:[^']|'')*)'")


def check(context: Context) -> Iterator[Finding]:
    """Report literals that do not fit, alone or as the fixed part of a value joined by `||`."""
    for found in context.assigned():
        limit = _LIMIT.match(found.column.type)
        value = found.assignment.value.text.strip()
        fixed = _LITERAL.sub("", value).strip(" |")
        joined = not fixed or ("||" in value and "(" not in value)
        if limit is None or not joined:
            continue
        length = sum(len(text.replace("''", "'")) for text in _LITERAL.findall(value))
        if length > int(limit[1]):
            yield about(
                found,
                "too-long",
                "error",
                f"`{found.table.name}.{found.column.name}` takes {limit[1]} characters, not {length}",
                "Shorten the value, or cut it with left(…).",
            )
