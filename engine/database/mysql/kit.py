"""What MySQL and MariaDB bring."""

from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread

from ...model.catalog import Catalog
from ...model.errors import ClientMissing
from ...model.job import Report
from ...model.settings import Settings
from ...model.snapshot import Manifest
from ...model.target import Selection
from ...model.url import DatabaseUrl
from ..base import Artefact, Blocks, ChunkSource, Database, Housekeeper, Workbench
from ..wanted import HashName

if TYPE_CHECKING:
    from ..container.server import Image
    from ..parcel import Parcel
    from ..selection import Selected

MOST_READERS = 16
# Nothing runs by itself there, and no statement reaches a log.
SETTINGS_IN_A_CONTAINER = (
    *("--skip-log-bin", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0"),
    *("--event-scheduler=OFF", "--local-infile=OFF", "--general-log=OFF", "--slow-query-log=OFF"),
    *("--max-allowed-packet=1G", "--loose-mysqlx=OFF"),
    *("--loose-regexp-time-limit=0", "--loose-regexp-stack-limit=1000000000"),
)


class MysqlKit:
    """A `Kit`."""

    name = "MySQL or MariaDB"
    format = "a file of plain SQL that mysql and mariadb load"
    creating = "Grant it what docs/guides/privileges-mysql.md lists for a destination or a work server."
    undoes = False
    closes = False
    hash: HashName = "sha256"

    async def programs(self, settings: Settings) -> tuple[tuple[str, str], ...]:
        """Return name and description of each client program."""
        from ..container.daemon import instead_of
        from ..container.program import require_docker
        from .tools import HINT, NONE, means

        ours = await means(settings)
        if ours.images is not None and await instead_of(bool(ours.clients)):
            await to_thread.run_sync(require_docker, ours.images["mysql"])
            return (("mysql", "MySQL or MariaDB in containers"),)
        if not ours.clients:
            raise ClientMissing(NONE, HINT)
        return tuple(
            (f"{one.product.lower()} {one.version}", f"{one.label} in {Path(one.command[0]).parent}")
            for one in ours.clients
        )

    async def private_server(self, settings: Settings, major: int) -> str:
        """Say which server a private copy of a source would be on: its own product's."""
        from ..container.daemon import instead_of
        from .servers import HINT, discover_servers

        servers = await discover_servers(settings.mysql_programs)
        if await instead_of(bool(servers)):
            return "MySQL or MariaDB in a container"
        if not servers:
            raise ClientMissing("no MySQL or MariaDB server programs were found", HINT)
        return " or ".join(f"{one.product} {one.version}" for one in servers)

    def database(self, url: DatabaseUrl, settings: Settings) -> Database:
        """Return the database at a URL."""
        from .database import MysqlDatabase

        readers = max((target.cpus for target in settings.targets.values()), default=1)
        return MysqlDatabase(url, settings, readers=min(readers, MOST_READERS))

    def selected(self, selection: Selection, catalog: Catalog) -> "Selected":
        """Return what a selection takes of a database."""
        from ..selection import select
        from .narrow import fitting

        return select(fitting(selection)[0], catalog)

    def housekeeper(self, url: DatabaseUrl) -> Housekeeper:
        """Return who creates and swaps databases on the server of a URL."""
        from .housekeeper import MysqlHousekeeper

        return MysqlHousekeeper(url)

    def artefact(self, source: ChunkSource) -> Artefact:
        """Return what of a snapshot is not the rows of its tables."""
        from .artefact import MysqlArtefact

        return MysqlArtefact(source)

    def files(self, source: ChunkSource) -> Iterator[tuple[str, Blocks]]:
        """Yield a snapshot as one file of SQL; blocking."""
        from .archive import FILE, script

        return iter(((FILE, script(source)),))

    def screened(self, name: str, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the lines of a file of SQL as they are run; blocking."""
        from .script import at_home

        return at_home(name, lines)

    async def run_script(self, url: DatabaseUrl, settings: Settings, file: Path, report: Report) -> None:
        """Run a file of SQL in a database with the native client."""
        from .script import run_script
        from .tools import means

        await run_script(url, file, report, means=await means(settings))

    @asynccontextmanager
    async def adopted(
        self, dump: Path, parcel: "Parcel", settings: Settings, report: Report
    ) -> AsyncGenerator[DatabaseUrl]:
        """Run a throw-away server that a dump fits, and yield a database with all that the dump holds."""
        from .adopt import fill
        from .tools import means

        async with _private_server(
            self, settings, parcel.product, version=parcel.version, name=parcel.database
        ) as url:
            await fill(url, dump, report, means=await means(settings))
            yield url

    def copied_as(self, database: str) -> str | None:
        """Return the name of the database itself, by which definitions and rules may call it."""
        return database

    def workbench(self, url: DatabaseUrl, settings: Settings, *, alone: bool) -> Workbench:
        """Return a workbench on an empty database that nobody else uses."""
        from .workbench import MysqlWorkbench

        return MysqlWorkbench(self.database(url, settings), url, alone=alone)

    @asynccontextmanager
    async def ephemeral(self, manifest: Manifest, settings: Settings) -> AsyncGenerator[DatabaseUrl]:
        """Run a throw-away server of a snapshot's product, with an empty database of its source's name."""
        async with _private_server(
            self, settings, manifest.engine, version=manifest.server_version, name=manifest.schemas[0]
        ) as url:
            yield url


@asynccontextmanager
async def _private_server(
    kit: MysqlKit, settings: Settings, product: str, *, version: str, name: str
) -> AsyncGenerator[DatabaseUrl]:
    """Run a throw-away server with an empty database, and yield its URL.

    Args:
        kit: What knows such databases.
        settings: The configuration.
        product: The server's; if empty, that of the newest server at hand.
        version: The source's, empty if nobody knows it.
        name: The database's.

    Raises:
        ClientMissing: there is no server of the product, and definitions of one are not those of the other.
    """
    from ..container.daemon import instead_of
    from ..container.server import work_copy
    from .cluster import ephemeral_cluster
    from .servers import choose_server, discover_servers

    servers = await discover_servers(settings.mysql_programs)
    directory, own = settings.working_directory, None
    product = product or (servers[-1].product if servers else "MySQL")
    if not await instead_of(any(server.product == product for server in servers)):
        chosen = choose_server(servers, product)
        own = partial(ephemeral_cluster, chosen, directory / "tmp", templates=directory / "templates")
    image = partial(_image, settings, product, version)
    async with work_copy(kit, settings, name, installed=own, image=image) as url:
        yield url


def _image(settings: Settings, product: str, version: str) -> "Image":
    from ..container.daemon import tagged
    from ..container.server import Image
    from .tools import series

    return Image(
        reference=tagged(settings.images[product.lower()], series(version) or "latest"),
        scheme="mysql",
        user="root",
        database="mysql",
        port=3306,
        password_variable=f"{product.upper()}_ROOT_PASSWORD_FILE",
        environment={},
        command=SETTINGS_IN_A_CONTAINER,
    )
