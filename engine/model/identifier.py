"""Names as they stand in PostgreSQL's SQL, whatever is in them."""

from .catalog import TableName


def quote(name: str) -> str:
    """Return an identifier: double quotes around it, doubled inside."""
    return '"' + name.replace('"', '""') + '"'


def quoted(name: TableName) -> str:
    """Return a table's name with its schema."""
    return f"{quote(name.schema)}.{quote(name.name)}"
