"""Creates, copies, swaps and drops databases on a server. What is ours has our note.

A database cannot be renamed here, but its tables can be moved, all in one statement. What cannot be moved
(views, triggers, routines, events) is taken down before and made again after it, from the server's own text.
"""

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from secrets import token_hex

import anyio

from ...model.catalog import Server
from ...model.errors import ArgumentInvalid, DatabaseFailed, DestinationProtected, EngineError
from ...model.target import Limits
from ...model.url import DatabaseUrl
from ...tasks import open_tasks
from ..base import Standing
from ..standing import surprise, unsurprising
from .definition import read_whole
from .entries import AFTER, Definition, Entry
from .identify import OURS, identify
from .inspect import read_catalog
from .loading import defaults, entering
from .names import qualified, quote
from .note import NOTE_TABLE, erase, notes, write
from .note import make as make_database
from .restore import make
from .sealing import SEAL, is_sealed, seal, unsealed
from .session import Connection, connect
from .slices import Leaf, leaf_of

LONGEST_NAME = 64
COPIERS = 4
TAKEN = 1007
UNTOUCHABLE = frozenset(("mysql", "information_schema", "performance_schema", "sys"))
EXISTS = "SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s"
SESSIONS = "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = %s AND ID <> CONNECTION_ID()"
UNCHECKED = "SET SESSION foreign_key_checks = 0"
MOVED = """
SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_TYPE <> 'VIEW'
"""


class MysqlHousekeeper:
    """Housekeeping on the server of a URL; the URL's own database need not exist."""

    def __init__(self, url: DatabaseUrl) -> None:
        self._url = url

    async def server(self) -> Server:
        """Connect to the server, whether the URL's database exists or not, and say who answers."""
        return await identify(self._url, to_server=True)

    async def exists(self, name: str) -> bool:
        """Tell whether there is a database of that name."""
        async with self._connect() as connection:
            return await _exists(connection, name)

    async def sessions(self, name: str) -> int:
        """How many other sessions are on that database, as far as the role may see them."""
        async with self._connect() as connection:
            return len(await connection.rows(SESSIONS, (name,)))

    async def ours(self, name: str) -> str | None:
        """Return the note we left on the database when we made it, None if we did not make it."""
        async with self._connect() as connection:
            return (await notes(connection)).get(name)

    async def list(self, prefix: str) -> dict[str, str]:
        """Return the databases that we made whose name starts so, with their notes."""
        async with self._connect() as connection:
            found = await notes(connection)
        return {name: note for name, note in found.items() if name.startswith(prefix)}

    def check_name(self, name: str) -> None:
        """Refuse a name that nothing can be loaded under; nothing is connected.

        Raises:
            ArgumentInvalid: the server cannot keep it.
            DestinationProtected: it belongs to the server.
        """
        _check(name)
        if name.lower() in UNTOUCHABLE:
            raise DestinationProtected(
                f"database `{name}` belongs to the server", "Choose another name for the database."
            )

    async def templates(self, prefix: str) -> Sequence[str]:
        """Return the sealed databases whose name starts so, that can be read and are defined as they were."""
        found = await self.list(prefix)
        return [name for name, note in found.items() if SEAL in note and await self._is_sealed(name, note)]

    async def create(
        self, name: str, note: str, *, template: str | None = None, closed: bool = False
    ) -> None:
        """Create a database with a note, empty or as a copy of another one that the server makes itself.

        A closed one can be entered, as no database can be closed here, but its tables take no rows.

        Raises:
            ArgumentInvalid: the name is not one that the server can keep.
            PrivilegeMissing: the role may not create databases, or triggers in one that is closed.
        """
        _check(name)
        async with self._connect() as connection:
            await make_database(connection, name, note)
        try:
            if template is not None:
                await self._copy(template, name)
            if closed:
                await self._seal(name, note)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self.drop(name)
            raise

    async def swap(self, fresh: str, name: str, *, over: Standing, previous: str | None, note: str) -> None:
        """Move the tables of `fresh` to `name` in one statement; the old ones to `previous`, or to nowhere.

        Raises:
            ConfirmationRequired: something else than `over` is there.
            DestinationProtected: `fresh` is not ours, or `name` belongs to the server.
            DatabaseFailed: `previous` exists already.
        """
        old = previous or f"{OURS}o_{token_hex(8)}"
        self.check_name(name)
        _check(old)
        async with self._connect() as connection:
            known = await notes(connection)
            if fresh not in known:
                raise DestinationProtected(f"database `{fresh}` was not made by us")
            if await _exists(connection, old):
                raise DatabaseFailed(f"there is a database `{old}` already", "Rename or drop it.")
            replaced = unsurprising(await _standing(connection, name), over, name=name)
            await make_database(connection, old, known.get(name, "replaced"))
            if not replaced:
                await _make_free(connection, name, note)
        # What is half moved is nobody's database: this goes on to one end or back to the other.
        with anyio.CancelScope(shield=True):
            try:
                await self._exchange(fresh, name, old)
            except EngineError:
                await self._drop_empty(old, *(() if replaced else (name,)))
                raise
            async with self._connect() as connection:
                await write(connection, name, note)
                if replaced and previous is not None and name not in known:
                    await erase(connection, old)
            await self.drop(fresh)
            if not replaced or previous is None:
                await self.drop(old)

    async def drop(self, name: str) -> None:
        """Drop a database that we made, ending its sessions; absent is fine.

        Raises:
            DestinationProtected: we did not make it.
        """
        async with self._connect() as connection:
            if not await _exists(connection, name):
                return
            if name not in await notes(connection):
                raise DestinationProtected(f"database `{name}` was not made by us")
            await _evict(connection, name)
            await connection.run(UNCHECKED, f"DROP DATABASE IF EXISTS {quote(name)}")

    async def _exchange(self, fresh: str, name: str, old: str) -> None:
        """Move the tables of `name` to `old` and those of `fresh` to `name`, and all else with them.

        If that fails, `name` is what it was.
        """
        async with self._on(fresh) as here, self._on(name) as there, self._on(old) as behind:
            ours, theirs = await read_whole(here, fresh), await read_whole(there, name)
            moves = [
                *[(name, old, table) for table in await _tables(there, name)],
                *[(fresh, name, table) for table in await _tables(here, fresh)],
            ]
            await _evict(there, name)
            await there.run(UNCHECKED)
            moved = False
            try:
                await _take_down(there, theirs)
                await _take_down(here, ours)
                await _move(there, moves)
                moved = True
                await _put_up(there, name, ours)
            except EngineError:
                await _take_down(there, ours)
                if moved:
                    await _move(there, [(goal, source, table) for source, goal, table in reversed(moves)])
                await _take_down(there, theirs)
                await _put_up(there, name, theirs)
                raise
            await _put_up(behind, old, theirs)

    async def _drop_empty(self, *names: str) -> None:
        """Drop databases of ours that hold no table."""
        for name in names:
            async with self._connect() as connection:
                empty = not await _tables(connection, name)
            if empty:
                await self.drop(name)

    async def _copy(self, template: str, name: str) -> None:
        async with self._on(template) as source, self._on(name) as goal:
            definition = unsealed(await read_whole(source, template))
            await goal.run(f"ALTER DATABASE {quote(name)} {defaults(definition, goal.version)}")
            await make(goal, definition, before=True)
            tables = (await read_catalog(source, template)).tables
            leaves = [
                leaf for leaf in (leaf_of(one) for one in tables if one.kind == "table") if leaf.columns
            ]
            waiting = iter(sorted(leaves, key=lambda leaf: -leaf.bytes))
            async with open_tasks() as group:
                for _ in range(COPIERS):
                    group.start_soon(self._copy_rows, name, waiting)
            await make(goal, definition, before=False)

    async def _copy_rows(self, name: str, leaves: Iterator[Leaf]) -> None:
        async with self._on(name) as goal:
            await goal.run(*entering(goal.version))
            for leaf in leaves:
                columns = ", ".join(quote(column.name) for column in leaf.columns)
                own = qualified(name, leaf.name.name)
                await goal.run(f"INSERT INTO {own} ({columns}) SELECT {columns} FROM {leaf.table}")  # noqa: S608

    async def _seal(self, name: str, note: str) -> None:
        async with self._on(name) as connection:
            await write(connection, name, note + await seal(connection, name))

    async def _is_sealed(self, name: str, note: str) -> bool:
        try:
            async with self._on(name) as connection:
                return await is_sealed(connection, name, note)
        except EngineError:
            return False

    @asynccontextmanager
    async def _connect(self) -> AsyncGenerator[Connection]:
        async with connect(self._url, read_only=False, to_server=True) as connection:
            yield connection

    @asynccontextmanager
    async def _on(self, name: str) -> AsyncGenerator[Connection]:
        async with connect(self._url.on(name), Limits(lock_timeout=60), read_only=False) as connection:
            yield connection


async def _tables(connection: Connection, name: str) -> list[str]:
    found = [str(table) for (table,) in await connection.rows(MOVED, (name,))]
    return [table for table in found if table != NOTE_TABLE]


async def _take_down(connection: Connection, definition: Definition) -> None:
    entries: Iterable[Entry] = definition.of(*AFTER)
    await connection.run(*(f"DROP {entry.kind} IF EXISTS {quote(entry.name)}" for entry in entries))


async def _put_up(connection: Connection, name: str, definition: Definition) -> None:
    """Make what was taken down, in the database that has its tables now."""
    await connection.run(f"ALTER DATABASE {quote(name)} {definition.defaults}")
    await make(connection, definition, before=False)


async def _move(connection: Connection, moves: Sequence[tuple[str, str, str]]) -> None:
    """Move tables from one database to another, all in one statement."""
    if moves:
        renamed = (f"{qualified(source, table)} TO {qualified(goal, table)}" for source, goal, table in moves)
        await connection.run(f"RENAME TABLE {', '.join(renamed)}")


async def _evict(connection: Connection, name: str) -> None:
    """End the sessions on a database, as far as the role may."""
    for (number,) in await connection.rows(SESSIONS, (name,)):
        with suppress(EngineError):  # it is gone already, or somebody else's
            await connection.run(f"KILL {int(number)}")


async def _make_free(connection: Connection, name: str, note: str) -> None:
    """Make a database under a name that was free.

    Raises:
        ConfirmationRequired: it is not any more.
    """
    try:
        await make_database(connection, name, note)
    except DatabaseFailed as error:
        raise (surprise(name) if error.details.get("errno") == TAKEN else error) from None


async def _standing(connection: Connection, name: str) -> Standing:
    if not await _exists(connection, name):
        return "nothing"
    return "ours" if name in await notes(connection) else "theirs"


async def _exists(connection: Connection, name: str) -> bool:
    return bool(await connection.rows(EXISTS, (name,)))


def _check(name: str) -> None:
    if not name or "\0" in name or name != name.rstrip() or len(name) > LONGEST_NAME:
        raise ArgumentInvalid(
            f"`{name[:80]}` is no name for a database",
            f"Use 1 to {LONGEST_NAME} characters, no blank at the end.",
        )
