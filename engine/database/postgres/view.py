"""One consistent moment of a source: a transaction holds the locks and lends out its snapshot."""

import hmac
import select
import time
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread

from ...model.catalog import Server, TableName
from ...model.errors import Cancelled, DatabaseUnreachable, EngineError, TimedOut
from ...model.pushdown import TableRead
from ...model.target import Limits, Selection
from ...model.url import DatabaseUrl
from ...tasks import open_tasks
from ..base import Blocks, Hashing, Marker, Rewrite, Slice
from ..finder import Taking
from ..programs import Programs
from ..rewriting import require
from ..wanted import Wanted
from .artefact import kinds_without
from .definition import Wanted as WantedDefinition
from .definition import definition
from .errors import from_program
from .identify import read_server
from .marker import COLUMNS, row
from .moment import BEGIN, Moment, freeze
from .originals import hashings
from .places import PostgresFinder, read_finder
from .pump import Pump, open_pump
from .rewrite import ask, judge
from .session import Session, connect, session, settings
from .slices import Cutting
from .tools import ClientTools, Means

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

READER_LOCK_SECONDS = 60
NOTICE_SECONDS, NOTICE_STEP = 2.0, 0.02
LOST = "the connection that keeps the consistent view was lost"


@asynccontextmanager
async def open_view(
    url: DatabaseUrl,
    selection: Selection,
    limits: Limits,
    *,
    means: Means,
    rewrite: Rewrite | None = None,
) -> "AsyncGenerator[PostgresView]":
    """Open one consistent, read-only moment of a database; at the end its locks are gone.

    Raises:
        PrivilegeMissing: the role may not read what is selected; the hint has the GRANT.
        SourceUnsuitable: row-level security hides rows from the role, or rules cannot run while reading.
        TimedOut: a lock was not to be had in time, or reading took longer than the limits allow.
        DatabaseUnreachable: the connection was lost; readers raise it too.
    """
    async with connect(url, limits) as connection:
        server = await read_server(connection)
        box = await means.client(url, server.major)
        moment, snapshot = await freeze(connection, selection, standby=server.standby)
        if rewrite is not None:
            moment = replace(moment, rewritten=require(await judge(connection, rewrite, moment)))
        with session(url, limits, means.working_directory) as access:
            version, descriptor = connection.info.server_version, connection.fileno()
            keeper = _Keeper(url, snapshot, version, descriptor, Programs(from_program))
            async with open_tasks() as group:
                group.start_soon(_watch, connection, keeper.programs, limits.max_snapshot_age)
                try:
                    reading = _Reading(box, access, keeper)
                    yield PostgresView(server, moment, selection=selection, limits=limits, reading=reading)
                finally:
                    group.cancel_scope.cancel()


@dataclass(frozen=True, slots=True)
class _Keeper:
    """The connection that keeps the moment, as other threads see it."""

    url: DatabaseUrl
    snapshot: str
    version: int
    descriptor: int
    programs: Programs

    def check(self) -> None:
        """Raise if the moment was lost: its locks may be gone, and what was read since may be wrong.

        An idle connection has something to read only when it has ended, or when the server has news
        that the watcher takes within moments.
        """
        patience = time.monotonic() + NOTICE_SECONDS
        while time.monotonic() < patience:
            self.programs.check()
            poll = select.poll()
            poll.register(self.descriptor, select.POLLIN)
            if not poll.poll(0):
                return
            time.sleep(NOTICE_STEP)
        raise DatabaseUnreachable(LOST)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The programs, how they connect, and what keeps the moment that they read."""

    box: ClientTools
    access: Session
    keeper: _Keeper


class PostgresView:
    """A `View`."""

    most_readers: int | None = None

    def __init__(
        self,
        server: Server,
        moment: Moment,
        *,
        selection: Selection,
        limits: Limits,
        reading: "_Reading",
    ) -> None:
        box, access, keeper = reading.box, reading.access, reading.keeper
        self.server = server
        self.catalog = moment.taken
        self.rewritten = moment.rewritten
        reads: Mapping[TableName, TableRead] = moment.rewritten.reads if moment.rewritten else {}
        self._cutting = Cutting(keeper.version, self._columns, reads)
        self.slices: tuple[Slice, ...] = self._cutting.slices(moment.leaves)
        self._selection = selection
        self._stripped: list[str] = []
        self._marks: list[TableName] = []
        self.tool = box.label("pg_dump")
        self._moment = moment
        self._limits = limits
        self._box = box
        self._access = access
        self._keeper = keeper

    @property
    def left_out(self) -> tuple[str, ...]:
        """Sentences naming what the selection leaves out; definitions are among them once they were read."""
        stripped = (
            f"left out, because it holds passwords or reaches outside: {name}" for name in self._stripped
        )
        return (*self._moment.left_out, *stripped)

    def definition(self) -> Generator[tuple[str, Blocks]]:
        """Yield what pg_dump writes under the same snapshot, as named parts; blocking."""
        moment, selected = self._moment, self._moment.selected
        kept = moment.extension_schemas.intersection(selected.schemas.left_out)
        wanted = WantedDefinition(
            snapshot=self._keeper.snapshot,
            ours=frozenset(piece.table for piece in self.slices),
            without_rows=moment.bare,
            without_tables=selected.excluded,
            without_schemas=tuple(name for name in selected.schemas.left_out if name not in kept),
            emptied_schemas=tuple(sorted(kept)),
            without_keys=selected.broken_keys,
            without_ids=moment.ties.ids,
            without_objects=self.rewritten is not None and self.rewritten.without_objects,
            without_kinds=kinds_without(self._selection),
            without_owners=self._selection.without_owners,
            left_out=self._stripped,
            marked=selected.schemas.taken if self._selection.marker else (),
            marks=self._marks,
        )
        return definition(
            self._keeper.programs,
            self._access,
            pg_dump=self._box.command("pg_dump"),
            options=wanted.options(self._limits, self._box.major),
            wanted=wanted,
        )

    def hashings(self, wanted: Mapping[TableName, Sequence[Wanted]], seed: int) -> Iterator[Hashing]:
        """Yield what a reader has to read for the seeded hashes of the originals of columns."""
        # Of all rows: one that is taken may mention others, and what many rows share is told by all of them.
        whole = replace(self._cutting, takings=None)
        return hashings(self._moment.leaves, wanted, seed=seed, sources=whole.sources)

    def marked(self, marker: Marker) -> tuple[TableName, tuple[str, ...], bytes] | None:
        """Return the table that marks a sanitized copy, its columns, and its one row as copy text."""
        return (self._marks[0], COLUMNS, row(marker)) if self._marks else None

    async def verify(self, *, every: bool = False) -> None:
        """Ask the source whether constraints hold for the rows as rules leave them."""
        asked = [
            question
            for question in (self.rewritten.constraints if self.rewritten else ())
            if every or not question.guarded
        ]
        if not asked:
            return
        async with self._connected() as connection:
            await ask(connection, asked)

    @asynccontextmanager
    async def _connected(self) -> "AsyncGenerator[AsyncConnection[TupleRow]]":
        """Open one more connection of the driver on the same moment."""
        async with connect(self._keeper.url, self._limits) as connection:
            for statement in (BEGIN, f"SET TRANSACTION SNAPSHOT '{self._keeper.snapshot}'"):
                await connection.execute(statement.encode())
            yield connection

    @asynccontextmanager
    async def finder(self, seed: bytes, directory: Path) -> AsyncGenerator[PostgresFinder]:
        """Give who writes questions about rows, so that they can be picked; nothing has to be noted."""
        seeded = partial(_seed, seed)
        async with self._connected() as connection:
            found = await read_finder(connection, self.catalog, self._moment.leaves, seeded=seeded)
        yield found

    def take(self, takings: Mapping[TableName, Taking]) -> None:
        """Make the slices those of a subset."""
        self._cutting = replace(self._cutting, takings=takings)
        self.slices = self._cutting.slices(self._moment.leaves)

    def _columns(self, table: TableName) -> list[str]:
        found = self.catalog.table(table)
        return [column.name for column in found.columns] if found else []

    def reader(self) -> AbstractContextManager[Pump]:
        """Open one more connection on the same moment; blocking."""
        # Behind a waiting ALTER TABLE, which itself waits for our locks, a reader would wait for ever.
        limits = replace(self._limits, lock_timeout=self._limits.lock_timeout or READER_LOCK_SECONDS)
        preamble = (
            *settings(limits, self._keeper.version),
            "SET max_parallel_workers_per_gather = 0",
            BEGIN,
            f"SET TRANSACTION SNAPSHOT '{self._keeper.snapshot}'",
        )
        psql = self._box.command("psql")
        return open_pump(
            self._keeper.programs, self._access, psql=psql, preamble=preamble, check=self._keeper.check
        )

    def abort(self) -> None:
        """End every reader and the definition at once, from any thread."""
        self._keeper.programs.end(Cancelled("reading was cancelled"))


def _seed(seed: bytes, table: TableName) -> int:
    """Return what makes the order of a table's rows, a number of 64 bits with sign."""
    return int.from_bytes(hmac.digest(seed, str(table).encode(), "sha256")[:8], "big", signed=True)


async def _watch(connection: "AsyncConnection[TupleRow]", programs: Programs, max_age: int) -> None:
    """End all programs when the moment is lost or has lasted too long."""
    with anyio.move_on_after(max_age or None):
        await _lost(connection)
        await _end(programs, DatabaseUnreachable(LOST))
        return
    await _end(
        programs,
        TimedOut(
            f"the consistent view was held for {max_age} s, its limit",
            "Raise limits.max_snapshot_age, use more cpus, or read from a replica.",
        ),
    )


async def _lost(connection: "AsyncConnection[TupleRow]") -> None:
    """Return when the connection has ended; news of other kinds is taken and forgotten."""
    from psycopg import OperationalError

    while True:
        await anyio.wait_readable(connection.fileno())
        try:
            connection.pgconn.consume_input()
        except OperationalError:
            return


async def _end(programs: Programs, reason: EngineError) -> None:
    await to_thread.run_sync(programs.end, reason)
