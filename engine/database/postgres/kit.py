"""What PostgreSQL brings."""

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


COPY, USER = "snapharbor_work", "snapharbor"


class PostgresKit:
    """A `Kit`."""

    name = "PostgreSQL"
    format = "a directory archive that pg_restore reads"
    creating = "Run ALTER ROLE … CREATEDB for it: docs/guides/privileges.md has the script."
    undoes = True
    closes = True
    hash: HashName = "lookup3"

    async def programs(self, settings: Settings) -> tuple[tuple[str, str], ...]:
        """Return name and description of each installation of the programs that are needed."""
        from ..container.daemon import instead_of
        from ..container.program import require_docker
        from .tools import CLIENT, NONE, means

        ours = await means(settings)
        installed = any(box.has(CLIENT) for box in ours.boxes)
        if ours.image is not None and await instead_of(installed):
            await to_thread.run_sync(require_docker, ours.image)
            return (("postgresql", f"in containers of `{ours.image}`"),)
        if not installed:
            raise ClientMissing(NONE)
        return tuple(
            (
                f"postgresql {box.version}",
                f"{', '.join(name for name in CLIENT if box.has((name,)))} {box.version} in {box.directory}",
            )
            for box in ours.boxes
        )

    async def private_server(self, settings: Settings, major: int) -> str:
        """Say which server a private copy of a source of a major version would be on."""
        from ..container.daemon import instead_of
        from .tools import SERVER, choose_private, discover

        boxes = await discover(settings.postgres_programs)
        if await instead_of(any(box.has(SERVER) for box in boxes)):
            return f"PostgreSQL in a container of `{_image(settings, major).reference}`"
        return f"PostgreSQL {choose_private(boxes, major).version}"

    def database(self, url: DatabaseUrl, settings: Settings) -> Database:
        """Return the database at a URL."""
        from .database import PostgresDatabase

        return PostgresDatabase(url, settings)

    def selected(self, selection: Selection, catalog: Catalog) -> "Selected":
        """Return what a selection takes of a database."""
        from ..selection import select

        return select(selection, catalog)

    def housekeeper(self, url: DatabaseUrl) -> Housekeeper:
        """Return who creates and swaps databases on the server of a URL."""
        from .housekeeper import PostgresHousekeeper

        return PostgresHousekeeper(url)

    def artefact(self, source: ChunkSource) -> Artefact:
        """Return what of a snapshot is not the rows of its tables."""
        from .artefact import PostgresArtefact

        return PostgresArtefact(source)

    def files(self, source: ChunkSource) -> Iterator[tuple[str, Blocks]]:
        """Yield a snapshot as a directory archive; blocking."""
        from .archive import archive_files

        return archive_files(source)

    def screened(self, name: str, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the lines of a file of SQL as they are run; blocking."""
        from .script import harmless

        return harmless(name, lines)

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
        from .adopt import fill, read_versions
        from .tools import means

        toc, major = await read_versions(dump, parcel)
        async with _private_server(self, settings, major) as url:
            await fill(url, dump, parcel, report, toc=toc, means=await means(settings))
            yield url

    def copied_as(self, database: str) -> str | None:
        """Return nothing: no definition names its database."""
        del database
        return None

    def workbench(self, url: DatabaseUrl, settings: Settings, *, alone: bool) -> Workbench:
        """Return a workbench on an empty database that nobody else uses."""
        from .workbench import PostgresWorkbench

        return PostgresWorkbench(self.database(url, settings), url, alone=alone)

    @asynccontextmanager
    async def ephemeral(self, manifest: Manifest, settings: Settings) -> AsyncGenerator[DatabaseUrl]:
        """Run a throw-away server of a snapshot's major version, or the newest at hand."""
        async with _private_server(self, settings, manifest.server_major) as url:
            yield url


@asynccontextmanager
async def _private_server(kit: PostgresKit, settings: Settings, major: int) -> AsyncGenerator[DatabaseUrl]:
    """Run a throw-away server of a version, or the newest at hand, and yield the URL of an empty database."""
    from ..container.daemon import instead_of
    from ..container.server import work_copy
    from .cluster import ephemeral_cluster
    from .tools import SERVER, choose_private, discover

    boxes = await discover(settings.postgres_programs)
    directory = settings.working_directory
    own = None
    if not await instead_of(any(box.has(SERVER) for box in boxes)):
        tools = choose_private(boxes, major)
        own = partial(ephemeral_cluster, tools, directory / "tmp", templates=directory / "templates")
    async with work_copy(kit, settings, COPY, installed=own, image=partial(_image, settings, major)) as url:
        yield url


def _image(settings: Settings, major: int) -> "Image":
    from ..container.daemon import tagged
    from ..container.server import Image
    from .cluster import SETTINGS

    return Image(
        reference=tagged(settings.images["postgres"], str(major or "latest")),
        scheme="postgres",
        user=USER,
        database="postgres",
        port=5432,
        password_variable="POSTGRES_PASSWORD_FILE",  # noqa: S106 - the name of a variable
        environment={"POSTGRES_USER": USER, "POSTGRES_INITDB_ARGS": "--auth=scram-sha-256 --encoding=UTF8"},
        command=tuple(part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")),
    )
