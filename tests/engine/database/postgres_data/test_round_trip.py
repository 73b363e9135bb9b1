"""What goes in comes out: with stock pg_restore alone, and with ours."""

from pathlib import Path

import pytest
from support.compare import differences, facts
from support.postgres import NewDatabase, Postgres, execute, query
from support.snapshots import AWKWARD, Bench, client

from snapharbor.engine.model.job import Progress

SEQUENCES = "SELECT schemaname::text, sequencename::text, last_value FROM pg_sequences ORDER BY 1, 2"


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


async def test_a_standby_gives_all_that_it_has_and_names_what_it_lacks(
    replicated: tuple[Postgres, Postgres], tmp_path: Path
) -> None:
    primary, standby = replicated
    source, copy = primary.cluster.url("source"), primary.cluster.url("copy")
    execute(primary.url, "CREATE DATABASE source", "CREATE DATABASE copy")
    execute(source, *AWKWARD)
    execute(source, "SET synchronous_commit = remote_apply", "CREATE TABLE all_is_there ()")
    bench = Bench(tmp_path, (primary.tools,))
    replica = standby.cluster.url("source")
    snapshot = await bench.take(replica)
    await bench.load(snapshot, copy)
    tools = primary.tools
    # What a sequence hands out is logged ahead of time, so a standby's stands a little further.
    assert differences(facts(source, tools), facts(copy, tools)) == ["rows of public.unlogged", "sequences"]
    assert query(replica, SEQUENCES) == query(copy, SEQUENCES)
    assert [text for text in snapshot.manifest.left_out if "unlogged" in text] != []
