"""The page of all error codes, generated from engine/model/errors.py.

`python -m snapharbor.resources.errors > docs/errors.md` writes the copy in the documentation.
"""

import inspect
from collections.abc import Mapping
from typing import Final

from ..engine.model.errors import EngineError, every_error

HEAD: Final = """\
# Errors

Every failure has a code, a message, a hint that names the next act, and details. The command line exits
with the number; a tool answers all of it as structured content. *Retry* means that the same call may
succeed later with nothing changed. Anything that is not listed is a bug of ours: code `internal`, exit 1.
"""
FAMILIES: Final[Mapping[int, str]] = {
    10: "Configuration and unknown names",
    20: "Rules",
    30: "Safety",
    40: "Databases and their client programs",
    50: "Storage",
    60: "Sharing",
    70: "Jobs and the record",
    130: "Cancelled",
}


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join([HEAD, *(_family(start, title) for start, title in FAMILIES.items())])


def _family(start: int, title: str) -> str:
    members = [kind for kind in every_error() if kind.exit_code // 10 * 10 == start]
    head = f"## {title}\n\n| Exit | Code | What it means | Retry | What to do |\n|---|---|---|---|---|\n"
    return head + "".join(_row(kind) for kind in members)


def _row(kind: type[EngineError]) -> str:
    meaning = " ".join((inspect.getdoc(kind) or "").split())
    retry = "yes" if kind.retryable else ""
    return f"| {kind.exit_code} | `{kind.code}` | {meaning} | {retry} | {kind.default_hint} |\n"


if __name__ == "__main__":
    print(page(), end="")
