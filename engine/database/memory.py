"""Databases that live in this process: what programs and tests use where no server is wanted.

A table is its columns and rows of texts; the copy format is one JSON list a line.
"""

import json
import re
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

from ..model.catalog import Catalog, Column, Server, Table, TableName
from ..model.errors import (
    ArgumentInvalid,
    ConfirmationRequired,
    DatabaseFailed,
    DatabaseRefused,
    DestinationProtected,
    RuleFailed,
    SourceUnsuitable,
)
from ..model.job import Report
from ..model.pushdown import Hazard, Rewritten
from ..model.target import Limits, Selection
from .base import PROBE_ROWS, Blocks, ChunkSource, Contents, Hashing, Marker, Rewrite, Slice, Standing, View
from .finder import Finder, Taking
from .selection import Selected, select
from .wanted import Wanted

Row = list[str | None]
VERSION = "1.0"
DEFINITION = "definition"
NO_REWRITE = "a database in memory knows no SQL"
EVERYTHING = Selection(use_default_schema=False)
STATEMENT = re.compile(r"(?:DELETE FROM|UPDATE) (?P<table>\S+)(?: SET (?P<column>\w+) = '(?P<value>[^']*)')?")
QUESTION = re.compile(r"SELECT (?P<what>count\(\*\)|\w+(?:, \w+)*) FROM (?P<table>\S+)")


@dataclass(slots=True)
class Rows:
    """One table."""

    columns: tuple[str, ...]
    rows: list[Row] = field(default_factory=list[Row])


Tables = dict[TableName, Rows]


@dataclass(slots=True)
class MemoryServer:
    """Databases by name, the notes on those that a housekeeper made, and which of them are closed."""

    system: str = field(default_factory=lambda: token_hex(8))
    databases: dict[str, Tables] = field(default_factory=dict[str, Tables])
    notes: dict[str, str] = field(default_factory=dict[str, str])
    closed: set[str] = field(default_factory=set[str])

    def describe(self, database: str) -> Server:
        """Say who answers."""
        size = sum(
            len(_line(row)) for table in self.databases.get(database, {}).values() for row in table.rows
        )
        return Server(
            system=self.system,
            started=self.system,
            database=database,
            product="memory",
            version=VERSION,
            major=1,
            role="memory",
            role_can_write=True,
            role_can_create=True,
            standby=False,
            bytes=size,
        )


class MemoryDatabase:
    """One database of a server in memory."""

    def __init__(self, server: MemoryServer, name: str) -> None:
        self._server = server
        self._name = name

    @property
    def _tables(self) -> Tables:
        if self._name in self._server.closed:
            raise DatabaseRefused(f"database `{self._name}` takes no connections")
        try:
            return self._server.databases[self._name]
        except KeyError:
            raise DatabaseRefused(f"database `{self._name}` does not exist") from None

    async def identify(self) -> Server:
        """Say who answers."""
        _ = self._tables
        return self._server.describe(self._name)

    async def inspect(self) -> Catalog:
        """Read the structure."""
        return _catalog(self._tables)

    @asynccontextmanager
    async def view(
        self, selection: Selection, limits: Limits, *, rewrite: Rewrite | None = None
    ) -> AsyncGenerator[View]:
        """Copy the database as it is now; rules never run while it is read."""
        if rewrite is not None:
            raise SourceUnsuitable(f"the rules cannot run while reading: {NO_REWRITE}")
        tables = deepcopy(self._tables)
        selected = select(selection, _catalog(tables))
        yield MemoryView(self._server.describe(self._name), tables, selected)

    async def execute(self, statements: Sequence[str]) -> tuple[int, ...]:
        """Run `DELETE FROM schema.table` and `UPDATE schema.table SET column = 'text'`, all or none."""
        tables = deepcopy(self._tables)
        touched = tuple(_apply(tables, text, position) for position, text in enumerate(statements))
        self._server.databases[self._name] = tables
        return touched

    async def rewritten(self, selection: Selection, limits: Limits, rewrite: Rewrite) -> Rewritten:
        """Say that rules must run in a copy."""
        return Rewritten(hazards=(Hazard(NO_REWRITE),))

    async def probe(self, queries: Sequence[str], limits: Limits) -> list[list[tuple[object, ...]]]:
        """Answer `SELECT count(*) FROM schema.table` and `SELECT column, … FROM schema.table`."""
        return [_answer(self._tables, text, position) for position, text in enumerate(queries)]

    async def contents(self, source: ChunkSource, only: Selection) -> Contents:
        """Say what restoring only that much of a snapshot would bring."""
        selected = select(only, _catalog(_defined(source)))
        names = (table.name for table in source.manifest.tables)
        return Contents(tuple(name for name in names if name in selected.data), selected.warnings)

    async def restore(
        self, source: ChunkSource, jobs: int, report: Report, *, only: Selection | None = None
    ) -> None:
        """Fill this existing, empty database from a snapshot."""
        if self._tables:
            raise DatabaseFailed(f"database `{self._name}` is not empty")
        defined = _defined(source)
        selected = select(only or EVERYTHING, _catalog(defined))
        tables = {table.name: defined[table.name] for table in selected.tables}
        for data in (table for table in source.manifest.tables if table.name in selected.data):
            lines = b"".join(source.table(data.name)).splitlines()
            tables[data.name].rows = [json.loads(line) for line in lines]
        self._server.databases[self._name] = tables

    async def count(self, tables: Sequence[TableName]) -> dict[TableName, int]:
        """Count rows."""
        return {name: len(self._tables[name].rows) for name in tables}


class MemoryView:
    """A copy of a database."""

    most_readers: int | None = None

    def __init__(self, server: Server, tables: Tables, selected: Selected) -> None:
        self.server = server
        self.catalog = Catalog(selected.schemas.taken, selected.tables)
        self.left_out = selected.warnings
        self.tool = f"memory {VERSION}"
        self.rewritten: Rewritten | None = None
        self._tables = {name: tables[name] for name in (table.name for table in selected.tables)}
        sizes = {name: sum(len(_line(row)) for row in tables[name].rows) for name in selected.data}
        self.slices = tuple(
            Slice(name, tables[name].columns, 0, str(name), sizes[name])
            for name in sorted(sizes, key=lambda name: (-sizes[name], name))
        )

    def hashings(self, wanted: Mapping[TableName, Sequence[Wanted]], seed: int) -> Iterator[Hashing]:
        """Yield nothing: nobody looks for values of a database in memory."""
        yield from ()

    async def verify(self, *, every: bool = False) -> None:
        """Nothing here is rewritten."""

    def marked(self, marker: Marker) -> tuple[TableName, tuple[str, ...], bytes] | None:
        """Mark nothing: a database in memory has the tables that it has."""
        return None

    def definition(self) -> Generator[tuple[str, Blocks]]:
        """Yield the names of tables and columns."""
        listed = [[name.schema, name.name, list(table.columns)] for name, table in self._tables.items()]
        yield DEFINITION, iter((json.dumps(listed).encode(),))

    def finder(self, seed: bytes, directory: Path) -> AbstractAsyncContextManager[Finder]:
        """Refuse: rows here cannot be picked."""
        raise SourceUnsuitable("a database in memory has no subsets", "Build it whole.")

    def take(self, takings: Mapping[TableName, Taking]) -> None:
        """Nothing here was picked."""

    @contextmanager
    def reader(self) -> "Generator[MemoryReader]":
        """Open a reader."""
        yield MemoryReader(self._tables)

    def abort(self) -> None:
        """Nothing here ever waits."""


class MemoryReader:
    """Reads pieces of a copy."""

    def __init__(self, tables: Mapping[TableName, Rows]) -> None:
        self._tables = tables

    def read(self, piece: Slice) -> Blocks:
        """Yield the rows, a line each."""
        yield from map(_line, self._tables[piece.table].rows)


class MemoryHousekeeper:
    """Housekeeping on a server in memory; nobody ever has a session there."""

    def __init__(self, server: MemoryServer) -> None:
        self._server = server

    async def server(self) -> Server:
        """Say who answers."""
        return self._server.describe("")

    async def exists(self, name: str) -> bool:
        """Tell whether there is a database of that name."""
        return name in self._server.databases

    async def sessions(self, name: str) -> int:
        """How many sessions are on that database."""
        return 0

    async def ours(self, name: str) -> str | None:
        """Return the note on a database that we made."""
        return self._server.notes.get(name)

    def check_name(self, name: str) -> None:
        """Refuse a name that nothing can be loaded under: there must be one."""
        if not name:
            raise ArgumentInvalid("a database needs a name")

    async def templates(self, prefix: str) -> Sequence[str]:
        """Return the closed databases whose name starts so."""
        return [name for name in self._server.closed if name.startswith(prefix)]

    async def create(
        self, name: str, note: str, *, template: str | None = None, closed: bool = False
    ) -> None:
        """Create a database with a note, empty or as a copy of another one; nobody can enter a closed one."""
        if name in self._server.databases:
            raise DatabaseFailed(f"there is a database `{name}` already")
        self._server.databases[name] = deepcopy(self._server.databases[template]) if template else {}
        self._server.notes[name] = note
        self._server.closed |= {name} if closed else set()

    async def swap(self, fresh: str, name: str, *, over: Standing, previous: str | None, note: str) -> None:
        """Rename `fresh` to `name`; the old one becomes `previous`, or is dropped if None."""
        server = self._server
        standing = ("ours" if name in server.notes else "theirs") if name in server.databases else "nothing"
        if standing not in ("nothing", over):
            raise ConfirmationRequired(f"`{name}` is not what it was when the load was planned")
        if fresh not in server.notes:
            raise DestinationProtected(f"database `{fresh}` was not made by us")
        if previous in server.databases:
            raise DatabaseFailed(f"there is a database `{previous}` already")
        old, old_note = server.databases.pop(name, None), server.notes.pop(name, None)
        if previous is not None and old is not None:
            server.databases[previous] = old
            server.notes.update({previous: old_note} if old_note is not None else {})
        server.databases[name] = server.databases.pop(fresh)
        del server.notes[fresh]
        server.notes[name] = note

    async def drop(self, name: str) -> None:
        """Drop a database that we made; absent is fine."""
        if name in self._server.databases and name not in self._server.notes:
            raise DestinationProtected(f"database `{name}` was not made by us")
        self._server.databases.pop(name, None)
        self._server.notes.pop(name, None)
        self._server.closed.discard(name)

    async def list(self, prefix: str) -> dict[str, str]:
        """Return the databases that we made whose name starts so, with their notes."""
        return {name: note for name, note in self._server.notes.items() if name.startswith(prefix)}


def _line(row: Row) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"


def _defined(source: ChunkSource) -> Tables:
    definition = json.loads(b"".join(source.part(DEFINITION)))
    return {TableName(schema, name): Rows(tuple(columns)) for schema, name, columns in definition}


def _catalog(tables: Tables) -> Catalog:
    described = [
        Table(
            name,
            "table",
            tuple(Column(column, "text", True) for column in table.columns),
            rows=len(table.rows),
        )
        for name, table in sorted(tables.items())
    ]
    return Catalog(tuple(sorted({"public", *(name.schema for name in tables)})), tuple(described))


def _answer(tables: Tables, text: str, position: int) -> list[tuple[object, ...]]:
    found = QUESTION.fullmatch(text)
    table = next((rows for name, rows in tables.items() if found and str(name) == found["table"]), None)
    wanted = found["what"].split(", ") if found else []
    if table is None or not {*wanted} <= {"count(*)", *table.columns}:
        raise DatabaseFailed(f"query {position} failed", position=position)
    if wanted == ["count(*)"]:
        return [(len(table.rows),)]
    places = [table.columns.index(column) for column in wanted]
    if len(table.rows) > PROBE_ROWS:
        raise DatabaseFailed(f"query {position} gives more than {PROBE_ROWS} rows", position=position)
    return [tuple(row[place] for place in places) for row in table.rows]


def _apply(tables: Tables, text: str, position: int) -> int:
    found = STATEMENT.fullmatch(text)
    table = next((rows for name, rows in tables.items() if found and str(name) == found["table"]), None)
    if found is None or table is None or (found["column"] or table.columns[0]) not in table.columns:
        raise RuleFailed(f"statement {position} failed", position=position)
    touched = len(table.rows)
    if found["column"] is None:
        table.rows.clear()
    else:
        place = table.columns.index(found["column"])
        table.rows = [[*row[:place], found["value"], *row[place + 1 :]] for row in table.rows]
    return touched
