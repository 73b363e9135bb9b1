"""Rules that run while a source is read: its own parser judges them, and it answers for its constraints."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from ...model.errors import PrivilegeMissing, RuleFailed
from ...model.identifier import quoted
from ...model.pushdown import ConstraintQuery, Facts, Hazard, Rewritten, TableRead
from ...model.target import Limits, Selection
from ...model.url import DatabaseUrl
from ..base import Rewrite
from ..rewriting import refused_reads
from .errors import translate
from .facts import read_facts
from .identify import read_server
from .moment import Moment, freeze
from .session import connect
from .slices import RAW
from .surroundings import ENTER

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

PREPARED = "snapharbor_rule"
OBJECTS = """
SELECT count(*) FILTER (WHERE used.held IS NULL), count(*) FROM pg_catalog.pg_largeobject_metadata AS o
LEFT JOIN (SELECT DISTINCT held FROM ({}) AS rows (held)) AS used ON used.held = o.oid
"""
NO_OBJECTS = "SELECT NULL::pg_catalog.oid WHERE false"


async def foresee(url: DatabaseUrl, selection: Selection, limits: Limits, rewrite: Rewrite) -> Rewritten:
    """Look at a database for a moment and say what rules would make of reading it.

    Raises:
        RuleFailed: the source's parser refuses a rule.
    """
    async with connect(url, limits) as connection:
        server = await read_server(connection)
        moment, _ = await freeze(connection, selection, standby=server.standby)
        return await judge(connection, rewrite, moment)


async def judge(connection: "AsyncConnection[TupleRow]", rewrite: Rewrite, moment: Moment) -> Rewritten:
    """Return what rules make of reading the moment that a connection is in.

    Nothing is run: the source parses each rule as it is, as the UPDATE or DELETE that it is, and describes
    what would be read instead. What it refuses there, it would refuse in a copy.

    Raises:
        RuleFailed: the source's parser refuses a rule.
    """
    facts = await read_facts(connection, moment.taken, (leaf.name for leaf in moment.leaves))
    rewritten = rewrite(moment.taken, facts)
    if rewritten.hazards and not rewritten.reads:
        return rewritten
    async with _surrounded(connection):
        for line, text in rewritten.statements:
            await _parse(connection, text, line=line)
    hazards = [
        found for read in rewritten.reads.values() if (found := await _describe(connection, read, facts))
    ]
    if hazards:
        return refused_reads(rewritten, hazards)
    whole = not rewritten.hazards and facts.large_objects
    return await _weigh_objects(connection, rewritten) if whole else rewritten


async def ask(connection: "AsyncConnection[TupleRow]", questions: Sequence[ConstraintQuery]) -> None:
    """Ask whether constraints hold for the rows as the rules leave them.

    Raises:
        RuleFailed: one does not.
    """
    async with _surrounded(connection):
        for question in questions:
            cursor = await connection.execute(question.query.encode())
            if await cursor.fetchone() is not None:
                raise RuleFailed(
                    f"constraint `{question.constraint}` of `{question.table}` does not hold after the rules",
                    "Give every row a value that the constraint allows, or delete the rows.",
                    constraint=question.constraint,
                    table=str(question.table),
                )


@asynccontextmanager
async def _surrounded(connection: "AsyncConnection[TupleRow]") -> AsyncGenerator[None]:
    """Open a subtransaction in the surroundings of rules, and undo it: locks of parsing go with it."""
    from psycopg import Rollback

    async with connection.transaction() as inner:
        for statement in ENTER:
            await connection.execute(statement.encode())
        yield
        raise Rollback(inner)


async def _parse(connection: "AsyncConnection[TupleRow]", text: str, *, line: int) -> None:
    import psycopg

    try:
        # Prepared twice: the protocol's own takes one statement only, whatever the text holds.
        await connection.execute(f"PREPARE {PREPARED} AS {text}".encode(), prepare=True)
    except psycopg.Error as error:
        found = translate(error)
        if isinstance(found, PrivilegeMissing) or not (error.sqlstate or "").startswith(("42", "22", "0A")):
            raise found from None
        raise RuleFailed(
            f"the source refuses the rule at line {line}: {found.message}",
            "Correct the rule; nothing was read.",
            line=line,
        ) from None
    await connection.execute(f"DEALLOCATE {PREPARED}".encode())


async def _describe(connection: "AsyncConnection[TupleRow]", read: TableRead, facts: Facts) -> Hazard | None:
    """Compare the types that would come with the table's own."""
    import psycopg

    query = f"{read.query(RAW.format(table=quoted(read.table), pages=''))} LIMIT 0"
    try:
        async with _surrounded(connection):
            cursor = await connection.execute(query.encode(), prepare=True)
            types = [column.type_code for column in cursor.description or ()]
    except psycopg.Error as error:
        return Hazard(f"the source does not read it like this: {translate(error).message}", 0, read.table)
    columns = {column.name: column.base for column in facts.tables[read.table].columns}
    if types != [columns[name] for name in read.columns]:
        return Hazard("the source would give other types", 0, read.table)
    return None


async def _weigh_objects(connection: "AsyncConnection[TupleRow]", rewritten: Rewritten) -> Rewritten:
    """Keep the large objects if rows refer to all of them, leave them out if to none."""
    async with _surrounded(connection):
        cursor = await connection.execute(OBJECTS.format(rewritten.objects_used or NO_OBJECTS).encode())
        row = await cursor.fetchone()
    orphans, total = row or (0, 0)
    if 0 < orphans < total:
        return Rewritten(hazards=(Hazard("some large objects lose the last row that refers to them"),))
    return replace(rewritten, without_objects=orphans > 0)
