"""One consistent moment of a source, seen by a pool of readers."""

from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
from anyio import to_thread

from ...model.catalog import Catalog, Server, TableName
from ...model.errors import Cancelled, RuleFailed, TimedOut
from ...model.pushdown import ConstraintQuery, Rewritten
from ...model.target import Limits, Selection
from ...model.url import DatabaseUrl
from ...tasks import in_thread, open_tasks
from ..base import Blocks, Hashing, Marker, Rewrite, Slice
from ..finder import Taking
from ..programs import Programs
from ..rewriting import require
from ..wanted import Wanted
from .definition import Reader, elsewhere
from .entries import PART, Definition, dumped
from .errors import from_program
from .identify import read_server
from .marker import COLUMNS, marked, row
from .moment import Frozen, freeze
from .names import quote
from .naming import open_book
from .originals import hashings
from .places import MysqlFinder, read_finder
from .pump import Pool, Pump, started
from .rewrite import clock, judge, reading
from .session import Connection, connect, session, settings
from .slices import Cut, cut_tables, slices_of
from .tools import Means

# A note is told of every text that is no document, and what is cut is not looked for.
HASHING = "SET SESSION sql_notes = 0, group_concat_max_len = 4294967295"


@asynccontextmanager
async def open_view(
    url: DatabaseUrl,
    selection: Selection,
    limits: Limits,
    *,
    means: Means,
    readers: int,
    rewrite: Rewrite | None = None,
) -> "AsyncGenerator[MysqlView]":
    """Open one consistent, read-only moment of a database; at the end its locks are gone.

    Raises:
        PrivilegeMissing: the role may not read what is selected.
        SourceUnsuitable: tables have no transactions and cannot be locked, or rules cannot run while reading.
        TimedOut: a lock was not to be had in time, or reading took longer than the limits allow.
    """
    async with AsyncExitStack() as stack:
        keeper = await stack.enter_async_context(connect(url, limits))
        server = await read_server(keeper)
        client = await means.client(url, server.product, server.version)
        access = stack.enter_context(session(url, limits, means.working_directory))
        programs = Programs(from_program)
        # MySQL makes no derived table ready for who is in no database.
        wanted = (f"USE {quote(url.database)}", *settings(limits, keeper.version), HASHING)
        if rewrite is not None:
            ours = reading(keeper.version, await clock(keeper))
            await keeper.run(*ours)
            wanted = (*wanted, *ours)
        pumps: list[Pump] = []
        for _ in range(readers):
            pump = await stack.enter_async_context(in_thread(started(programs, access, client.command)))
            await to_thread.run_sync(pump.enter, wanted)
            pumps.append(pump)
        frozen = await stack.enter_async_context(freeze(keeper, url, selection, limits=limits, pumps=pumps))
        rewritten = require(await judge(keeper, rewrite, frozen.moment)) if rewrite is not None else None
        view = await _described(keeper, selection, frozen, server=server, rewritten=rewritten)
        view.tool = client.label
        view.most_readers = min(frozen.readers, len(pumps))
        view.reading = (programs, Pool(programs, pumps[: view.most_readers]))
        async with open_tasks() as group:
            group.start_soon(_watch, programs, limits.max_snapshot_age)
            try:
                yield view
            finally:
                group.cancel_scope.cancel()


async def _described(
    keeper: Connection,
    selection: Selection,
    frozen: Frozen,
    *,
    server: Server,
    rewritten: Rewritten | None,
) -> "MysqlView":
    moment = frozen.moment
    reader = Reader(keeper, server.database, moment.selected, moment.catalog)
    definition = await reader.read(selection)
    table = None
    if selection.marker:
        definition, table = marked(definition)
    cuts = await cut_tables(keeper, moment.leaves)
    left_out = (*moment.left_out, *elsewhere(moment.catalog), *frozen.told, *reader.told)
    return MysqlView(
        server,
        moment.taken,
        slices_of(cuts, rewritten.reads if rewritten else None),
        left_out,
        rewritten=rewritten,
        _keeper=keeper,
        _cuts=cuts,
        _definition=definition,
        _table=table,
    )


@dataclass(slots=True)
class MysqlView:
    """A `View`."""

    server: Server
    catalog: Catalog
    slices: tuple[Slice, ...]
    left_out: tuple[str, ...]
    _keeper: Connection
    _cuts: tuple[Cut, ...]
    _definition: Definition
    _table: str | None
    rewritten: Rewritten | None = None
    tool: str = ""
    most_readers: int | None = None
    reading: tuple[Programs, Pool] | None = None
    _finder: MysqlFinder | None = None

    async def verify(self, *, every: bool = False) -> None:
        """Ask the source whether unique keys hold for the rows as rules leave them.

        Whatever else rules could break is enforced while reading.
        """
        asked = self.rewritten.constraints if self.rewritten else ()
        if asked:
            async with in_thread(self.reader()) as pump:
                for question in asked:
                    await to_thread.run_sync(_ask, pump, question)

    def hashings(self, wanted: Mapping[TableName, Sequence[Wanted]], seed: int) -> Iterator[Hashing]:
        """Yield what a reader has to read for the seeded hashes of the originals of columns."""
        return hashings(self._cuts, wanted, seed=seed, mariadb=self.server.product == "MariaDB")

    def definition(self) -> Generator[tuple[str, Blocks]]:
        """Yield what is defined, which was read already."""
        yield PART, iter((dumped(self._definition),))

    def marked(self, marker: Marker) -> tuple[TableName, tuple[str, ...], bytes] | None:
        """Return the table that marks a sanitized copy, its columns, and its one row."""
        if self._table is None:
            return None
        return TableName(self._definition.schema, self._table), COLUMNS, row(marker)

    @asynccontextmanager
    async def finder(self, seed: bytes, directory: Path) -> AsyncGenerator[MysqlFinder]:
        """Open a book of keys, and give who writes questions about rows, so that they can be picked."""
        leaves = [cut.leaf for cut in self._cuts]
        async with in_thread(open_book(directory)) as book:
            self._finder = await read_finder(self._keeper, self.catalog, leaves, seed=seed, book=book)
            yield self._finder

    def take(self, takings: Mapping[TableName, Taking]) -> None:
        """Make the slices those of a subset."""
        assert self._finder is not None
        namings = self._finder.namings
        cuts = (
            replace(
                cut,
                taking=takings.get(cut.leaf.name, Taking(0)),
                condition=namings[cut.leaf.name].condition,
            )
            for cut in self._cuts
        )
        self.slices = slices_of(cuts, self.rewritten.reads if self.rewritten else None)

    def reader(self) -> AbstractContextManager[Pump]:
        """Lend one of the readers, waiting until one is free; blocking."""
        assert self.reading is not None
        programs, pool = self.reading
        return pool.lent(programs.check)

    def abort(self) -> None:
        """End every reader at once, from any thread."""
        assert self.reading is not None
        self.reading[0].end(Cancelled("reading was cancelled"))


def _ask(pump: Pump, question: ConstraintQuery) -> None:
    piece = Slice(question.table, (), 0, question.query, 0, computed="rules")
    if b"".join(pump.read(piece)):
        raise RuleFailed(
            f"constraint `{question.constraint}` of `{question.table}` does not hold after the rules",
            "Give every row a value that the constraint allows, or delete the rows.",
            constraint=question.constraint,
            table=str(question.table),
        )


async def _watch(programs: Programs, max_age: int) -> None:
    """End all readers when the moment has lasted too long."""
    with anyio.move_on_after(max_age or None):
        await anyio.sleep_forever()
    reason = TimedOut(
        f"the consistent view was held for {max_age} s, its limit",
        "Raise limits.max_snapshot_age, use more cpus, or read from a replica.",
    )
    await to_thread.run_sync(programs.end, reason)
