"""What PostgreSQL brings."""

from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

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
    from ..container import Image
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
        from .tools import CLIENT, discover

        boxes = await discover(settings.postgres_programs)
        if not any(box.has(CLIENT) for box in boxes):
            raise ClientMissing("no PostgreSQL client programs were found")
        return tuple(
            (
                f"postgresql {box.version}",
                f"{', '.join(name for name in CLIENT if box.has((name,)))} {box.version} in {box.directory}",
            )
            for box in boxes
        )

    async def private_server(self, settings: Settings, major: int) -> str:
        """Say which server a private copy of a source of a major version would be on."""
        from ..container import instead_of
        from .tools import SERVER, choose_private, discover

        boxes = await discover(settings.postgres_programs)
        if await instead_of(any(box.has(SERVER) for box in boxes)):
            return f"PostgreSQL in a container of `{_image(settings, major).reference}`"
        return f"PostgreSQL {choose_private(boxes, major).version}"

    def database(self, url: DatabaseUrl, settings: Settings) -> Database:
        """Return the database at a URL."""
        from .database import PostgresDatabase

        return PostgresDatabase(url, settings.postgres_programs, settings.working_directory)

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
        from .tools import discover

        await run_script(
            url,
            file,
            report,
            boxes=await discover(settings.postgres_programs),
            working_directory=settings.working_directory,
        )

    @asynccontextmanager
    async def adopted(
        self, dump: Path, parcel: "Parcel", settings: Settings, report: Report
    ) -> AsyncGenerator[DatabaseUrl]:
        """Run a throw-away server that a dump fits, and yield a database with all that the dump holds."""
        from .adopt import adopted
        from .tools import discover

        boxes = await discover(settings.postgres_programs)
        async with adopted(
            dump, parcel, report, boxes=boxes, working_directory=settings.working_directory
        ) as url:
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
        from ..container import instead_of, work_copy
        from .cluster import ephemeral_cluster
        from .tools import SERVER, choose_private, discover

        boxes = await discover(settings.postgres_programs)
        directory, major = settings.working_directory, manifest.server_major
        own = None
        if not await instead_of(any(box.has(SERVER) for box in boxes)):
            tools = choose_private(boxes, major)
            own = partial(ephemeral_cluster, tools, directory / "tmp", templates=directory / "templates")
        async with work_copy(self, settings, COPY, own=own, image=partial(_image, settings, major)) as url:
            yield url


def _image(settings: Settings, major: int) -> "Image":
    from ..container import Image, tagged
    from .cluster import SETTINGS

    return Image(
        reference=tagged(settings.images["postgres"], str(major)),
        scheme="postgres",
        user=USER,
        database="postgres",
        port=5432,
        password_variable="POSTGRES_PASSWORD_FILE",  # noqa: S106 - the name of a variable
        environment={"POSTGRES_USER": USER, "POSTGRES_INITDB_ARGS": "--auth=scram-sha-256 --encoding=UTF8"},
        command=tuple(part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")),
    )
