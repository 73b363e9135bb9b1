"""Who answers at a URL, and whether it can be read consistently."""

from typing import TYPE_CHECKING

from ...model.catalog import Server
from ...model.errors import SourceUnsuitable
from ...model.target import Limits
from ...model.url import DatabaseUrl
from .session import connect

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

OLDEST = 13

SERVER = """
SELECT pg_catalog.current_database(),
       pg_catalog.split_part(pg_catalog.version(), ' ', 1),
       pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1),
       current_user,
       pg_catalog.pg_is_in_recovery(),
       pg_catalog.pg_database_size(pg_catalog.current_database()),
       pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE'),
       'start-' || pg_catalog.to_char(pg_catalog.pg_postmaster_start_time() AT TIME ZONE 'UTC',
                                      'YYYYMMDDHH24MISSUS'),
       (SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
"""

# Everything by which a role could change what others read. Temporary tables are its own business.
CAN_WRITE = """
SELECT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
    OR pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
    OR EXISTS (SELECT FROM pg_catalog.pg_namespace
               WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
                 AND pg_catalog.has_schema_privilege(oid, 'CREATE'))
    OR EXISTS (SELECT FROM pg_catalog.pg_class
               JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
               WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
                 AND nspname !~ '^pg_' AND nspname <> 'information_schema'
                 AND (pg_catalog.has_table_privilege(pg_class.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
                   OR pg_catalog.has_any_column_privilege(pg_class.oid, 'INSERT, UPDATE')))
"""


async def identify(url: DatabaseUrl, limits: Limits | None = None) -> Server:
    """Connect and say who answers.

    Raises:
        DatabaseUnreachable, DatabaseRefused: nobody does, or not to us.
        SourceUnsuitable: the server is too old, or behind a pooler that shares connections.
    """
    async with connect(url, limits) as connection:
        await refuse_pooler(connection, url, limits=limits)
        if (version := connection.info.server_version) < OLDEST * 10000:
            raise SourceUnsuitable(
                f"PostgreSQL {version // 10000} is older than {OLDEST}", f"Upgrade the server to {OLDEST}."
            )
        return await read_server(connection)


async def read_server(connection: "AsyncConnection[TupleRow]") -> Server:
    """Describe the server and database of a connection.

    `system` is the identifier that initdb gave the server. A role that may not read it gets the moment
    the server was started instead: as unique and the same by any route, but only until the next restart.
    """
    database, product, version, role, standby, size, may_ask, started, creates = await _row(
        connection, SERVER
    )
    system = started
    if may_ask:
        (system,) = await _row(
            connection, "SELECT system_identifier::text FROM pg_catalog.pg_control_system()"
        )
    (can_write,) = await _row(connection, CAN_WRITE)
    return Server(
        system=system,
        started=started,
        database=database,
        product=product,
        version=version,
        major=connection.info.server_version // 10000,
        role=role,
        role_can_write=can_write,
        role_can_create=creates,
        standby=standby,
        bytes=size,
    )


async def refuse_pooler(
    connection: "AsyncConnection[TupleRow]", url: DatabaseUrl, *, limits: Limits | None = None
) -> None:
    """Refuse a pooler that gives a connection's statements to different server processes.

    A server process tells its own number when a connection starts; a pooler makes one up. If it did, a
    second connection shows what it shares: while ours is open and idle, nobody else may be in our process.

    Raises:
        SourceUnsuitable: it does, so no consistent view can be held through it.
    """
    ours = await _backend(connection)
    if ours == connection.info.backend_pid:
        return
    shared = await _backend(connection) != ours
    async with connect(url, limits) as other:
        shared = shared or await _backend(other) == await _backend(connection)
    if shared:
        raise SourceUnsuitable(
            "a connection pooler in transaction mode stands before the server",
            "Use the URL of the server itself, or of a pool in session mode.",
        )


async def _backend(connection: "AsyncConnection[TupleRow]") -> int:
    (pid,) = await _row(connection, "SELECT pg_catalog.pg_backend_pid()")
    return int(pid)


async def _row(connection: "AsyncConnection[TupleRow]", query: str) -> "TupleRow":
    row = await (await connection.execute(query.encode())).fetchone()
    assert row is not None
    return row
