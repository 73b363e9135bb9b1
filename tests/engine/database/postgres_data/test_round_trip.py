"""What goes in comes out: with stock pg_restore alone, and with ours."""

import subprocess
from pathlib import Path

import pytest
from anyio import to_thread
from psycopg.conninfo import make_conninfo
from support.compare import differences, facts
from support.postgres import NewDatabase, Postgres, Toolbox
from support.snapshots import Bench

from snapharbor.engine.database.postgres.archive import export
from snapharbor.engine.database.postgres.session import parameters
from snapharbor.engine.model.job import Progress
from snapharbor.engine.model.target import Limits
from snapharbor.engine.model.url import DatabaseUrl

AWKWARD = (Path(__file__).parent / "awkward.sql").read_text().split("\n\n")


@pytest.fixture
def bench(tmp_path: Path, each_postgres: Postgres) -> Bench:
    """Return a repository whose client programs are the server's own."""
    return Bench(tmp_path, (each_postgres.tools,))


def stock_restore(tools: Toolbox, archive: Path, url: DatabaseUrl, *options: str) -> None:
    """Restore with nothing of ours."""
    values = parameters(url, Limits())
    password = values.pop("password", "")
    argv = [tools.program("pg_restore"), "--exit-on-error", "--no-owner", *options]
    subprocess.run(
        [*argv, "-d", make_conninfo("", **values), archive], env={"PGPASSWORD": password}, check=True
    )


@pytest.mark.parametrize("jobs", [1, 2])
async def test_stock_pg_restore_reads_an_export_exactly(
    bench: Bench, each_postgres: Postgres, new_database: NewDatabase, jobs: int
) -> None:
    source = new_database(*AWKWARD, server=each_postgres)
    snapshot = await bench.take(source)
    archive = bench.directory / "archive"
    await to_thread.run_sync(export, bench.source(snapshot), archive)
    copy = new_database(server=each_postgres)
    stock_restore(each_postgres.tools, archive, copy, f"-j{jobs}")
    tools = each_postgres.tools
    assert differences(facts(source, tools), facts(copy, tools)) == []


@pytest.mark.parametrize("jobs", [1, 3])
async def test_our_restore_is_exact_and_leaves_no_file(
    bench: Bench, each_postgres: Postgres, new_database: NewDatabase, jobs: int
) -> None:
    source = new_database(*AWKWARD, server=each_postgres)
    snapshot = await bench.take(source)
    copy = new_database(server=each_postgres)
    told: list[Progress] = []
    await bench.load(snapshot, copy, jobs=jobs, report=told.append)
    tools = each_postgres.tools
    assert differences(facts(source, tools), facts(copy, tools)) == []
    assert [path for path in (bench.directory / "tmp").iterdir()] == []
    total = sum(table.raw_bytes for table in snapshot.manifest.tables)
    assert told[-1] == Progress("loading", total, total, "bytes")
