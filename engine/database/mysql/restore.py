"""Fill an existing, empty database from a snapshot: definitions by the driver, rows by the native client."""

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from anyio import to_thread

from ...model.errors import EngineError
from ...model.job import Report
from ...model.snapshot import TableData
from ...model.target import Limits
from ...model.url import DatabaseUrl
from ...tasks import open_tasks
from ..base import ChunkSource
from ..meter import Meter
from ..process import Child, attend, stream
from .entries import AFTER, BEFORE, Definition, read_definition
from .errors import from_program
from .loading import defaults, entering, making
from .names import quote
from .pump import arguments
from .session import Connection, Session, connect, session
from .statements import inserts
from .tools import Client, Means
from .version import Version

AT_ONCE = 32
OPTIONS = ("--batch", "--binary-mode", "--silent", "--skip-column-names")


async def restore(
    url: DatabaseUrl,
    source: ChunkSource,
    *,
    jobs: int,
    report: Report,
    means: Means,
) -> None:
    """Fill the existing, empty database at `url`, `jobs` tables at a time. Owners are not restored.

    Raises:
        DatabaseFailed, ...: the server refused something; the database is half full and of no use.
        SnapshotCorrupt, StorageUnreachable, ...: the snapshot could not be read.
    """
    definition = await to_thread.run_sync(read_definition, source)
    async with connect(url, Limits(lock_timeout=0), read_only=False) as connection:
        version = connection.version
        await connection.run(f"ALTER DATABASE {quote(url.database)} {defaults(definition, version)}")
        await make(connection, definition, before=True)
        client = await means.client(url, version.product, version.text)
        with session(url, Limits(), means.working_directory) as access:
            meter = Meter(report, "loading", sum(table.raw_bytes for table in source.manifest.tables))
            run = _Run(source, definition, client, access, version=version, meter=meter)
            await run.fill(url.database, jobs)
        await make(connection, definition, before=False)


async def make(connection: Connection, definition: Definition, *, before: bool) -> None:
    """Make what stands before the rows, or what comes after them, in the current database."""
    for entry in definition.of(*(BEFORE if before else AFTER)):
        try:
            await connection.run(*making(entry, connection.version))
        except EngineError as error:
            message = f"{entry.kind.lower()} `{entry.name}` could not be made: {error.message}"
            raise type(error)(message, error.hint, **error.details) from None


class _Run:
    """Feeds tables, the largest first, to as many clients as there are jobs."""

    def __init__(
        self,
        source: ChunkSource,
        definition: Definition,
        client: Client,
        access: Session,
        *,
        version: Version,
        meter: Meter,
    ) -> None:
        self._source = source
        self._forms = {entry.name: entry.forms for entry in definition.of("TABLE")}
        self._client = client
        self._access = access
        self._version = version
        self._meter = meter

    async def fill(self, database: str, jobs: int) -> None:
        """Fill every table that has rows."""
        tables = sorted(self._source.manifest.tables, key=lambda table: (-table.raw_bytes, table.name))
        waiting = deque(table for table in tables if table.rows)
        argv = arguments(self._access, self._client.command, *OPTIONS, f"--database={database}")

        async def work() -> None:
            if not waiting:
                return
            with stream(argv, stdin=True, stdout=False, secrets=self._access.secrets) as child:
                await attend(child, partial(self._feed, child, waiting))

        async with open_tasks() as group:
            for _ in range(max(1, jobs)):
                group.start_soon(work)

    def _feed(self, child: Child, waiting: "deque[TableData]") -> None:
        """Send table after table, and wait for the end; blocking."""
        with suppress(BrokenPipeError):  # the client is gone, and says why better than we could
            settings = (*entering(self._version), "SET SESSION autocommit = 0")
            child.give("".join(f"{statement};\n" for statement in settings).encode())
            while True:
                try:
                    table = waiting.popleft()
                except IndexError:
                    break
                for statement in self._statements(table):
                    child.give(statement)
                    child.give(b";\n")
        done = child.wait()
        if done.code:
            raise from_program("mysql", done)

    def _statements(self, table: TableData) -> Iterator[bytes]:
        name = table.name.name
        rows = self._meter.through(self._source.table(table.name))
        for number, statement in enumerate(inserts(name, table.columns, self._forms.get(name, {}), rows), 1):
            yield statement
            if number % AT_ONCE == 0:
                yield b"COMMIT"
        yield b"COMMIT"
