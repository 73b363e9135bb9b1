"""Everything that depends on the kind of server, chosen in one place."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..model.catalog import Catalog
from ..model.job import Report
from ..model.settings import Settings
from ..model.snapshot import Manifest
from ..model.target import Selection
from ..model.url import DatabaseUrl, Engine
from .base import Artefact, Blocks, ChunkSource, Database, Housekeeper, Workbench
from .wanted import HashName

if TYPE_CHECKING:
    from .parcel import Parcel
    from .selection import Selected


class Kit(Protocol):
    """What one kind of server brings. Nothing is connected before it is used."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def format(self) -> str:
        """What an export is, in words."""
        ...

    @property
    def creating(self) -> str:
        """How a role gets the right to create databases: a sentence."""
        ...

    @property
    def undoes(self) -> bool:
        """Whether definitions that a transaction made are gone when it fails."""
        ...

    @property
    def closes(self) -> bool:
        """Whether a database can be closed to everybody, so that it keeps what it holds."""
        ...

    @property
    def hash(self) -> HashName:
        """Which hash its servers compute of what is looked for later."""
        ...

    async def programs(self, settings: Settings) -> tuple[tuple[str, str], ...]:
        """Return name and description of each installation of the programs that are needed.

        Raises:
            ClientMissing: there is none.
        """
        ...

    async def private_server(self, settings: Settings, major: int) -> str:
        """Say which server a private copy of a source of a major version would be on.

        Raises:
            ClientMissing: there are no programs for one.
        """
        ...

    def database(self, url: DatabaseUrl, settings: Settings) -> Database:
        """Return the database at a URL."""
        ...

    def selected(self, selection: Selection, catalog: Catalog) -> "Selected":
        """Return what a selection takes of a database.

        Raises:
            ConfigInvalid: the lists contradict each other, or nothing would be taken.
        """
        ...

    def housekeeper(self, url: DatabaseUrl) -> Housekeeper:
        """Return who creates and swaps databases on the server of a URL."""
        ...

    def artefact(self, source: ChunkSource) -> Artefact:
        """Return what of a snapshot is not the rows of its tables."""
        ...

    def files(self, source: ChunkSource) -> Iterator[tuple[str, Blocks]]:
        """Yield a snapshot as files that the stock programs load: their names and contents; blocking."""
        ...

    def screened(self, name: str, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the lines of a file of SQL as they are run; blocking.

        Raises:
            RuleRefused: one could do something else than that.
        """
        ...

    async def run_script(self, url: DatabaseUrl, settings: Settings, file: Path, report: Report) -> None:
        """Run a file of SQL in a database with the native client.

        Raises:
            RuleRefused: it would do something else than that.
            DatabaseFailed, ...: the server refused a statement; `details` name its line.
        """
        ...

    def adopted(
        self, dump: Path, parcel: "Parcel", settings: Settings, report: Report
    ) -> AbstractAsyncContextManager[DatabaseUrl]:
        """Run a throw-away server that a dump fits, and yield a database on it with all that the dump holds.

        The dump is not trusted: it runs as a role that can reach nothing but that database.

        Raises:
            ClientMissing: there are no programs for such a server.
            DatabaseFailed, RuleRefused, ArgumentInvalid: the dump cannot be restored.
        """
        ...

    def copied_as(self, database: str) -> str | None:
        """Return the name that a private copy of a database has to have, None if any will do."""
        ...

    def workbench(self, url: DatabaseUrl, settings: Settings, *, alone: bool) -> Workbench:
        """Return a workbench on an empty database that nobody else uses, `alone` on a server of its own."""
        ...

    def ephemeral(self, manifest: Manifest, settings: Settings) -> AbstractAsyncContextManager[DatabaseUrl]:
        """Run a throw-away server that a snapshot fits, and yield an empty database on it."""
        ...


def _postgres() -> Kit:
    from .postgres.kit import PostgresKit

    return PostgresKit()


def _mysql() -> Kit:
    from .mysql.kit import MysqlKit

    return MysqlKit()


KITS: Mapping[Engine, Callable[[], Kit]] = {"postgres": _postgres, "mysql": _mysql}
OF_PRODUCTS: Mapping[str, Engine] = {"MariaDB": "mysql", "MySQL": "mysql"}


def destroy(directory: Path) -> None:
    """Stop the private server of a directory, of whatever kind, and remove all of it; blocking."""
    from .mysql import cluster as mysql
    from .postgres import cluster as postgres

    (mysql if (directory / mysql.ADDRESS).exists() else postgres).destroy(directory)


def kit(engine: Engine) -> Kit:
    """Return what a kind of server brings."""
    return KITS[engine]()


def engine_of(manifest: Manifest) -> Engine:
    """Return the kind of server that a snapshot was taken of."""
    return OF_PRODUCTS.get(manifest.engine, "postgres")
