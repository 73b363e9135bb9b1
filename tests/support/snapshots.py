"""Snapshots of real databases in a real repository, for tests of what goes in and comes out."""

import subprocess
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest
from anyio import to_thread
from psycopg.conninfo import make_conninfo

from snapharbor.engine.database.postgres.archive import archive_files
from snapharbor.engine.database.postgres.restore import restore
from snapharbor.engine.database.postgres.session import parameters
from snapharbor.engine.database.postgres.tools import Means, Toolbox
from snapharbor.engine.database.postgres.view import PostgresView, open_view
from snapharbor.engine.database.publishing import publish
from snapharbor.engine.model.job import Report, ignore
from snapharbor.engine.model.snapshot import Snapshot
from snapharbor.engine.model.target import Limits, Selection
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.operations.capture import capture
from snapharbor.engine.operations.clock import new_snapshot_id
from snapharbor.engine.repository.repository import Repository
from snapharbor.engine.repository.source import RepositorySource
from snapharbor.engine.storage.local import LocalStorage

from .postgres import Postgres
from .repository import Person, manifest, somebody

AWKWARD = (Path(__file__).parent / "awkward.sql").read_text().split("\n\n")
EVERYTHING = Selection(use_default_schema=False)


@dataclass(frozen=True, slots=True)
class Bench:
    """A repository in a directory, and client programs to fill and empty it with."""

    directory: Path
    boxes: Sequence[Toolbox]
    person: Person = field(default_factory=somebody)

    @property
    def means(self) -> Means:
        """The client programs, and where their private files are made."""
        return Means(self.boxes, self.directory)

    @property
    def repository(self) -> Repository:
        """The repository."""
        return self.person.repository(LocalStorage(self.directory / "storage"), self.directory)

    def view(
        self, url: DatabaseUrl, selection: Selection = EVERYTHING, limits: Limits | None = None
    ) -> AbstractAsyncContextManager[PostgresView]:
        """Open a view."""
        return open_view(url, selection, limits or Limits(), means=self.means)

    async def take(self, url: DatabaseUrl, selection: Selection = EVERYTHING, workers: int = 2) -> Snapshot:
        """Take a snapshot."""
        async with self.repository.writer() as writer, self.view(url, selection) as view:
            captured = await capture(view, writer, workers, ignore)
            wanted = replace(
                manifest(new_snapshot_id()),
                parts=captured.parts,
                tables=captured.tables,
                left_out=view.left_out,
                tool=view.tool,
            )
            return await writer.commit(wanted)

    def source(self, snapshot: Snapshot) -> RepositorySource:
        """Return a snapshot's streams."""
        return self.repository.source(snapshot)

    async def load(
        self, snapshot: Snapshot, url: DatabaseUrl, *, jobs: int = 2, report: Report = ignore
    ) -> None:
        """Fill an empty database."""
        await restore(
            url,
            self.source(snapshot),
            jobs=jobs,
            report=report,
            means=self.means,
        )

    async def export(self, snapshot: Snapshot, directory: Path) -> None:
        """Write the archive."""
        fresh = directory.with_name("unfinished")
        files = archive_files(self.source(snapshot))
        write = partial(publish, files, directory, fresh=fresh, each=lambda _size: None)
        await to_thread.run_sync(write)


@pytest.fixture
def bench(tmp_path: Path, each_postgres: Postgres) -> Bench:
    """Return a repository whose client programs are each server's own."""
    return Bench(tmp_path, (each_postgres.tools,))


def client(tools: Toolbox, program: str, url: DatabaseUrl, *options: str | Path) -> bytes:
    """Run a client program with nothing of ours and return its output."""
    values = parameters(url, Limits())
    password = values.pop("password", "")
    argv = [tools.program(program), "-d", make_conninfo("", **values), *options]
    done = subprocess.run(argv, env={"PGPASSWORD": password}, check=True, stdout=subprocess.PIPE)
    return done.stdout
