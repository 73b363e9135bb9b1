"""Running statements in one transaction, and counting rows."""

import re
from collections.abc import Sequence

from ...model.catalog import TableName
from ...model.errors import EngineError, RuleFailed
from ...model.url import DatabaseUrl
from .names import table_of
from .session import Connection, connect

CONTROL = re.compile(
    r"(\s|--[^\n]*\n|#[^\n]*\n|/\*.*?\*/)*(begin|start|commit|end|rollback|xa|lock|unlock|set)\b",
    re.IGNORECASE | re.DOTALL,
)
# These end a transaction by themselves, so that nothing could be undone.
DEFINING = re.compile(
    r"(\s|--[^\n]*\n|#[^\n]*\n|/\*.*?\*/)*(create|alter|drop|rename|truncate|grant|revoke|flush|analyze"
    r"|optimize|repair)\b",
    re.IGNORECASE | re.DOTALL,
)
TABLES_PER_QUERY = 50


async def execute(url: DatabaseUrl, statements: Sequence[str]) -> tuple[int, ...]:
    """Run statements in one transaction and return the rows each one touched.

    Raises:
        RuleFailed: the server refused one, whose position from 0 is in the details; nothing was changed.
    """
    for position, statement in enumerate(statements):
        if CONTROL.match(statement) or DEFINING.match(statement):
            raise RuleFailed(f"statement {position} would end the transaction", position=position)
    touched: list[int] = []
    async with connect(url, read_only=False) as connection:
        await connection.run("START TRANSACTION")
        for position, statement in enumerate(statements):
            touched.append(await _run(connection, statement, position=position))
        await connection.run("COMMIT")
    return tuple(touched)


async def count(url: DatabaseUrl, tables: Sequence[TableName]) -> dict[TableName, int]:
    """Count rows exactly, all at one moment."""
    found: dict[TableName, int] = {}
    async with connect(url) as connection:
        await connection.run("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        for start in range(0, len(tables), TABLES_PER_QUERY):
            some = tables[start : start + TABLES_PER_QUERY]
            asked = (
                f"SELECT {index}, COUNT(*) FROM {table_of(name, url.database)}"  # noqa: S608
                for index, name in enumerate(some)
            )
            for index, number in await connection.rows(" UNION ALL ".join(asked)):
                found[some[index]] = number
    return found


async def _run(connection: Connection, statement: str, *, position: int) -> int:
    try:
        return await connection.run(statement)
    except EngineError as error:
        if error.retryable:
            raise
        message = f"statement {position} failed: {error.message}"
        raise RuleFailed(message, error.hint, position=position, **error.details) from None
