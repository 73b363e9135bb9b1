"""Both ways to run rules on one database, without restoring anything, and what each makes of the rows.

In a copy: in a transaction that is rolled back. While reading: in a read-only one, each table in two page
ranges, as two slices would be. Partly: what is read takes the place of the rows in a transaction that is
rolled back, and the other rules run there.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from psycopg import AsyncConnection
from psycopg import Error as DriverError
from psycopg.rows import TupleRow

from snapharbor.engine.database.postgres.inspect import read_catalog
from snapharbor.engine.database.postgres.moment import freeze
from snapharbor.engine.database.postgres.rewrite import ask, judge
from snapharbor.engine.database.postgres.session import connect
from snapharbor.engine.database.postgres.slices import Leaf, read_leaves
from snapharbor.engine.database.postgres.surroundings import ENTER
from snapharbor.engine.database.postgres.workbench import restrict, run_rules
from snapharbor.engine.model.catalog import Catalog
from snapharbor.engine.model.errors import EngineError
from snapharbor.engine.model.identifier import quote, quoted
from snapharbor.engine.model.pushdown import Facts, Hazard, Rewritten
from snapharbor.engine.model.rules import RuleSet
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.target import Selection
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.rules.analyse import analyse_all
from snapharbor.engine.rules.masking import Masker
from snapharbor.engine.rules.parse import parse
from snapharbor.engine.rules.pushdown import compile_reads
from snapharbor.engine.rules.resolve import resolve_all

KEY = Secret("only for tests, and long enough")
EVERYTHING = Selection(use_default_schema=False)
RANGES = ("WHERE ctid < '(1,0)'", "WHERE ctid >= '(1,0)'")

Connection = AsyncConnection[TupleRow]
Rows = dict[str, list[bytes]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The rows of every table, sorted, or the error, or why it was not done."""

    rows: Rows | None = None
    error: Exception | None = field(default=None, compare=False)
    hazards: tuple[Hazard, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether there are no rows because something failed."""
        return self.error is not None


def rules_of(text: str) -> RuleSet:
    """Parse rules as they would stand in a file."""
    return parse(text, "sanitize.query_file", "postgres")


async def in_a_copy(
    url: DatabaseUrl, rules: RuleSet, instead: Mapping[Leaf, Sequence[bytes]] | None = None
) -> Outcome:
    """Run rules as in an ephemeral copy, in which tables may hold other rows, look, and undo everything."""
    async with connect(url, read_only=False) as connection:
        restricted = await restrict(connection)
        await connection.execute("BEGIN")
        try:
            await _replace(connection, instead or {})
            masker = Masker(await read_catalog(connection), "postgres", KEY)
            resolved = resolve_all(analyse_all(rules, "postgres"), masker.catalog)
            await run_rules(connection, [masker.rule(rule) for rule in resolved], restricted=restricted)
            await connection.execute("SET LOCAL search_path = ''")
            return Outcome(await _all_rows(connection))
        except (EngineError, DriverError) as error:
            return Outcome(error=error)
        finally:
            await connection.execute("ROLLBACK")


async def while_reading(url: DatabaseUrl, rules: RuleSet) -> Outcome:
    """Read a database as rules leave it."""
    async with connect(url) as connection:
        try:
            rewritten, leaves = await look(connection, rules)
            if rewritten.hazards:
                return Outcome(hazards=rewritten.hazards)
            await ask(connection, [asked for asked in rewritten.constraints if not asked.guarded])
            found = await _all_rows(connection, rewritten, leaves)
            objects = {} if not rewritten.without_objects else {"large objects": list[bytes]()}
            return Outcome(found | objects)
        except (EngineError, DriverError) as error:
            return Outcome(error=error)


async def partly(url: DatabaseUrl, rules: RuleSet) -> Outcome:
    """Read a database through the rules that can run so, and run the others in what came of it."""
    async with connect(url) as connection:
        try:
            rewritten, leaves = await look(connection, rules)
            if not rewritten.hazards or not rewritten.reads:
                return Outcome(hazards=rewritten.hazards)
            await ask(connection, [asked for asked in rewritten.constraints if not asked.guarded])
            read = await _all_rows(connection, rewritten, leaves)
        except (EngineError, DriverError) as error:
            return Outcome(error=error)
    rest = replace(rules, rules=tuple(rules.rules[place] for place in rewritten.copied))
    taken = {leaf: read[str(leaf.name)] for leaf in leaves if leaf.name in rewritten.reads}
    return await in_a_copy(url, rest, taken)


async def look(connection: Connection, rules: RuleSet) -> tuple[Rewritten, Sequence[Leaf]]:
    """Freeze the database of a connection and compile rules for it."""

    def rewrite(catalog: Catalog, facts: Facts) -> Rewritten:
        return compile_reads(analyse_all(rules, "postgres"), facts, Masker(catalog, "postgres", KEY))

    moment, _ = await freeze(connection, EVERYTHING, standby=False)
    return await judge(connection, rewrite, moment), moment.leaves


async def _replace(connection: Connection, rows: Mapping[Leaf, Sequence[bytes]]) -> None:
    await connection.execute("SET LOCAL session_replication_role = replica")
    for leaf, lines in rows.items():
        table = quoted(leaf.name)
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        await connection.execute(f"DELETE FROM ONLY {table}".encode())
        columns = ", ".join(map(quote, leaf.columns))
        into = f"COPY {table} ({columns}) FROM STDIN".encode()
        async with connection.cursor() as cursor, cursor.copy(into) as copy:
            for line in lines:
                await copy.write(line)
    await connection.execute("SET LOCAL session_replication_role = origin")


async def _all_rows(
    connection: Connection, rewritten: Rewritten | None = None, leaves: Sequence[Leaf] = ()
) -> Rows:
    found: Rows = {}
    for leaf in leaves or await read_leaves(connection):
        read = rewritten.reads.get(leaf.name) if rewritten else None
        columns, table = ", ".join(map(quote, leaf.columns)), quoted(leaf.name)
        lines: list[bytes] = []
        if read is None:
            lines = [line async for line in _copy(connection, f"SELECT {columns} FROM ONLY {table}")]
        else:
            assert read.columns == leaf.columns
            for pages in RANGES:
                async with connection.transaction():
                    for statement in ENTER:
                        await connection.execute(statement.encode())
                    query = read.query(f"SELECT * FROM ONLY {table} {pages}")
                    lines += [line async for line in _copy(connection, query)]
                    await connection.execute("SET LOCAL search_path = ''")
        found[str(leaf.name)] = sorted(lines)
    cursor = await connection.execute("SELECT oid::text FROM pg_catalog.pg_largeobject_metadata ORDER BY 1")
    found["large objects"] = [str(oid).encode() for (oid,) in await cursor.fetchall()]
    return found


async def _copy(connection: Connection, query: str) -> AsyncIterator[bytes]:
    async with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT".encode()) as copy:
        async for block in copy:
            yield bytes(block)
