"""A database that is kept to be copied: its tables refuse rows, and a seal tells what else was changed.

No database can be closed to others here. Triggers refuse what would change rows by mistake; the seal is of
all definitions, those triggers among them. TRUNCATE, which no trigger sees, is told by the number of rows.
"""

import hashlib
from dataclasses import replace

from .definition import read_whole
from .entries import Definition, dumped
from .inspect import read_catalog
from .names import literal, qualified
from .session import Connection

OURS = "snapharbor_sealed_"
SEAL = ", sealed "
DIGITS = 16
REFUSAL = "kept by snapharbor to be copied, and nothing else"


async def seal(connection: Connection, database: str) -> str:
    """Let the tables of the current database refuse rows, and return how its note ends from now on."""
    catalog = await read_catalog(connection, database)
    for number, table in enumerate(table.name.name for table in catalog.tables if table.kind == "table"):
        for event in ("INSERT", "UPDATE", "DELETE"):
            trigger = qualified(database, f"{OURS}{number}_{event.lower()}")
            await connection.run(
                f"CREATE TRIGGER {trigger} BEFORE {event} ON {qualified(database, table)} FOR EACH ROW "
                f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = {literal(REFUSAL)}"
            )
    return SEAL + await _digest(connection, database)


async def is_sealed(connection: Connection, database: str, note: str) -> bool:
    """Tell whether the current database is what it was when it was sealed, but for rows that went unseen."""
    return note.rpartition(SEAL)[2] == await _digest(connection, database)


def unsealed(definition: Definition) -> Definition:
    """Return a definition without what refuses rows."""
    entries = definition.entries
    return replace(
        definition,
        entries=tuple(one for one in entries if one.kind != "TRIGGER" or not one.name.startswith(OURS)),
    )


async def _digest(connection: Connection, database: str) -> str:
    return hashlib.sha256(dumped(await read_whole(connection, database))).hexdigest()[:DIGITS]
