"""The table that tells a sanitized copy from any other: written into the archive, never into a source."""

from collections.abc import Iterable
from dataclasses import replace

from ...model.catalog import TableName
from ...model.identifier import quoted
from ..base import Marker
from .toc import PRE_DATA, Entry, Toc

NAME = "snapharbor_info"
COLUMNS = ("created_at", "tags")
TABLE_CLASS, TABLE_KIND = b"1259", ord("r")
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
QUOTES = str.maketrans({"\\": "\\\\", '"': '\\"'})


def marked(toc: Toc, schemas: Iterable[str]) -> tuple[Toc, TableName | None]:
    """Return a table of contents with the marker's table, and its name; None if there is no schema for it.

    A table of the user of that name is left alone: the marker takes another one.
    """
    schema = next((name for name in sorted(schemas, key=lambda name: (name != "public", name))), None)
    if schema is None:
        return toc, None
    taken = {entry.tag for entry in toc.entries if entry.namespace == schema.encode()}
    numbered = (NAME, *(f"{NAME}_{number}" for number in range(1, len(taken) + 2)))
    table = TableName(schema, next(name for name in numbered if name.encode() not in taken))
    at = next((i for i, entry in enumerate(toc.entries) if entry.section > PRE_DATA), len(toc.entries))
    entry = _entry(table, toc)
    return replace(toc, entries=(*toc.entries[:at], entry, *toc.entries[at:])), table


def row(marker: Marker) -> bytes:
    """Return the marker's row as copy text."""
    tags = ",".join(f'"{tag.translate(QUOTES)}"' for tag in marker.tags)
    return f"{marker.created_at}\t{f'{{{tags}}}'.translate(ESCAPES)}\n".encode()


def _entry(table: TableName, toc: Toc) -> Entry:
    name = quoted(table)
    created = f"CREATE TABLE {name} (\n    created_at timestamp with time zone,\n    tags text[]\n);\n"
    return Entry(
        id=max((entry.id for entry in toc.entries), default=0) + 1,
        dumper=0,
        table_oid=TABLE_CLASS,
        oid=b"0",
        tag=table.name.encode(),
        desc=b"TABLE",
        section=PRE_DATA,
        definition=created.encode(),
        drop=f"DROP TABLE {name};\n".encode(),
        copy=None,
        namespace=table.schema.encode(),
        tablespace=b"",
        table_am=b"heap",
        relkind=TABLE_KIND if toc.has_relkind else 0,
        owner=next((entry.owner for entry in toc.entries if entry.owner), b""),
        oids=b"false",
        depends=(),
        place=next((entry.place for entry in toc.entries if not entry.dumper), b""),
    )
