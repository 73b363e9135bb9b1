"""Paths into a JSON document: `$.contact.email`, `$.orders[*].note`, `$."a name"[0]`, `$`."""

import json
import re

from ..model.errors import ArgumentInvalid
from .dialect import Step

_STEP = re.compile(
    r"""\.(?P<bare>[\w-]+)|\.?"(?P<quoted>(?:[^"\\]|\\.)*)"|\[(?P<index>\d{1,9})\]|(?P<all>\[\*?\])"""
)


def parse_path(written: str) -> tuple[Step, ...]:
    """Return the steps of a path: a member's name, an element's number, or None for all elements.

    Raises:
        ArgumentInvalid: it is no path.
    """
    rest = written.removeprefix("$")
    steps, end = list[Step](), 0
    for found in _STEP.finditer(rest):
        if found.start() != end:
            break
        end = found.end()
        if found["index"] is not None:
            steps.append(int(found["index"]))
        elif found["all"]:
            steps.append(None)
        else:
            steps.append(found["bare"] or _unquoted(found["quoted"]))
    if end != len(rest):
        raise ArgumentInvalid(
            f"`{written[:60]}` is not a path into JSON", "Write it as $.contact.email or $.items[*].note."
        )
    return tuple(steps)


def _unquoted(name: str) -> str:
    """Return what a name in quotes means: as in JSON, and if it is none, without its backslashes."""
    try:
        return str(json.loads(f'"{name}"', strict=False))
    except ValueError:
        return re.sub(r"\\(.)", r"\1", name)
