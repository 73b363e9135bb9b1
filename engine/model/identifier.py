"""Names and texts as they stand in SQL, whatever is in them."""

from .catalog import TableName
from .url import Engine


def quote(name: str, engine: Engine = "postgres") -> str:
    """Return an identifier: double quotes around it, or back-ticks, doubled inside."""
    sign = "`" if engine == "mysql" else '"'
    return sign + name.replace(sign, 2 * sign) + sign


def quoted(name: TableName, engine: Engine = "postgres") -> str:
    """Return a table's name with its schema."""
    return f"{quote(name.schema, engine)}.{quote(name.name, engine)}"


def literal(text: str) -> str:
    """Return a text as a standard string, in which a backslash is one."""
    return "'" + text.replace("'", "''") + "'"
