"""Small questions to a source: read-only, all at one moment, each within a time-out."""

from collections.abc import Sequence
from dataclasses import replace

from ...model.errors import DatabaseFailed, EngineError
from ...model.target import Limits
from ...model.url import DatabaseUrl
from ..base import PROBE_ROWS
from .session import Connection, Row, connect

SECONDS = 30


async def probe(url: DatabaseUrl, queries: Sequence[str], limits: Limits) -> list[list[tuple[object, ...]]]:
    """Run queries in one read-only transaction, each for 30 s at most where the limits name no time.

    Raises:
        EngineError: one failed or gave too many rows; `details` name its position from 0.
    """
    bounded = replace(limits, statement_timeout=limits.statement_timeout or SECONDS)
    async with connect(url, bounded) as connection:
        await connection.run(
            f"SET SESSION sql_select_limit = {PROBE_ROWS + 1}", "START TRANSACTION WITH CONSISTENT SNAPSHOT"
        )
        return [[*await _ask(connection, query, position)] for position, query in enumerate(queries)]


async def _ask(connection: Connection, query: str, position: int) -> list[Row]:
    try:
        found = await connection.rows(query)
    except EngineError as error:
        message = f"query {position} failed: {error.message}"
        raise type(error)(message, error.hint, position=position, **error.details) from None
    if len(found) > PROBE_ROWS:
        raise DatabaseFailed(f"query {position} gives more than {PROBE_ROWS} rows", position=position)
    return found
