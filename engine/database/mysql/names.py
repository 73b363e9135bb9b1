"""Names and texts as they stand in SQL."""

import re

from ...model import identifier
from ...model.catalog import TableName
from ...model.url import DatabaseUrl


def quote(name: str) -> str:
    """Return an identifier as it stands in SQL."""
    return identifier.quote(name, "mysql")


def qualified(database: str, name: str) -> str:
    """Return the name of something in a database as it stands in SQL."""
    return f"{quote(database)}.{quote(name)}"


def literal(text: str) -> str:
    """Return a text as it stands in SQL where backslashes mean what they mean by default."""
    escaped = re.sub(r"(['\\])", r"\\\1", text).replace("\0", "\\0").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


def account(user: str, url: DatabaseUrl) -> str:
    """Return how a user is called who comes the way a URL does.

    By a socket one comes from the server's own machine; nobody knows whence a container sees us come.
    """
    return f"{user}@{'localhost' if url.host.startswith('/') else quote('%')}"


def table_of(name: TableName, database: str) -> str:
    """Return a table of a snapshot as it is called in a database: the schema is the source's own name."""
    return qualified(database, name.name)
