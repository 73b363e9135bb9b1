"""One moment: consistent while others write, refused where it cannot be, over when it is lost."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from anyio import to_thread
from support.captured import Captured, capture
from support.postgres import NewDatabase, Postgres, connect, execute, query
from support.snapshots import EVERYTHING, Bench

from snapharbor.engine.database.base import Slice
from snapharbor.engine.database.postgres import slices
from snapharbor.engine.database.postgres.cluster import throwaway_cluster
from snapharbor.engine.database.postgres.view import PostgresView
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.errors import (
    DatabaseFailed,
    DatabaseUnreachable,
    PrivilegeMissing,
    SourceUnsuitable,
    TimedOut,
)
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.target import Limits, Selection
from snapharbor.engine.model.url import DatabaseUrl

PAIRS = """
CREATE TABLE given (id int PRIMARY KEY, amount int);
CREATE TABLE taken (id int PRIMARY KEY, amount int);
CREATE SEQUENCE moves;
"""
MOVE = """
WITH move AS (SELECT nextval('moves')::int AS id)
, one AS (INSERT INTO given SELECT id, id FROM move)
INSERT INTO taken SELECT id, -id FROM move
"""
COORDINATOR = "datname = current_database() AND query = 'SELECT pg_catalog.pg_export_snapshot()'"
SLEEP = Slice(TableName("public", "t"), ("a",), 0, "COPY (SELECT pg_sleep(600)) TO STDOUT", 0)


@pytest.fixture
def new(each_postgres: Postgres, new_database: NewDatabase) -> Callable[..., DatabaseUrl]:
    return lambda *statements: new_database(*statements, server=each_postgres)


def somebody(url: DatabaseUrl, *grants: str) -> DatabaseUrl:
    """Make a role with these grants and return its URL."""
    name, password = f"role_{secrets.token_hex(4)}", Secret(secrets.token_hex(8))
    execute(url, f"CREATE ROLE {name} LOGIN PASSWORD '{password.reveal()}'")
    execute(url, *(grant.format(role=name) for grant in grants))
    return replace(url, user=name, password=password)


async def taken(bench: Bench, url: DatabaseUrl, selection: Selection = EVERYTHING) -> Captured:
    async with bench.view(url, selection) as view:
        return await to_thread.run_sync(capture, view)


async def test_two_tables_agree_while_others_write_to_both(
    bench: Bench, new: Callable[..., DatabaseUrl]
) -> None:
    url, stop, begun = new(PAIRS), threading.Event(), threading.Event()

    def write() -> None:
        with connect(url) as connection:
            while not stop.is_set():
                connection.execute(MOVE.encode())
                begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        begun.wait()
        seen = [(await taken(bench, url)).tables for _ in range(3)]
    finally:
        stop.set()
        writer.join()
    sizes: set[int] = set()
    for tables in seen:
        given = [int(row.split(b"\t")[0]) for row in tables[TableName("public", "given")].splitlines()]
        got = [int(row.split(b"\t")[0]) for row in tables[TableName("public", "taken")].splitlines()]
        assert given == got
        sizes.add(len(given))
    assert len(sizes) == 3


async def test_what_would_rewrite_a_table_waits_for_the_view(
    bench: Bench, new: Callable[..., DatabaseUrl]
) -> None:
    url = new("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    truncate = ("SET lock_timeout = '50ms'", "TRUNCATE t")
    async with bench.view(url) as view:
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await to_thread.run_sync(execute, url, *truncate)
        seen = await to_thread.run_sync(capture, view)
    assert seen.tables == {TableName("public", "t"): b"1\n"}
    await to_thread.run_sync(execute, url, *truncate)


async def test_a_table_that_somebody_holds_is_waited_for_no_longer_than_the_limit(
    bench: Bench, new: Callable[..., DatabaseUrl]
) -> None:
    url = new("CREATE TABLE t (a int)")
    with connect(url) as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(TimedOut):
            async with bench.view(url, limits=Limits(lock_timeout=1)):
                pass


async def test_a_reader_does_not_wait_for_ever_behind_a_waiting_change(
    bench: Bench, new: Callable[..., DatabaseUrl]
) -> None:
    url = new("CREATE TABLE t (a int)")
    waits = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE t%'"
    async with bench.view(url, limits=Limits(lock_timeout=1)) as view:
        changer = threading.Thread(target=execute, args=(url, "ALTER TABLE t ADD b int"))
        changer.start()
        while not await to_thread.run_sync(query, url, waits):
            pass
        with pytest.raises(TimedOut):
            await to_thread.run_sync(capture, view)
    await to_thread.run_sync(changer.join)


async def test_tables_that_may_not_be_read_are_named_before_anything_is_read(
    bench: Bench, new: Callable[..., DatabaseUrl]
) -> None:
    url = new(
        "CREATE TABLE open (a int)",
        "CREATE TABLE closed (a int)",
        "CREATE SCHEMA shut",
        "CREATE TABLE shut.t ()",
    )
    role = somebody(url, "GRANT SELECT ON open TO {role}")
    with pytest.raises(PrivilegeMissing) as missing:
        async with bench.view(role):
            pass
    assert missing.value.details["tables"] == ["public.closed", "shut.t"]
    assert 'ON ALL TABLES IN SCHEMA "public", "shut"' in missing.value.hint
    selection = Selection(include_tables=("public.open",))
    assert (await taken(bench, role, selection)).tables == {TableName("public", "open"): b""}


async def test_rows_that_a_policy_hides_are_not_left_out_silently(
    bench: Bench, new: Callable[..., DatabaseUrl]
) -> None:
    url = new("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)", "ALTER TABLE t ENABLE ROW LEVEL SECURITY")
    role = somebody(url, "GRANT SELECT ON t TO {role}")
    with pytest.raises(SourceUnsuitable) as unsuitable:
        async with bench.view(role):
            pass
    assert unsuitable.value.details["tables"] == ["public.t"]
    assert (await taken(bench, url)).tables == {TableName("public", "t"): b"1\n"}


def in_reader(view: PostgresView, piece: Slice) -> None:
    with view.reader() as reader:
        assert [*reader.read(piece)]


async def test_a_view_that_is_held_too_long_is_ended(bench: Bench, new: Callable[..., DatabaseUrl]) -> None:
    async with bench.view(new(), limits=Limits(max_snapshot_age=1)) as view:
        with pytest.raises(TimedOut):
            await to_thread.run_sync(in_reader, view, SLEEP)
        with pytest.raises(TimedOut):
            await to_thread.run_sync(capture, view)


async def test_a_view_that_is_lost_ends_its_readers(bench: Bench, new: Callable[..., DatabaseUrl]) -> None:
    url = new("CREATE TABLE t (a int)")
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {COORDINATOR}"

    def lose_it_and_read(view: PostgresView) -> None:
        assert query(url, end) == [(True,)]
        in_reader(view, SLEEP)

    with pytest.raises(DatabaseUnreachable):
        async with bench.view(url) as view:
            await to_thread.run_sync(lose_it_and_read, view)


async def test_nothing_that_was_read_after_the_view_was_lost_counts(
    bench: Bench, new: Callable[..., DatabaseUrl]
) -> None:
    url = new("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    end = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {COORDINATOR}"

    def lose_it_and_read(view: PostgresView) -> None:
        with view.reader() as reader:
            # The reader has its snapshot; then the locks go, and the table is emptied.
            assert [*reader.read(replace(SLEEP, query="COPY (SELECT 1) TO STDOUT"))] == [b"1\n"]
            assert query(url, end) == [(True,)]
            execute(url, "TRUNCATE t")
            (piece,) = view.slices
            assert [*reader.read(piece)]

    with pytest.raises(DatabaseUnreachable):
        async with bench.view(url) as view:
            await to_thread.run_sync(lose_it_and_read, view)


async def test_the_server_may_tell_news_while_a_view_is_open(
    bench: Bench, new: Callable[..., DatabaseUrl], each_postgres: Postgres
) -> None:
    url = new("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    zones = query(url, "SHOW timezone")
    try:
        async with bench.view(url) as view:
            execute(each_postgres.url, "ALTER SYSTEM SET timezone = 'Asia/Tokyo'", "SELECT pg_reload_conf()")
            while query(url, "SHOW timezone") == zones:
                pass
            seen = await to_thread.run_sync(capture, view)
        assert seen.tables == {TableName("public", "t"): b"1\n"}
    finally:
        execute(each_postgres.url, "ALTER SYSTEM RESET timezone", "SELECT pg_reload_conf()")


async def test_a_big_table_is_read_in_pieces_that_do_not_move_when_it_grows(
    bench: Bench, new: Callable[..., DatabaseUrl], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "PAGES_PER_SLICE", 64)
    url = new(
        "CREATE TABLE t (a int, b text)",
        "INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 2000) i",
    )

    async def pieces() -> list[bytes]:
        async with bench.view(url) as view:
            ordered = sorted(view.slices, key=lambda piece: piece.ordinal)

            def read() -> list[bytes]:
                with view.reader() as reader:
                    return [b"".join(reader.read(piece)) for piece in ordered]

            return await to_thread.run_sync(read)

    before = await pieces()
    assert len(before) == 5
    rows = b"".join(before).splitlines()
    assert [int(row.split(b"\t")[0]) for row in rows] == [*range(1, 2001)]
    execute(url, "INSERT INTO t SELECT i, repeat('y', 1000) FROM generate_series(2001, 3000) i")
    after = await pieces()
    assert after[:4] == before[:4]
    assert b"".join(after).splitlines()[:2000] == rows
    assert len(b"".join(after).splitlines()) == 3000


async def test_pieces_are_smaller_where_the_bytes_lie_outside_the_pages(
    bench: Bench, new: Callable[..., DatabaseUrl], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "PAGES_PER_SLICE", 64)
    monkeypatch.setattr(slices, "SMALLEST_SLICE", 1)
    monkeypatch.setattr(slices, "TARGET_BYTES", 8 << 20)
    url = new(
        "CREATE TABLE t (a int, b text)",
        "ALTER TABLE t ALTER b SET STORAGE EXTERNAL",
        "INSERT INTO t SELECT i, repeat('x', 10000) FROM generate_series(1, 2000) i",
    )
    async with bench.view(url) as view:
        seen = await to_thread.run_sync(capture, view)
        assert len(view.slices) >= 4
        assert max(piece.estimated_bytes for piece in view.slices) <= 8 << 20
    assert len(seen.tables[TableName("public", "t")]) == sum(len(f"{i}") + 10002 for i in range(1, 2001))


def many_tables(server: Postgres, count: int, batch: int) -> DatabaseUrl:
    create = "EXECUTE format('CREATE TABLE t%s AS SELECT %1$s AS a', i)"
    for start in range(0, count, batch):
        loop = f"FOR i IN {start}..{start + batch - 1} LOOP {create}; END LOOP"
        execute(server.url, f"DO $$ BEGIN {loop}; END $$")
    return server.url


async def test_five_thousand_tables_are_taken(postgres: Postgres, tmp_path: Path) -> None:
    room = {"max_locks_per_transaction": "256"}
    with throwaway_cluster(postgres.tools, tmp_path, settings=room) as cluster:
        url = many_tables(Postgres(cluster, postgres.tools), 5000, 500)
        seen = await taken(Bench(tmp_path, (postgres.tools,)), url)
    assert seen.tables == {TableName("public", f"t{number}"): b"%d\n" % number for number in range(5000)}


async def test_more_tables_than_the_server_can_lock_are_refused(postgres: Postgres, tmp_path: Path) -> None:
    narrow = {"max_locks_per_transaction": "10", "max_connections": "5"}
    with throwaway_cluster(postgres.tools, tmp_path, settings=narrow) as cluster:
        url = many_tables(Postgres(cluster, postgres.tools), 1500, 20)
        with pytest.raises(SourceUnsuitable):
            async with Bench(tmp_path, (postgres.tools,)).view(url):
                pass


async def test_a_definition_that_breaks_off_is_never_taken_for_whole(
    bench: Bench, new: Callable[..., DatabaseUrl]
) -> None:
    url = new("SELECT lo_from_bytea(0, convert_to(repeat('x', 10000000), 'UTF8'))", "CREATE TABLE t (a int)")
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others} AND NOT ({COORDINATOR})"

    def read_and_end(view: PostgresView) -> None:
        for name, blocks in view.definition():
            for _ in blocks:
                if name != "toc":
                    execute(url, end)

    async with bench.view(url) as view:
        with pytest.raises((DatabaseFailed, DatabaseUnreachable)):
            await to_thread.run_sync(read_and_end, view)
