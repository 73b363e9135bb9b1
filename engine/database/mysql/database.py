"""One MySQL or MariaDB database, reached by one URL."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from anyio import to_thread

from ...model.catalog import Catalog, Server, TableName
from ...model.job import Report
from ...model.pushdown import Rewritten
from ...model.settings import Settings
from ...model.target import Limits, Selection
from ...model.url import DatabaseUrl
from ..base import ChunkSource, Contents, Rewrite, View
from .execute import count, execute
from .identify import identify
from .inspect import inspect
from .narrow import narrow
from .probe import probe
from .rewrite import foresee
from .tools import means


class MysqlDatabase:
    """One database, whose tables' schema is its own name.

    In a copy under another name, the tables of a snapshot are found by their names alone.

    `settings` say which client program there may be, and where private files are made. `readers` is how many
    connections a view has, because they have to be opened at its one moment.
    """

    def __init__(self, url: DatabaseUrl, settings: Settings, *, readers: int = 1) -> None:
        self._url = url
        self._settings = settings
        self._readers = readers

    async def identify(self) -> Server:
        """Connect and say who answers."""
        return await identify(self._url)

    async def inspect(self) -> Catalog:
        """Read the structure."""
        return await inspect(self._url)

    @asynccontextmanager
    async def view(
        self, selection: Selection, limits: Limits, *, rewrite: Rewrite | None = None
    ) -> AsyncGenerator[View]:
        """Open one consistent, read-only moment of the database.

        Raises:
            SourceUnsuitable: it cannot be held, or rules cannot run while reading.
            ClientMissing: there is no client program.
        """
        from .view import open_view

        ours = await means(self._settings)
        await identify(self._url, limits)
        async with open_view(
            self._url, selection, limits, means=ours, readers=self._readers, rewrite=rewrite
        ) as view:
            yield view

    async def rewritten(self, selection: Selection, limits: Limits, rewrite: Rewrite) -> Rewritten:
        """Say what rules would make of reading, or the hazards for which they must run in a copy."""
        return await foresee(self._url, selection, limits, rewrite)

    async def execute(self, statements: Sequence[str]) -> tuple[int, ...]:
        """Run statements in one transaction and return the rows each one touched."""
        return await execute(self._url, statements)

    async def probe(self, queries: Sequence[str], limits: Limits) -> list[list[tuple[object, ...]]]:
        """Ask small questions, all at one moment in a read-only transaction, and return the rows of each."""
        return await probe(self._url, queries, limits)

    async def contents(self, source: ChunkSource, only: Selection) -> Contents:
        """Say what restoring only that much of a snapshot would bring; nothing is connected."""
        narrowed = await to_thread.run_sync(narrow, source, only)
        return Contents(tuple(table.name for table in narrowed.manifest.tables), narrowed.left_out)

    async def restore(
        self, source: ChunkSource, jobs: int, report: Report, *, only: Selection | None = None
    ) -> None:
        """Fill this existing, empty database from a snapshot with the native client."""
        from .restore import restore

        await restore(
            self._url,
            source if only is None else await to_thread.run_sync(narrow, source, only),
            jobs=jobs,
            report=report,
            means=await means(self._settings),
        )

    async def count(self, tables: Sequence[TableName]) -> dict[TableName, int]:
        """Count rows exactly."""
        return await count(self._url, tables)
