"""Loading a snapshot, side by side with `pg_restore -j` of the same data, and loading it a second time.

`python benchmarks/load.py [--url URL] [--rounds N]`. `snapharbor load` is the command line as typed: it also
counts every row, keeps a template and swaps the databases. The restore by itself is measured too.
"""

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio
from rig import COPY, Harbor, Rig, Run, median, options, report, rig, rounds, timed

from snapharbor.engine.database.postgres.database import PostgresDatabase
from snapharbor.engine.model.job import ignore
from snapharbor.engine.model.settings import Programs
from snapharbor.engine.services import open_services

PLAIN, OURS = "benchmark_plain", "benchmark_restore"
LOAD, AGAIN = "snapharbor load", "snapharbor load, again"


def pg_restore(here: Rig, archive: Path, workers: int) -> Run:
    """Restore an exported archive with nothing of ours."""
    program, database = here.client.program("pg_restore"), here.conninfo(PLAIN)
    with empty(here, PLAIN):
        return timed(
            [program, f"-j{workers}", "--no-owner", "-d", database, archive], here.environment, archive
        )


def restore(here: Rig, harbor: Harbor, workers: int) -> Run:
    """Restore a snapshot, decrypted and decompressed on the way, into an empty database."""

    async def run() -> None:
        async with open_services(harbor.config) as services:
            repository = services.repository(None)
            (snapshot,) = await repository.snapshots()
            programs = Programs(here.client.directory, "the benchmark")
            settings = replace(services.settings, postgres_programs=programs)
            database = PostgresDatabase(here.url.on(OURS), settings)
            await database.restore(repository.source(snapshot), workers, ignore)

    with empty(here, OURS):
        started = time.monotonic()
        anyio.run(run)
        return Run(time.monotonic() - started)


def load(here: Rig, harbor: Harbor) -> Run:
    """Load with the command line, over what is there, once the server has written what waits."""
    here.query("postgres", "CHECKPOINT")
    return harbor.run("load", "benchmark", "--original", "--yes")


def first_load(here: Rig, harbor: Harbor) -> Run:
    """Load where nothing is, and no template of the snapshot is kept."""
    for name in here.query(
        "postgres", f"SELECT datname FROM pg_database WHERE datname ~ '^snapharbor_' OR datname = '{COPY}'"
    ).split():
        here.query("postgres", f'DROP DATABASE "{name}"')
    return load(here, harbor)


@contextmanager
def empty(here: Rig, database: str) -> Generator[None]:
    """Provide an empty database, and leave neither it nor its pages in memory to the next case."""
    here.forget(database)
    here.query("postgres", f"CREATE DATABASE {database}")
    try:
        yield
    finally:
        here.forget(database)


def main() -> None:
    """Measure and print."""
    arguments = options(__doc__)
    with rig(arguments) as here:
        harbor = here.harbor(here.directory / "ours", arguments.workers)
        archive = here.directory / "archive"
        harbor.run("build", "benchmark")
        harbor.run("export", "benchmark", str(archive), "--original", "--yes")
        name = f"pg_restore -j{arguments.workers}"
        cases = {
            name: partial(pg_restore, here, archive, arguments.workers),
            "restore by itself": partial(restore, here, harbor, arguments.workers),
            LOAD: partial(first_load, here, harbor),
            AGAIN: partial(load, here, harbor),
        }
        try:
            found = rounds(here, cases, arguments.rounds)
        finally:
            here.forget(COPY)
        report(found, to=name)
        share = median(found[AGAIN], "seconds") / median(found[LOAD], "seconds")
        print(f"\n{AGAIN}, takes {share:.2f} of what it took first")


if __name__ == "__main__":
    main()
