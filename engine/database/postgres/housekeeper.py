"""Creates, copies, swaps and drops databases on a server. What is ours carries our mark as its comment."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from secrets import token_hex
from typing import TYPE_CHECKING

from anyio import sleep

from ...model.catalog import Server
from ...model.errors import (
    ArgumentInvalid,
    DatabaseFailed,
    DatabaseRefused,
    DestinationProtected,
)
from ...model.url import DatabaseUrl
from ...tasks import open_tasks
from ..base import Standing
from ..standing import surprise, unsurprising
from .identify import read_server
from .session import connect

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

MARK = "snapharbor: "
OURS = "snapharbor_"
LONGEST_NAME = 63
PAUSE_SECONDS = 0.05
UNTOUCHABLE = frozenset(("postgres", "template0", "template1"))

# A database that nobody may connect to, has our kind of name and no comment is one whose making was cut off.
NOTES = """
SELECT datname, coalesce(pg_catalog.shobj_description(oid, 'pg_database'), 'snapharbor: cut off')
FROM pg_catalog.pg_database
WHERE pg_catalog.shobj_description(oid, 'pg_database') LIKE 'snapharbor: %'
   OR (pg_catalog.shobj_description(oid, 'pg_database') IS NULL
       AND NOT datallowconn AND pg_catalog.starts_with(datname, 'snapharbor_'))
"""

# A closed one that is open, or belongs to another role, may hold anything by now.
TEMPLATES = """
SELECT datname FROM pg_catalog.pg_database
WHERE pg_catalog.starts_with(datname, %s) AND NOT datallowconn
  AND datdba = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)
  AND pg_catalog.shobj_description(oid, 'pg_database') LIKE 'snapharbor: %%'
"""

EXISTS = "SELECT FROM pg_catalog.pg_database WHERE datname = %s"

# Processes of the server itself, such as vacuum workers, have no user and make way on their own.
SESSIONS = "SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE datname = %s AND usesysid IS NOT NULL"
END_SESSIONS = """
SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE datname = ANY (%s) AND usesysid IS NOT NULL
"""

CLONE_FILES = """
SELECT pg_catalog.set_config(name, 'clone', false) FROM pg_catalog.pg_settings
WHERE name = 'file_copy_method' AND 'clone' = ANY (enumvals)
"""

ENCODING = """
SELECT CASE WHEN pg_catalog.pg_encoding_to_char(encoding) = 'UTF8' THEN ''
            ELSE 'ENCODING ''UTF8'' LC_COLLATE ''C'' LC_CTYPE ''C''' END
FROM pg_catalog.pg_database WHERE datname = 'template0'
"""


class PostgresHousekeeper:
    """Housekeeping on the server of a URL; the URL's own database need not exist."""

    def __init__(self, url: DatabaseUrl) -> None:
        self._url = url

    async def server(self) -> Server:
        """Connect to the server and say who answers; `database` is the one used for maintenance."""
        async with self._connect() as connection:
            return await read_server(connection)

    async def exists(self, name: str) -> bool:
        """Tell whether there is a database of that name."""
        async with self._connect() as connection:
            return await _exists(connection, name)

    async def sessions(self, name: str) -> int:
        """How many sessions are on that database."""
        async with self._connect() as connection:
            row = await (await connection.execute(SESSIONS.encode(), [name])).fetchone()
            return int(row[0]) if row else 0

    async def ours(self, name: str) -> str | None:
        """Return the note on a database that we made, None if there is none or it is not ours."""
        return (await self.list(name)).get(name)

    async def list(self, prefix: str) -> dict[str, str]:
        """Return the databases that we made whose name starts so, with their notes."""
        async with self._connect() as connection:
            return await _notes(connection, prefix)

    def check_name(self, name: str) -> None:
        """Refuse a name that nothing can be loaded under; nothing is connected.

        Raises:
            ArgumentInvalid: PostgreSQL cannot keep it.
            DestinationProtected: it belongs to the server.
        """
        _check(name)
        if name in UNTOUCHABLE:
            raise DestinationProtected(
                f"database `{name}` belongs to the server", "Choose another name for the database."
            )

    async def templates(self, prefix: str) -> Sequence[str]:
        """Return the closed databases that this very role made and nobody opened, whose name starts so."""
        async with self._connect() as connection:
            cursor = await connection.execute(TEMPLATES.encode(), [prefix])
            return [str(name) for (name,) in await cursor.fetchall()]

    async def create(
        self, name: str, note: str, *, template: str | None = None, closed: bool = False
    ) -> None:
        """Create a database with a note, empty or as a copy of another one, whose sessions are ended.

        A closed one takes no connections, not even a superuser's, and can be copied all the same.

        Raises:
            ArgumentInvalid: the name is not one that PostgreSQL can keep.
            PrivilegeMissing: the role may not create databases, or not copy this one.
        """
        from psycopg.sql import SQL, Identifier

        _check(name)
        async with self._connect() as connection:
            if template is None:
                options = await _encoding(connection)
            else:
                await connection.execute(CLONE_FILES.encode())
                options = b"STRATEGY FILE_COPY" if connection.info.server_version >= 150000 else b""
            # Closed to everybody until it has its mark: by that a half-made one can be told.
            create = SQL("CREATE DATABASE {} TEMPLATE {} ALLOW_CONNECTIONS false ").format(
                Identifier(name), Identifier(template or "template0")
            )
            async with self._evicting([template] if template else []):
                await connection.execute(create.as_bytes(connection) + options)
            await _mark(connection, name, note)
            if not closed:
                allow = SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true")
                await connection.execute(allow.format(Identifier(name)))

    async def swap(self, fresh: str, name: str, *, over: Standing, previous: str | None, note: str) -> None:
        """Rename `fresh` to `name` in one transaction; the old one becomes `previous`, or is dropped if None.

        The first rename keeps newcomers out of the old database while its sessions are ended, and holds it
        as it is while it is looked at once more. Nothing has to be undone: until the transaction commits,
        the destination is exactly as it was.

        Raises:
            ConfirmationRequired: something else than `over` is there.
            DestinationProtected: `fresh` is not ours, or `name` belongs to the server.
            DatabaseFailed: `previous` exists already.
        """
        from psycopg.errors import DuplicateDatabase

        old = previous or f"{OURS}o_{token_hex(8)}"
        self.check_name(name)
        _check(old)
        async with self._connect() as connection:
            if fresh not in await _notes(connection, fresh):
                raise DestinationProtected(f"database `{fresh}` was not made by us")
            if await _exists(connection, old):
                raise DatabaseFailed(f"there is a database `{old}` already", "Rename or drop it.")
            replaced = unsurprising(await _standing(connection, name), over, name=name)
            async with self._evicting([fresh, *([name] if replaced else [])]), connection.transaction():
                if replaced:
                    await _rename(connection, name, to=old)
                    unsurprising(await _standing(connection, old), over, name=name)
                try:
                    await _rename(connection, fresh, to=name)
                except DuplicateDatabase:
                    raise surprise(name) from None
                await _mark(connection, name, note)
                if replaced and previous is None:
                    await _mark(connection, old, f"replaced by {note}")
        if replaced and previous is None:
            await self.drop(old)

    async def drop(self, name: str) -> None:
        """Drop a database that we made, ending its sessions; absent is fine.

        Raises:
            DestinationProtected: we did not make it.
        """
        from psycopg.sql import SQL, Identifier

        async with self._connect() as connection:
            if not await _exists(connection, name):
                return
            if name not in await _notes(connection, name):
                raise DestinationProtected(f"database `{name}` was not made by us")
            async with self._evicting([name]):
                await connection.execute(SQL("DROP DATABASE IF EXISTS {}").format(Identifier(name)))

    @asynccontextmanager
    async def _connect(self) -> "AsyncGenerator[AsyncConnection[TupleRow]]":
        """Connect to the database for maintenance: `postgres`, or `template1` where there is none."""
        async with AsyncExitStack() as stack:
            try:
                found = await stack.enter_async_context(connect(self._url.on("postgres"), read_only=False))
            except DatabaseRefused:
                found = await stack.enter_async_context(connect(self._url.on("template1"), read_only=False))
            yield found

    @asynccontextmanager
    async def _evicting(self, names: Sequence[str]) -> AsyncGenerator[None]:
        """End the sessions on some databases again and again while the block runs."""
        async with self._connect() as connection, open_tasks() as tasks:
            tasks.start_soon(_evict, connection, names)
            yield
            tasks.cancel_scope.cancel()


async def _evict(connection: "AsyncConnection[TupleRow]", names: Sequence[str]) -> None:
    while True:
        await connection.execute(END_SESSIONS.encode(), [names])
        await sleep(PAUSE_SECONDS)


async def _notes(connection: "AsyncConnection[TupleRow]", prefix: str) -> dict[str, str]:
    cursor = await connection.execute(NOTES.encode())
    return {
        str(name): str(note).removeprefix(MARK)
        for name, note in await cursor.fetchall()
        if str(name).startswith(prefix)
    }


async def _exists(connection: "AsyncConnection[TupleRow]", name: str) -> bool:
    return (await connection.execute(EXISTS.encode(), [name])).rowcount == 1


async def _standing(connection: "AsyncConnection[TupleRow]", name: str) -> Standing:
    if not await _exists(connection, name):
        return "nothing"
    return "ours" if name in await _notes(connection, name) else "theirs"


async def _encoding(connection: "AsyncConnection[TupleRow]") -> bytes:
    row = await (await connection.execute(ENCODING.encode())).fetchone()
    return str(row[0]).encode() if row else b""


async def _mark(connection: "AsyncConnection[TupleRow]", name: str, note: str) -> None:
    from psycopg.sql import SQL, Identifier

    comment = SQL("COMMENT ON DATABASE {} IS {}")
    await connection.execute(comment.format(Identifier(name), MARK + note))


async def _rename(connection: "AsyncConnection[TupleRow]", name: str, *, to: str) -> None:
    from psycopg.sql import SQL, Identifier

    rename = SQL("ALTER DATABASE {} RENAME TO {}")
    await connection.execute(rename.format(Identifier(name), Identifier(to)))


def _check(name: str) -> None:
    if not name or "\0" in name or len(name.encode()) > LONGEST_NAME:
        raise ArgumentInvalid(
            f"`{name[:80]}` is no name for a database", f"Use 1 to {LONGEST_NAME} bytes of UTF-8."
        )
