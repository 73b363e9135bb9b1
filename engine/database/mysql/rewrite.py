"""Rules that run while a source is read: what they make of it, and whether it would compute that."""

from collections.abc import Sequence

from ...model.errors import EngineError
from ...model.pushdown import Hazard, Rewritten, TableRead
from ...model.target import Limits, Selection
from ...model.url import DatabaseUrl
from ..base import Rewrite
from ..rewriting import refused_reads
from .facts import read_facts
from .loading import ruling
from .moment import Moment, look
from .names import quote
from .session import Connection, connect
from .version import Version


async def foresee(url: DatabaseUrl, selection: Selection, limits: Limits, rewrite: Rewrite) -> Rewritten:
    """Look at a database for a moment and say what rules would make of reading it."""
    async with connect(url, limits) as connection:
        moment = await look(connection, url.database, selection)
        await connection.run(*ruling(connection.version))
        return await judge(connection, rewrite, moment)


async def judge(connection: Connection, rewrite: Rewrite, moment: Moment) -> Rewritten:
    """Return what rules make of reading a database, on a connection with the settings of rules.

    No row is read: the server is asked to make ready for each SELECT. What it refuses runs in a copy, where
    the rule itself is refused.
    """
    facts = await read_facts(connection, moment.catalog, (leaf.name for leaf in moment.leaves))
    rewritten = rewrite(moment.taken, facts)
    hazards: list[Hazard] = []
    for read in rewritten.reads.values():
        columns = [column.name for column in facts.tables[read.table].columns]
        if (found := await _describe(connection, read, columns)) is not None:
            hazards.append(found)
    return refused_reads(rewritten, hazards) if hazards else rewritten


async def clock(connection: Connection) -> str:
    """Return the server's own time as it is set for a session."""
    return str((await connection.rows("SELECT UNIX_TIMESTAMP(NOW(6))"))[0][0])


def reading(version: Version, now: str) -> tuple[str, ...]:
    """Return the statements that make rules mean while reading what they mean in a copy.

    Every reader has the same moment for now. Notes are of what an UPDATE takes, and are not counted.
    """
    return (*ruling(version), f"SET SESSION timestamp = {now}, sql_notes = 0")


async def _describe(connection: Connection, read: TableRead, columns: Sequence[str]) -> Hazard | None:
    names = ", ".join(map(quote, columns))
    source = f"SELECT {names} FROM {quote(read.table.schema)}.{quote(read.table.name)}"  # noqa: S608
    try:
        await connection.rows(f"{read.query(source)} LIMIT 0")
    except EngineError as error:
        if error.retryable:
            raise
        return Hazard(f"the source does not read it like this: {error.message}", 0, read.table)
    return None
