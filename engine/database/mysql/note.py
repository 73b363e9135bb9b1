"""The note on a database that we made: its comment where databases have comments, else a table in it."""

from .names import literal, qualified, quote
from .session import Connection

MARK = "snapharbor: "
NOTE_TABLE = "snapharbor_note"
COMMENTS = """
SELECT SCHEMA_NAME, SCHEMA_COMMENT FROM information_schema.SCHEMATA WHERE SCHEMA_COMMENT LIKE 'snapharbor: %%'
"""
TABLES = """
SELECT TABLE_SCHEMA, TABLE_COMMENT FROM information_schema.TABLES
WHERE TABLE_NAME = 'snapharbor_note' AND TABLE_COMMENT LIKE 'snapharbor: %%'
"""


async def notes(connection: Connection) -> dict[str, str]:
    """Return the notes on all databases that we made."""
    query = COMMENTS if connection.version.comments_databases else TABLES
    rows = await connection.rows(query.replace("%%", "%"))
    return {str(name): str(note).removeprefix(MARK) for name, note in rows}


async def make(connection: Connection, name: str, note: str) -> None:
    """Make a database with a note."""
    if connection.version.comments_databases:
        await connection.run(f"CREATE DATABASE {quote(name)} COMMENT = {literal(MARK + note)}")
        return
    await connection.run(f"CREATE DATABASE {quote(name)}")
    await write(connection, name, note)


async def write(connection: Connection, name: str, note: str) -> None:
    """Put a note on a database, in place of another one."""
    comment = literal(MARK + note)
    if connection.version.comments_databases:
        await connection.run(f"ALTER DATABASE {quote(name)} COMMENT = {comment}")
        return
    table = qualified(name, NOTE_TABLE)
    await connection.run(
        f"CREATE TABLE IF NOT EXISTS {table} (note char(1))", f"ALTER TABLE {table} COMMENT = {comment}"
    )


async def erase(connection: Connection, name: str) -> None:
    """Take the note off a database."""
    if connection.version.comments_databases:
        await connection.run(f"ALTER DATABASE {quote(name)} COMMENT = ''")
        return
    await connection.run(f"DROP TABLE IF EXISTS {qualified(name, NOTE_TABLE)}")
