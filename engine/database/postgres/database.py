"""One PostgreSQL database, reached by one URL."""

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
from .tools import means


class PostgresDatabase:
    """One database. `settings` say which client programs there may be, and where private files are made."""

    def __init__(self, url: DatabaseUrl, settings: Settings) -> None:
        self._url = url
        self._settings = settings

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
        """Open one consistent, read-only moment of the database, its rows as rules leave them.

        Raises:
            SourceUnsuitable: it cannot be held, the way the database is reached or set up, or the rules
                cannot run while reading.
            ClientMissing, ClientTooOld: there is no pg_dump for it.
        """
        from .view import open_view

        ours = await means(self._settings)
        await identify(self._url, limits)
        async with open_view(self._url, selection, limits, means=ours, rewrite=rewrite) as view:
            yield view

    async def rewritten(self, selection: Selection, limits: Limits, rewrite: Rewrite) -> Rewritten:
        """Say what rules would make of reading, or why they must run in a copy."""
        from .rewrite import foresee

        await identify(self._url, limits)
        return await foresee(self._url, selection, limits, rewrite)

    async def execute(self, statements: Sequence[str]) -> tuple[int, ...]:
        """Run statements in one transaction and return the rows each one touched (-1: not said)."""
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
        """Fill this existing, empty database from a snapshot with pg_restore."""
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
