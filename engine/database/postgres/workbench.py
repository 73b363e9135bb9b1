"""A private copy to apply rules to: user triggers off, foreign keys deferred, one transaction."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from anyio import to_thread

from ...model.errors import EngineError, RuleFailed
from ...model.job import Report
from ...model.rules import Rule
from ...model.url import DatabaseUrl
from ..base import ChunkSource, Database
from .artefact import PostgresArtefact
from .errors import translate
from .roles import make_roles, roles_named
from .session import connect
from .surroundings import ENTER

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

ROLE = "snapharbor_rules"

# What runs a rule may read and write every row, and nothing else: no files, no settings, no definitions.
CREATE_ROLE = f"CREATE ROLE {ROLE} NOLOGIN BYPASSRLS IN ROLE pg_read_all_data, pg_write_all_data"

TRIGGERS = """
SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname),
       format('ALTER TABLE %s ENABLE %s TRIGGER %I', tgrelid::regclass,
              CASE tgenabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, tgname)
  FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
 WHERE NOT tgisinternal AND tgenabled <> 'D' AND relkind IN ('r', 'p') AND tgparentid = 0
"""

FOREIGN_KEYS = """
SELECT format('ALTER TABLE %s ALTER CONSTRAINT %I DEFERRABLE INITIALLY DEFERRED',
              conrelid::regclass, conname),
       format('ALTER TABLE %s ALTER CONSTRAINT %I %s', conrelid::regclass, conname,
              CASE WHEN condeferrable THEN 'DEFERRABLE INITIALLY IMMEDIATE' ELSE 'NOT DEFERRABLE' END)
  FROM pg_constraint
 WHERE contype = 'f' AND conparentid = 0 AND NOT condeferred
"""

# A large object has no owner row but whatever column holds its number; when rules remove that row, the
# object would stay behind with its raw content.
OID_COLUMNS = """
SELECT format('SELECT %I::oid FROM %s WHERE %I IS NOT NULL', attname, attrelid::regclass, attname)
  FROM pg_attribute
  JOIN pg_class ON pg_class.oid = attrelid
  JOIN pg_namespace ON pg_namespace.oid = relnamespace
  JOIN pg_type ON pg_type.oid = atttypid
 WHERE relkind = 'r' AND attnum > 0 AND NOT attisdropped
   AND nspname !~ '^pg_' AND nspname <> 'information_schema'
   AND 'oid'::regtype IN (atttypid, typbasetype)
"""
UNLINK = """
SELECT lo_unlink(oid) FROM pg_largeobject_metadata AS held
 WHERE NOT EXISTS (SELECT FROM ({}) AS used(o) WHERE o = held.oid)
"""


class PostgresWorkbench:
    """A database that nobody else uses, on a server of its own (`alone`) or one that may have others."""

    def __init__(self, database: Database, url: DatabaseUrl, *, alone: bool) -> None:
        self.database = database
        self._url = url
        self._alone = alone

    async def fill(self, source: ChunkSource, jobs: int, report: Report) -> None:
        """Restore a snapshot into the copy. A server of its own gets the roles that definitions name."""
        if self._alone:
            entries = await to_thread.run_sync(PostgresArtefact(source).entries)
            await make_roles(self._url, roles_named(entries))
        await self.database.restore(source, jobs, report)

    async def apply(self, rules: Sequence[Rule]) -> tuple[int, ...]:
        """Run rules in one transaction and return the rows that each one touched.

        Triggers of the user do not fire, so no audit table receives old values; foreign keys cascade as
        they always do and are otherwise checked after the last rule.
        """
        async with connect(self._url, read_only=False) as connection:
            restricted = await restrict(connection)
            async with connection.transaction():
                return await run_rules(connection, rules, restricted=restricted)


async def run_rules(
    connection: "AsyncConnection[TupleRow]", rules: Sequence[Rule], *, restricted: bool
) -> tuple[int, ...]:
    """Run rules in the transaction of a connection, and return the rows that each one touched.

    Raises:
        RuleFailed: the server refused a rule, or a constraint does not hold.
        SpaceExhausted, DatabaseUnreachable, TimedOut: the server is to blame, not the rule.
    """
    pairs = [*await _pairs(connection, TRIGGERS), *await _pairs(connection, FOREIGN_KEYS)]
    await _all(connection, [before for before, _ in pairs])
    await _all(connection, ENTER)
    touched = [await _apply(connection, rule, restricted=restricted) for rule in rules]
    await _check(connection)
    await _unlink_orphans(connection)
    await _all(connection, [after for _, after in pairs])
    return tuple(touched)


async def restrict(connection: "AsyncConnection[TupleRow]") -> bool:
    """Make the role that rules run as; without the right to, they run as who we are, who is no superuser."""
    cursor = await connection.execute("SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user")
    row = await cursor.fetchone()
    if row is None or not row[0] or connection.info.server_version < 140000:
        return False
    exists = await connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE])
    if exists.rowcount == 0:
        await connection.execute(CREATE_ROLE)
    return True


async def _pairs(connection: "AsyncConnection[TupleRow]", query: str) -> list[tuple[str, str]]:
    cursor = await connection.execute(query.encode())
    return [(str(before), str(after)) for before, after in await cursor.fetchall()]


async def _all(connection: "AsyncConnection[TupleRow]", statements: Sequence[str]) -> None:
    for statement in statements:
        await connection.execute(statement.encode())


async def _apply(connection: "AsyncConnection[TupleRow]", rule: Rule, *, restricted: bool) -> int:
    import psycopg
    from psycopg.pq import ExecStatus

    if rule.kind == "truncate":
        return await _truncate(connection, rule)
    role = ROLE if restricted and not rule.unsafe else "NONE"
    await connection.execute(f"SET LOCAL ROLE {role}".encode())
    try:
        # A prepared statement takes one statement only, whatever the text holds.
        cursor = await connection.execute(rule.text.encode(), prepare=True)
    except psycopg.Error as error:
        found = translate(error)
        raise (found if found.retryable else _failed(found, rule)) from None
    finally:
        if connection.info.transaction_status.name == "INTRANS":
            await connection.execute("SET LOCAL ROLE NONE")
    result = cursor.pgresult
    return cursor.rowcount if result is not None and result.status == ExecStatus.COMMAND_OK else -1


async def _truncate(connection: "AsyncConnection[TupleRow]", rule: Rule) -> int:
    """Empty tables; while foreign keys wait to be checked for their rows, that is done first."""
    import psycopg
    from psycopg.errors import ObjectInUse

    try:
        try:
            async with connection.transaction():
                await connection.execute(rule.text.encode(), prepare=True)
        except ObjectInUse:
            await _check(connection, before=rule)
            await connection.execute(rule.text.encode(), prepare=True)
            await connection.execute("SET CONSTRAINTS ALL DEFERRED")
    except psycopg.Error as error:
        raise _failed(translate(error), rule) from None
    return -1


async def _unlink_orphans(connection: "AsyncConnection[TupleRow]") -> None:
    cursor = await connection.execute(OID_COLUMNS.encode())
    columns = [str(query) for (query,) in await cursor.fetchall()]
    used = " UNION ALL ".join(columns or ["SELECT NULL::oid WHERE false"])
    await connection.execute(UNLINK.format(used).encode())


async def _check(connection: "AsyncConnection[TupleRow]", *, before: Rule | None = None) -> None:
    """Look at every constraint now, at the end or before a rule that cannot wait for that."""
    import psycopg

    try:
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except psycopg.Error as error:
        found = translate(error)
        name = error.diag.constraint_name or "?"
        table = f"{error.diag.schema_name}.{error.diag.table_name}"
        when = f"before the rule at line {before.line}" if before else "after the rules"
        raise RuleFailed(
            f"constraint `{name}` of `{table}` does not hold {when}: {found.message}",
            "Change the referenced and the referencing columns alike, or delete both sides.",
            constraint=name,
            table=table,
            **({"line": before.line} if before else {}),
        ) from None


def _failed(error: EngineError, rule: Rule) -> RuleFailed:
    return RuleFailed(
        f"the rule at line {rule.line} failed: {error.message}",
        "Correct the rule; nothing was kept of this run.",
        line=rule.line,
        column=rule.column,
        tables=list(rule.tables),
    )
