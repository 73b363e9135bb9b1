"""Filling a database: whatever breaks ends cleanly, says why, and never counts as done."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from support.captured import Captured, capture
from support.compare import differences, facts
from support.postgres import Age, NewDatabase, Postgres, connect, execute, query
from support.snapshots import AWKWARD, Bench

from snapharbor.engine.database.base import Blocks
from snapharbor.engine.database.postgres.archive import WORTH_FREEZING
from snapharbor.engine.database.postgres.restore import restore
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.errors import ClientTooOld, DatabaseFailed, SnapshotCorrupt
from snapharbor.engine.model.job import ignore
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.tasks import open_tasks

BIG = TableName("public", "big")


class Source:
    """A snapshot whose one big table does something in the middle of its rows."""

    def __init__(self, captured: Captured, in_the_middle: Callable[[], None]) -> None:
        self.manifest = captured.manifest
        self._captured = captured
        self._in_the_middle = in_the_middle

    def part(self, name: str, *, compressed: bool = False) -> Blocks:
        """Yield a part."""
        return self._captured.part(name, compressed=compressed)

    def table(self, name: TableName, *, compressed: bool = False) -> Blocks:
        """Yield a table's rows."""
        (content,) = self._captured.table(name, compressed=compressed)
        half = len(content) // 2
        yield content[:half]
        if name == BIG:
            self._in_the_middle()
        yield content[half:]


@pytest.fixture
async def big(bench: Bench, each_postgres: Postgres, new_database: NewDatabase) -> Captured:
    url = new_database(
        "CREATE TABLE big AS SELECT i, md5(i::text) AS text FROM generate_series(1, 100000) i",
        "CREATE TABLE small AS SELECT 1 AS a",
        "CREATE INDEX ON big (text)",
        server=each_postgres,
    )
    async with bench.view(url) as view:
        return await to_thread.run_sync(capture, view)


async def fill(bench: Bench, source: Source | Captured, url: DatabaseUrl, jobs: int = 2) -> None:
    await restore(url, source, jobs=jobs, report=ignore, means=bench.means)


def leftovers(bench: Bench) -> Iterator[Path]:
    return (bench.directory / "tmp").iterdir()


def children(program: str) -> list[int]:
    found = subprocess.run(
        ["pgrep", "-P", str(os.getpid()), "-x", program], check=False, stdout=subprocess.PIPE
    )
    return [int(pid) for pid in found.stdout.split()]


async def test_a_snapshot_that_cannot_be_read_on_fails_the_restore(
    bench: Bench, big: Captured, each_postgres: Postgres, new_database: NewDatabase
) -> None:
    def damaged() -> None:
        raise SnapshotCorrupt("a chunk was changed")

    copy = new_database(server=each_postgres)
    with pytest.raises(SnapshotCorrupt):
        await fill(bench, Source(big, damaged), copy)
    assert [*leftovers(bench)] == []
    assert children("pg_restore") == []
    # The half that came before was not kept.
    assert query(copy, "SELECT count(*) FROM big") == [(0,)]


async def test_a_restore_program_that_is_killed_is_told(
    bench: Bench, big: Captured, each_postgres: Postgres, new_database: NewDatabase
) -> None:
    def kill() -> None:
        for pid in children("pg_restore"):
            os.killpg(pid, signal.SIGKILL)

    with pytest.raises(DatabaseFailed):
        await fill(bench, Source(big, kill), new_database(server=each_postgres))
    assert [*leftovers(bench)] == []


async def test_a_restore_that_is_cancelled_leaves_nothing_running(
    bench: Bench, big: Captured, each_postgres: Postgres, new_database: NewDatabase
) -> None:
    copy = new_database(server=each_postgres)
    with anyio.CancelScope() as scope:
        source = Source(big, lambda: anyio.from_thread.run_sync(scope.cancel))
        await fill(bench, source, copy)
    assert scope.cancelled_caught
    assert [*leftovers(bench)] == []
    assert children("pg_restore") == []


async def test_a_restore_that_waits_is_cancelled_too(
    bench: Bench, big: Captured, each_postgres: Postgres, new_database: NewDatabase
) -> None:
    # The database waits for a lock on what everybody needs, so no pipe is ever opened.
    copy = new_database(server=each_postgres)
    waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"

    async def cancel_once_it_waits() -> None:
        while not await to_thread.run_sync(query, copy, waiting):
            pass
        group.cancel_scope.cancel()

    with connect(copy) as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE pg_class IN EXCLUSIVE MODE")
        async with open_tasks() as group:
            group.start_soon(cancel_once_it_waits)
            await fill(bench, big, copy)
    assert group.cancel_scope.cancel_called
    assert children("pg_restore") == []


async def test_rows_that_the_database_refuses_are_not_quoted(
    bench: Bench, each_postgres: Postgres, new_database: NewDatabase
) -> None:
    url = new_database(
        "CREATE TABLE t (secret text)", "INSERT INTO t VALUES ('my-secret'), ('x')", server=each_postgres
    )
    async with bench.view(url) as view:
        captured = await to_thread.run_sync(capture, view)
    broken = {TableName("public", "t"): b"my-secret\tand\tmore\n"}
    with pytest.raises(DatabaseFailed) as failed:
        await fill(bench, replace(captured, tables=broken), new_database(server=each_postgres))
    assert "secret\t" not in repr((failed.value.message, failed.value.hint, failed.value.details))


async def test_a_policy_for_somebody_unknown_is_explained(
    bench: Bench, each_postgres: Postgres, new_database: NewDatabase
) -> None:
    url = new_database(
        "CREATE TABLE t (a int)",
        "CREATE ROLE gone_later",
        "CREATE POLICY p ON t TO gone_later",
        server=each_postgres,
    )
    snapshot = await bench.take(url)
    execute(url, "DROP POLICY p ON t", "DROP ROLE gone_later")
    with pytest.raises(DatabaseFailed) as failed:
        await bench.load(snapshot, new_database(server=each_postgres))
    assert "gone_later" in failed.value.message
    assert "create it" in failed.value.hint


async def test_the_newest_programs_restore_into_the_oldest_server(
    tmp_path: Path, start_postgres: Callable[[Age], Postgres], new_database: NewDatabase
) -> None:
    oldest, newest = start_postgres("oldest"), start_postgres("newest")
    bench = Bench(tmp_path, (newest.tools,))
    source, copy = new_database(*AWKWARD, server=oldest), new_database(server=oldest)
    await bench.load(await bench.take(source), copy)
    assert differences(facts(source), facts(copy)) == []


async def test_programs_older_than_the_archive_are_refused(
    tmp_path: Path, start_postgres: Callable[[Age], Postgres], new_database: NewDatabase
) -> None:
    oldest, newest = start_postgres("oldest"), start_postgres("newest")
    bench = Bench(tmp_path, (newest.tools,))
    snapshot = await bench.take(new_database(server=oldest))
    with pytest.raises(ClientTooOld):
        await replace(bench, boxes=(oldest.tools,)).load(snapshot, new_database(server=oldest))


async def test_many_tables_and_large_objects_are_fed_one_after_the_other(
    bench: Bench, each_postgres: Postgres, new_database: NewDatabase
) -> None:
    url = new_database(
        *(f"CREATE TABLE t{number} AS SELECT {number} AS a" for number in range(300)),
        "SELECT lo_from_bytea(0, convert_to(repeat('x', i), 'UTF8')) FROM generate_series(1, 2500) i",
        server=each_postgres,
    )
    copy = new_database(server=each_postgres)
    await bench.load(await bench.take(url), copy)
    assert differences(facts(url), facts(copy)) == []


async def test_a_parallel_restore_brings_rows_in_frozen_whatever_the_table_is_called(
    bench: Bench, each_postgres: Postgres, new_database: NewDatabase
) -> None:
    names = ("plain", '"Mixed"', '"select"', '"a b ("', '"with ""quotes"""', "unlogged")
    rows = "AS SELECT i, md5(i::text) AS text FROM generate_series(1, 3000) i"
    tables = (f"CREATE {'UNLOGGED ' * (name == 'unlogged')}TABLE {name} {rows}" for name in names)
    indexes = (f"CREATE INDEX ON {name} (i)" for name in names)
    url = new_database(*tables, *indexes, server=each_postgres)
    async with bench.view(url) as view:
        captured = await to_thread.run_sync(capture, view)
    assert all(table.raw_bytes >= WORTH_FREEZING for table in captured.manifest.tables)
    copy = new_database(server=each_postgres)
    await fill(bench, captured, copy)
    with connect(copy) as connection:
        connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
        for name in names:
            count = f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT count(*) FROM {name} WHERE i > 0"
            plan = "\n".join(str(line) for (line,) in connection.execute(count.encode()).fetchall())
            assert "Heap Fetches: 0" in plan, name
