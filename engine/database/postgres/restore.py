"""Fill an existing, empty database from a snapshot: stock pg_restore, rows fed to it from memory."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from anyio import to_thread

from ...model.errors import DatabaseFailed, EngineError
from ...model.job import Report
from ...model.snapshot import TableData
from ...model.target import Limits
from ...model.url import DatabaseUrl
from ..base import ChunkSource
from ..lease import leased_directory
from ..meter import Meter
from ..process import TAIL_BYTES, Completed, stream
from .archive import END_OF_ROWS, Layout, lay_out, object_file, object_line
from .custom import block_objects, block_rows
from .errors import from_program
from .feed import Feed, Feeder, PourInto, pour
from .session import Session, session
from .tools import ClientTools, Means

OPTIONS = (
    "--format=directory",
    "--no-owner",
    "--no-privileges",
    "--no-tablespaces",
    "--no-publications",
    "--no-subscriptions",
    "--no-security-labels",
    "--no-password",
)
# Nobody else is in this database, and what a crash loses is made again.
FASTER = "-c maintenance_work_mem=256MB -c synchronous_commit=off"
# Clients since 17 set this, servers before 17 do not know it, and nothing depends on it.
UNKNOWN_TIMEOUT = 'unrecognized configuration parameter "transaction_timeout"'
NO_ROLE = "A policy or another definition names this role: create it on the destination's server first."


async def restore(
    url: DatabaseUrl,
    source: ChunkSource,
    *,
    jobs: int,
    report: Report,
    means: Means,
) -> None:
    """Fill the existing, empty database at `url`, `jobs` tables or indexes at a time.

    The client programs are the oldest that read the archive. Owners and grants are not restored.

    Raises:
        DatabaseFailed, ...: pg_restore failed; the database is half full and of no use.
        SnapshotCorrupt, StorageUnreachable, ...: the snapshot could not be read.
    """
    layout = await to_thread.run_sync(lay_out, source)
    box = await means.client(url, _writer_major(layout))
    with session(url, Limits(), means.working_directory) as access:
        run = _Run(source, layout, box, access, jobs, report)
        with leased_directory(means.working_directory / "tmp", "restore") as directory:
            done, unread = await run.attempt(directory, "--exit-on-error")
        if UNKNOWN_TIMEOUT in done.stderr:
            # It stopped at its first word, before anything was made.
            with leased_directory(means.working_directory / "tmp", "restore") as directory:
                done, unread = await run.attempt(directory)
    if done.code and not _only_unknown_timeout(done.stderr):
        raise _explained(from_program("pg_restore", done))
    if unread:
        raise DatabaseFailed(f"pg_restore left out {unread} of the archive's files")


@dataclass(frozen=True, slots=True)
class _Run:
    source: ChunkSource
    layout: Layout
    box: ClientTools
    access: Session
    jobs: int
    report: Report

    async def attempt(self, directory: Path, *options: str) -> tuple[Completed, int]:
        """Run pg_restore once, on pipes in a private directory; return its end and how many were not read."""
        # pg_restore empties a table before it fills it if it spells the name as the archive does.
        frozen = self.jobs > 1 and self.box.major == _writer_major(self.layout)
        _write(directory / "toc.dat", self.layout.table_of_contents(compressed=False, frozen=frozen))
        argv: tuple[str | Path, ...] = (
            *self.box.command("pg_restore"),
            *OPTIONS,
            *options,
            f"--jobs={self.jobs}",
            f"--dbname={self.access.conninfo}",
            directory,
        )
        meter = Meter(self.report, "loading", sum(table.raw_bytes for _, table in self.layout.tables))
        lanes = tuple(_lanes(self, directory, meter))
        for feed in chain.from_iterable(lanes):
            # Before pg_restore is started: on a busy machine it may want them sooner than we go on.
            os.mkfifo(feed.path, 0o600)
        environment = {**self.access.environment, "PGOPTIONS": FASTER}
        with stream(argv, env=environment, stdout=False, secrets=self.access.secrets) as child:
            feeder = Feeder(lanes, child, at_once=self.jobs + 1)
            return await feeder.serve(), feeder.unread


def _lanes(run: _Run, directory: Path, meter: Meter) -> Iterator[list[Feed]]:
    """Yield the pipes of our tables, and of what pg_dump read, each in the order of the archive."""
    source, toc = run.source, run.layout.toc

    def rows(table: TableData, descriptor: int, _more: PourInto) -> None:
        pour(descriptor, chain(meter.through(source.table(table.name)), (END_OF_ROWS,)))

    def block(part: str, descriptor: int, _more: PourInto) -> None:
        pour(descriptor, block_rows(source.part(part), toc))

    def objects(part: str, descriptor: int, more: PourInto) -> None:
        for oid, blocks in block_objects(source.part(part), toc):
            path = directory / object_file(oid)
            os.mkfifo(path, 0o600)
            pour(descriptor, iter((object_line(oid),)))
            more(path, blocks)

    yield [Feed(directory / place, partial(rows, table)) for place, table in run.layout.tables]
    yield [Feed(directory / place, partial(block, part)) for place, part in run.layout.blocks]
    yield [Feed(directory / place, partial(objects, part)) for place, part in run.layout.objects]


def _writer_major(layout: Layout) -> int:
    """Return the major version of the pg_dump that wrote the archive."""
    found = re.match(rb"\d+", layout.toc.tool or b"")
    return int(found[0]) if found else 0


def _only_unknown_timeout(complaint: str) -> bool:
    """Tell whether the complaint, which is all of it, is about nothing but the unknown setting."""
    errors = [line for line in complaint.splitlines() if "error:" in line]
    whole = len(complaint.encode()) < TAIL_BYTES - len(errors)
    return whole and bool(errors) and all(UNKNOWN_TIMEOUT in line for line in errors)


def _explained(error: EngineError) -> EngineError:
    if re.search(r"role .* does not exist", error.message):
        return type(error)(error.message, NO_ROLE, **error.details)
    return error


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
