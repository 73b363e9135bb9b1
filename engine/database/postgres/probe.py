"""Small questions to a source: read-only, all at one moment, each within a time-out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ...model.errors import DatabaseFailed
from ...model.target import Limits
from ...model.url import DatabaseUrl
from ..base import PROBE_ROWS
from .errors import translate
from .session import connect

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

SECONDS = 30
ROWS_AT_ONCE = 100


async def probe(url: DatabaseUrl, queries: Sequence[str], limits: Limits) -> list[list[tuple[object, ...]]]:
    """Run queries in one read-only transaction, each for 30 s at most where the limits name no time.

    Raises:
        EngineError: one failed or gave too many rows; `details` name its position from 0.
    """
    bounded = replace(limits, statement_timeout=limits.statement_timeout or SECONDS)
    async with connect(url, bounded) as connection:
        # Names mean what they mean to rules.
        await connection.execute("RESET search_path")
        async with connection.transaction():
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return [await _ask(connection, query, position) for position, query in enumerate(queries)]


async def _ask(
    connection: "AsyncConnection[TupleRow]", query: str, position: int
) -> list[tuple[object, ...]]:
    import psycopg

    found: list[tuple[object, ...]] = []
    try:
        async with connection.cursor() as cursor:
            async for row in cursor.stream(query.encode(), size=ROWS_AT_ONCE):
                found.append(row)
                if len(found) > PROBE_ROWS:
                    raise DatabaseFailed(
                        f"query {position} gives more than {PROBE_ROWS} rows", position=position
                    )
    except psycopg.Error as error:
        failure = translate(error)
        message = f"query {position} failed: {failure.message}"
        raise type(failure)(message, failure.hint, position=position, **failure.details) from None
    return found
