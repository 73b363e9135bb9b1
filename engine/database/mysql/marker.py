"""The table that tells a sanitized copy from any other: written into the snapshot, never into a source."""

import json
from dataclasses import replace

from ..base import Marker
from .entries import Definition, Entry
from .names import quote

NAME = "snapharbor_info"
COLUMNS = ("created_at", "tags")
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def marked(definition: Definition) -> tuple[Definition, str]:
    """Return a definition with the marker's table, and its name; a table of the user keeps its own."""
    taken = {entry.name for entry in definition.entries}
    numbered = (NAME, *(f"{NAME}_{number}" for number in range(1, len(taken) + 2)))
    name = next(one for one in numbered if one not in taken)
    text = f"CREATE TABLE {quote(name)} (\n  `created_at` datetime,\n  `tags` json\n)"
    entry = Entry("TABLE", name, text)
    return replace(definition, entries=(entry, *definition.entries)), name


def row(marker: Marker) -> bytes:
    """Return the marker's row as a line of text."""
    moment = marker.created_at.replace("T", " ").removesuffix("Z")
    return f"{moment}\t{json.dumps(list(marker.tags)).translate(ESCAPES)}\n".encode()
