"""Freezing a database for reading: what several connections see is one moment, or only one connection reads.

For the instant in which they all start their transactions nobody may write anywhere (a global read lock), if
the role may ask for that. Tables without transactions have no moments: they are locked until all is read.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from anyio import to_thread

from ...model.catalog import Catalog, TableName
from ...model.errors import DatabaseRefused, PrivilegeMissing, SourceUnsuitable, TimedOut
from ...model.target import Limits, Selection
from ...model.url import DatabaseUrl
from ..selection import Selected, select, sentence
from .grants import read_grants
from .inspect import read_catalog
from .names import quote
from .narrow import fitting
from .pump import Pump
from .session import Connection, connect
from .slices import Leaf, leaf_of

ATTEMPTS = 3
LOCK_SECONDS = 10
TABLES_PER_QUERY = 50
BEGIN = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
WITHOUT = """
SELECT TABLE_NAME FROM information_schema.TABLES t JOIN information_schema.ENGINES e USING (ENGINE)
WHERE TABLE_SCHEMA = %s AND TABLE_TYPE <> 'VIEW' AND COALESCE(TRANSACTIONS, 'NO') <> 'YES'
  AND TABLE_TYPE <> 'SEQUENCE'
"""
VERSIONED = """
SELECT TABLE_NAME FROM information_schema.TABLES
WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'SYSTEM VERSIONED'
"""
ALONE = "read by one connection, because {}; several need RELOAD (on MySQL 8 FLUSH_TABLES) for an instant"
UNSEEN = "left out, as the role has no SELECT on the whole database: tables that it may not see, if any"


@dataclass(frozen=True, slots=True)
class Moment:
    """What is to be read: the rows of `leaves`, and definitions. `without` have no transactions."""

    catalog: Catalog
    selected: Selected
    leaves: tuple[Leaf, ...]
    without: tuple[TableName, ...]
    left_out: tuple[str, ...]

    @property
    def taken(self) -> Catalog:
        """What of the catalogue is in the snapshot."""
        return Catalog(self.selected.schemas.taken, self.selected.tables, engine="mysql")


@dataclass(frozen=True, slots=True)
class Frozen:
    """A moment, how many readers see it, and why that is one only."""

    moment: Moment
    readers: int
    told: tuple[str, ...]


@asynccontextmanager
async def freeze(
    keeper: Connection, url: DatabaseUrl, selection: Selection, *, limits: Limits, pumps: Sequence[Pump]
) -> AsyncGenerator[Frozen]:
    """Start a transaction on every pump, all at one moment if that can be had, and keep tables as they are.

    The keeper's own transaction has read from every table, so nobody can change their definitions.

    Raises:
        SourceUnsuitable: tables have no transactions, and the role may not lock them.
        TimedOut: a lock was not to be had, or tables came and went too fast.
    """
    for _ in range(ATTEMPTS):
        before = await look(keeper, url.database, selection)
        async with _locked(url, limits, before) as locks:
            await keeper.run("START TRANSACTION READ ONLY")
            await _touch(keeper, before)
            alone = await locks.stop_everybody() if len(pumps) > 1 or before.without else ""
            await locks.hold_tables()
            readers = len(pumps) if not alone else 1
            for pump in pumps[:readers]:
                await to_thread.run_sync(pump.enter, (BEGIN,))
            await locks.let_everybody()
            moment = await look(keeper, url.database, selection)
            if _shape(moment) == _shape(before):
                told = (ALONE.format(alone),) if alone and len(pumps) > 1 else ()
                yield Frozen(moment, readers, told)
                return
    raise TimedOut("tables were changed again and again while they were being locked")


async def look(connection: Connection, database: str, selection: Selection) -> Moment:
    """Look at a database without holding anything."""
    catalog = await read_catalog(connection, database)
    wanted, notice = fitting(selection)
    selected = select(wanted, catalog)
    tables = [table for table in catalog.tables if table.name in selected.data and table.kind == "table"]
    without = {str(name) for (name,) in await connection.rows(WITHOUT, (database,))}
    versioned = {str(name) for (name,) in await connection.rows(VERSIONED, (database,))}
    grants = await read_grants(connection)
    names = {table.name.name for table in tables}
    left_out = (
        *notice,
        *selected.warnings,
        *(() if grants.may("SELECT", database) else (UNSEEN,)),
        *sentence("left out, the history of system-versioned table{s}", versioned & names),
        *sentence("locked against writing while it is read, table{s} without transactions", without & names),
    )
    return Moment(
        catalog,
        selected,
        tuple(leaf for leaf in map(leaf_of, tables) if leaf.columns),
        tuple(table.name for table in tables if table.name.name in without),
        left_out,
    )


def _shape(moment: Moment) -> object:
    """Return a moment without what changes all the time."""
    return tuple(replace(table, rows=0, bytes=0) for table in moment.catalog.tables)


async def _touch(connection: Connection, moment: Moment) -> None:
    names = [quote(leaf.name.name) for leaf in moment.leaves]
    for start in range(0, len(names), TABLES_PER_QUERY):
        some = names[start : start + TABLES_PER_QUERY]
        await connection.rows(" UNION ALL ".join(f"(SELECT 1 FROM {name} LIMIT 0)" for name in some))  # noqa: S608


@asynccontextmanager
async def _locked(url: DatabaseUrl, limits: Limits, moment: Moment) -> "AsyncGenerator[_Locks]":
    bounded = replace(limits, lock_timeout=limits.lock_timeout or LOCK_SECONDS)
    async with connect(url, bounded) as everybody, connect(url, bounded) as tables:
        yield _Locks(everybody, tables, moment.without)


@dataclass(frozen=True, slots=True)
class _Locks:
    """Two connections: one stops everybody for an instant, the other holds tables without transactions."""

    everybody: Connection
    tables: Connection
    without: tuple[TableName, ...]

    async def stop_everybody(self) -> str:
        """Take the global read lock, and return why it could not be had, empty if it could."""
        try:
            await self.everybody.run("FLUSH TABLES WITH READ LOCK")
        except PrivilegeMissing:
            return "the role may not lock all tables"
        except TimedOut:
            return "a lock on all tables was not to be had in time"
        return ""

    async def let_everybody(self) -> None:
        """Give the global lock back."""
        await self.everybody.run("UNLOCK TABLES")

    async def hold_tables(self) -> None:
        """Lock the tables without transactions against writing."""
        if not self.without:
            return
        names = ", ".join(f"{quote(name.name)} READ" for name in self.without)
        try:
            await self.tables.run(f"LOCK TABLES {names}")
        except (PrivilegeMissing, DatabaseRefused) as error:
            listed = sentence("table{s} without transactions", map(str, self.without))[0]
            raise SourceUnsuitable(
                f"the role may not lock {listed}: {error.message}",
                "Grant it LOCK TABLES, or leave their rows out with exclude_data.",
            ) from None
