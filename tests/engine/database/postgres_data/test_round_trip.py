"""What goes in comes out: with stock pg_restore alone, and with ours."""

import pytest
from support.compare import differences, facts
from support.postgres import NewDatabase, Postgres
from support.snapshots import AWKWARD, Bench, client

from snapharbor.engine.model.job import Progress


@pytest.mark.parametrize("jobs", [1, 2])
async def test_stock_pg_restore_reads_an_export_exactly(
    bench: Bench, each_postgres: Postgres, new_database: NewDatabase, jobs: int
) -> None:
    source = new_database(*AWKWARD, server=each_postgres)
    snapshot = await bench.take(source)
    archive = bench.directory / "archive"
    await bench.export(snapshot, archive)
    copy = new_database(server=each_postgres)
    client(each_postgres.tools, "pg_restore", copy, "--exit-on-error", "--no-owner", f"-j{jobs}", archive)
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
    assert list((bench.directory / "tmp").iterdir()) == []
    total = sum(table.raw_bytes for table in snapshot.manifest.tables)
    assert told[-1] == Progress("loading", total, total, "bytes")
