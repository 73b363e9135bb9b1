"""Running statements in one transaction, and counting rows."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...model.catalog import TableName
from ...model.errors import RuleFailed
from ...model.url import DatabaseUrl
from .errors import translate
from .session import connect

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow
    from psycopg.sql import Composed

CONTROL = re.compile(
    r"(\s|--[^\n]*\n|/\*.*?\*/)*(begin|start|commit|end|rollback|abort|prepare\s+transaction)\b",
    re.IGNORECASE | re.DOTALL,
)
CHECK = "SET CONSTRAINTS ALL IMMEDIATE"
TABLES_PER_QUERY = 100

PARTITIONED = """
SELECT n.nspname, c.relname FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'p'
"""


async def execute(url: DatabaseUrl, statements: Sequence[str]) -> tuple[int, ...]:
    """Run statements in one transaction and return the rows each one touched (-1: not said).

    Raises:
        RuleFailed: the server refused one, whose position from 0 is in the details, or a deferred
            constraint does not hold at the end; nothing was changed.
    """
    for position, statement in enumerate(statements):
        if CONTROL.match(statement):
            raise RuleFailed(f"statement {position} would end the transaction", position=position)
    touched: list[int] = []
    async with connect(url, read_only=False) as connection:
        await connection.execute("RESET search_path")
        async with connection.transaction():
            for position, statement in enumerate((*statements, CHECK)):
                touched.append(await _run(connection, statement, position=position))
    return tuple(touched[:-1])


async def count(url: DatabaseUrl, tables: Sequence[TableName]) -> dict[TableName, int]:
    """Count rows exactly, all at one moment; a partitioned table has those of its partitions."""
    found: dict[TableName, int] = {}
    async with connect(url) as connection, connection.transaction():
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        rows = await (await connection.execute(PARTITIONED.encode())).fetchall()
        partitioned = {TableName(*row) for row in rows}
        for start in range(0, len(tables), TABLES_PER_QUERY):
            some = tables[start : start + TABLES_PER_QUERY]
            cursor = await connection.execute(_counting(some, partitioned))
            for index, number in await cursor.fetchall():
                found[some[index]] = number
    return found


async def _run(connection: "AsyncConnection[TupleRow]", statement: str, *, position: int) -> int:
    import psycopg
    from psycopg.pq import ExecStatus

    try:
        # A prepared statement is one statement, whatever the text holds.
        cursor = await connection.execute(statement.encode(), prepare=True)
    except psycopg.Error as error:
        found = translate(error)
        if found.retryable:
            raise found from None
        message = f"statement {position} failed: {found.message}"
        raise RuleFailed(message, found.hint, position=position, **found.details) from None
    told = cursor.pgresult is not None and cursor.pgresult.status == ExecStatus.COMMAND_OK
    return cursor.rowcount if told else -1


def _counting(tables: Sequence[TableName], partitioned: set[TableName]) -> "Composed":
    from psycopg.sql import SQL, Identifier

    def each() -> "Iterator[Composed]":
        for index, table in enumerate(tables):
            only = SQL("" if table in partitioned else "ONLY ")
            name = Identifier(table.schema, table.name)
            yield SQL("SELECT {}, count(*) FROM {}{}").format(index, only, name)

    return SQL(" UNION ALL ").join(each())
