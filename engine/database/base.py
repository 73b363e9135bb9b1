"""What every database server can do for us.

Bulk data moves through blocking iterators of bytes, read in worker threads; everything else is async.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from ..model.catalog import Catalog, Server, TableName
from ..model.job import Report
from ..model.proof import CallHome
from ..model.pushdown import Facts, Rewritten
from ..model.rules import Rule
from ..model.snapshot import Manifest
from ..model.target import Limits, Selection
from .finder import Finder, Taking
from .wanted import Wanted

Block = bytes | memoryview
Blocks = Iterator[bytes]

# What rules make of reading a source whose structure is this, at the moment that is read.
Rewrite = Callable[[Catalog, Facts], Rewritten]
PROBE_ROWS = 10_000

# What is under the name of a database.
Standing = Literal["nothing", "ours", "theirs"]


# Stands in a query for places that are asked for when it is read; it cannot stand in SQL otherwise.
PLACES = "\0places\0"


@dataclass(frozen=True, slots=True)
class Slice:
    """A piece of one table that one worker reads in one go; `ordinal` orders the pieces of a table.

    `places` gives what takes the place of `PLACES` in the query, asked for only when the piece is read.
    `computed` says what is computed in it, where what the server warns of is an error.
    """

    table: TableName
    columns: tuple[str, ...]
    ordinal: int
    query: str
    estimated_bytes: int
    places: Callable[[], str] | None = None
    computed: Literal["rules", "hashes"] | None = None

    @property
    def text(self) -> str:
        """The whole query."""
        return self.query if self.places is None else self.query.replace(PLACES, self.places())


@dataclass(frozen=True, slots=True)
class Hashing:
    """A piece of a table that is read as rows of PostgreSQL's binary COPY, any number of hashes in a cell.

    `flags` say what those of each column are of, `elsewhere` that its one column may hold the values still.
    With `digits` it is read as lines of hexadecimal digits instead, with tabs between the columns.
    """

    piece: Slice
    flags: bytes
    elsewhere: bool = False
    digits: bool = False


@dataclass(frozen=True, slots=True)
class Marker:
    """What a sanitized copy says of itself: a moment in ISO 8601, and `key:value` pairs."""

    created_at: str
    tags: tuple[str, ...]


class SliceReader(Protocol):
    """One connection on the consistent view. Used by one thread at a time; blocking."""

    def read(self, piece: Slice) -> Iterator[Block]:
        """Yield the piece in the engine's copy format, blocks of at most 1 MiB, rows may be cut.

        A block holds what it holds until the next one is asked for.
        """
        ...


class View(Protocol):
    """One consistent moment of a source, seen by several readers."""

    @property
    def server(self) -> Server: ...

    @property
    def catalog(self) -> Catalog: ...

    @property
    def slices(self) -> tuple[Slice, ...]:
        """Every piece of every selected table, largest first."""
        ...

    @property
    def left_out(self) -> tuple[str, ...]:
        """Sentences naming what the selection leaves out, as far as that is known by now."""
        ...

    @property
    def tool(self) -> str:
        """Name and version of the native program that writes the definition."""
        ...

    @property
    def rewritten(self) -> Rewritten | None:
        """What rules make of the slices, None if the rows are raw."""
        ...

    @property
    def most_readers(self) -> int | None:
        """How many readers there can be at once, None: as many as wanted."""
        ...

    async def verify(self, *, every: bool = False) -> None:
        """Ask the source whether constraints hold for the rows as rules leave them.

        With `every`, those that are enforced while reading are asked for too, to name what failed.

        Raises:
            RuleFailed: one does not.
        """
        ...

    def hashings(self, wanted: Mapping[TableName, Sequence[Wanted]], seed: int) -> Iterator[Hashing]:
        """Yield what a reader has to read for the seeded hashes of the originals of columns, never rewritten.

        A line is a row, tabs part its columns, and each holds numbers of 64 bits with sign, or none; of
        what is `raw` each holds the value.
        """
        ...

    def definition(self) -> Generator[tuple[str, Blocks]]:
        """Yield the named parts beside the tables' rows, each read to its end before the next; blocking.

        Whoever stops before the end closes it.
        """
        ...

    def marked(self, marker: Marker) -> tuple[TableName, tuple[str, ...], bytes] | None:
        """Return the table that marks a sanitized copy, its columns, and its one row in the copy format.

        Its definition is in what `definition` yielded, which comes first, if the selection asks for a marker.
        None if there is no place for it.
        """
        ...

    def finder(self, seed: bytes, directory: Path) -> AbstractAsyncContextManager[Finder]:
        """Give who writes questions about rows, so that they can be picked; `seed` decides their rank.

        What has to be noted for that is in a private directory, as long as the context lasts.

        Raises:
            SourceUnsuitable: rows of this kind of server cannot be picked.
        """
        ...

    def take(self, takings: Mapping[TableName, Taking]) -> None:
        """Make the slices those of a subset; of a table that is not named no row is taken."""
        ...

    def reader(self) -> AbstractContextManager[SliceReader]:
        """Open one more connection on the same moment; blocking."""
        ...

    def abort(self) -> None:
        """End every reader and the definition at once, from any thread, so that blocked reads return."""
        ...


class ChunkSource(Protocol):
    """Gives a snapshot's streams back; blocking, thread-safe."""

    @property
    def manifest(self) -> Manifest: ...

    def part(self, name: str, *, compressed: bool = False) -> Blocks: ...

    def table(self, name: TableName, *, compressed: bool = False) -> Blocks: ...


@dataclass(frozen=True, slots=True)
class Contents:
    """What a restore brings: the tables that get rows, and sentences that name what is left out."""

    tables: tuple[TableName, ...]
    left_out: tuple[str, ...]


class Database(Protocol):
    """One database on one server, reached by one URL."""

    async def identify(self) -> Server:
        """Connect and say who answers.

        Raises:
            DatabaseUnreachable, DatabaseRefused: nobody does.
        """
        ...

    async def inspect(self) -> Catalog:
        """Read the structure."""
        ...

    def view(
        self, selection: Selection, limits: Limits, *, rewrite: Rewrite | None = None
    ) -> AbstractAsyncContextManager[View]:
        """Open one consistent, read-only moment of the database.

        With `rewrite`, rows come as the rules leave them, and never raw.

        Raises:
            SourceUnsuitable: the rules cannot run while reading.
        """
        ...

    async def rewritten(self, selection: Selection, limits: Limits, rewrite: Rewrite) -> Rewritten:
        """Say what rules would make of reading, or the hazards for which they must run in a copy.

        Raises:
            RuleFailed: the source's parser refuses a rule.
        """
        ...

    async def execute(self, statements: Sequence[str]) -> tuple[int, ...]:
        """Run statements in one transaction and return the rows each one touched (-1: not said).

        Raises:
            RuleFailed: the server refused one; `details` name its position from 0.
        """
        ...

    async def probe(self, queries: Sequence[str], limits: Limits) -> list[list[tuple[object, ...]]]:
        """Ask small questions, all at one moment in a read-only transaction, and return the rows of each.

        Names without a schema mean what they mean to `execute`. Each query has a time-out even where
        `limits` have none, and gives 10,000 rows at most.

        Raises:
            EngineError: a query failed, took too long or gave more; `details` name its position from 0.
        """
        ...

    async def contents(self, source: ChunkSource, only: Selection) -> Contents:
        """Say what restoring only that much of a snapshot would bring; nothing is connected.

        Raises:
            ConfigInvalid: the selection contradicts itself, or leaves nothing of what the snapshot holds.
        """
        ...

    async def restore(
        self, source: ChunkSource, jobs: int, report: Report, *, only: Selection | None = None
    ) -> None:
        """Fill this existing, empty database from a snapshot with the native restore program.

        With `only`, what it leaves out stays out, and with it everything that cannot stand without that.
        """
        ...

    async def count(self, tables: Sequence[TableName]) -> dict[TableName, int]:
        """Count rows exactly."""
        ...


LARGE_OBJECTS = "large objects"


class Artefact(Protocol):
    """What of a stored snapshot is not the rows of its tables, as far as it can be searched; blocking."""

    def definitions(self) -> Iterator[tuple[str, bytes]]:
        """Yield the texts of everything that is defined, each with what it is: `VIEW public.vip`."""
        ...

    def loose(self) -> Iterator[tuple[str, Blocks]]:
        """Yield content that belongs to no table of ours, under `LARGE_OBJECTS` or what it is of."""
        ...

    def calls_home(self) -> tuple[CallHome, ...]:
        """Return what would reach outside once the snapshot is loaded."""
        ...


class Housekeeper(Protocol):
    """Creates, copies, swaps and drops databases on the server of one URL."""

    async def server(self) -> Server:
        """Connect to the server, whether the URL's database exists or not, and say who answers."""
        ...

    async def exists(self, name: str) -> bool: ...

    async def sessions(self, name: str) -> int:
        """How many other sessions are on that database."""
        ...

    async def ours(self, name: str) -> str | None:
        """Return the note we left on the database when we made it, None if we did not make it."""
        ...

    def check_name(self, name: str) -> None:
        """Refuse a name that nothing can be loaded under; nothing is connected.

        Raises:
            ArgumentInvalid: a database cannot have it.
            DestinationProtected: it belongs to the server.
        """
        ...

    async def create(
        self, name: str, note: str, *, template: str | None = None, closed: bool = False
    ) -> None:
        """Create a database with a note, empty or as a copy of another one; nobody changes a closed one."""
        ...

    async def templates(self, prefix: str) -> Sequence[str]:
        """Return the closed databases whose name starts so, that nobody has opened as far as can be told."""
        ...

    async def swap(self, fresh: str, name: str, *, over: Standing, previous: str | None, note: str) -> None:
        """Rename `fresh` to `name` in one step; the old one becomes `previous`, or is dropped if None.

        Raises:
            ConfirmationRequired: something else than `over` is there; it is not touched.
        """
        ...

    async def drop(self, name: str) -> None:
        """Drop a database that we made, ending its sessions; absent is fine."""
        ...

    async def list(self, prefix: str) -> dict[str, str]:
        """Return the databases that we made whose name starts so, with their notes."""
        ...


class Workbench(Protocol):
    """A private copy that rules may change, gone when its context ends."""

    @property
    def database(self) -> Database:
        """The copy itself: filled, then read."""
        ...

    async def fill(self, source: ChunkSource, jobs: int, report: Report) -> None:
        """Restore a snapshot into the copy. A server of its own gets the roles that definitions name."""
        ...

    async def apply(self, rules: Sequence[Rule]) -> tuple[int, ...]:
        """Run rules in one transaction, triggers held off, every constraint checked at its end.

        Returns:
            The rows that each rule touched.

        Raises:
            RuleFailed: the server refused a rule, or a constraint does not hold.
        """
        ...
