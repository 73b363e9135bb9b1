"""psql as a pump: every piece whole, nothing of the next one, and an error where it is not."""

import os
import signal
import subprocess
from collections.abc import Callable, Generator

import pytest
from anyio import to_thread
from support.postgres import NewDatabase, Postgres, query
from support.snapshots import Bench

from snapharbor.engine.database.base import Slice
from snapharbor.engine.database.printed import BLOCK
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.errors import Cancelled, DatabaseFailed, DatabaseUnreachable
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.tasks import open_tasks

FOR_EVER = "SELECT repeat('x', 1000), generate_series(1, 1000000000)"


@pytest.fixture
def database(each_postgres: Postgres, new_database: NewDatabase) -> DatabaseUrl:
    return new_database("CREATE TABLE something (a int)", server=each_postgres)


def piece(select: str) -> Slice:
    return Slice(TableName("public", "something"), ("a",), 0, f"COPY ({select}) TO STDOUT", 0)


async def test_a_piece_ends_where_it_ends_whatever_its_length(bench: Bench, database: DatabaseUrl) -> None:
    lengths = [*range(5), *range(BLOCK - 40, BLOCK + 3), *range(2 * BLOCK - 70, 2 * BLOCK)]

    def read() -> list[list[int]]:
        with view.reader() as reader:
            return [
                [len(block) for block in reader.read(piece(f"SELECT repeat('x', {length})"))]
                for length in lengths
            ]

    async with bench.view(database) as view:
        sizes = await to_thread.run_sync(read)
    assert [sum(found) for found in sizes] == [length + 1 for length in lengths]
    assert max(size for found in sizes for size in found) <= BLOCK


async def test_rows_that_look_like_the_end_are_not(bench: Bench, database: DatabaseUrl) -> None:
    values = ["\\.", "\\.\n\\.\n", "\n\\.", "x\n\\.\n", "\\\\.", ""]
    literals = ", ".join(f"(E'{value}')".replace("\\", "\\\\").replace("\n", "\\n") for value in values)

    def read() -> bytes:
        with view.reader() as reader:
            return b"".join(reader.read(piece(f"VALUES {literals}")))

    async with bench.view(database) as view:
        found = await to_thread.run_sync(read)
    escaped = [value.replace("\\", "\\\\").replace("\n", "\\n") for value in values]
    assert found.decode() == "".join(f"{value}\n" for value in escaped)


async def test_one_row_may_be_very_long(bench: Bench, database: DatabaseUrl) -> None:
    def read() -> tuple[int, int]:
        with view.reader() as reader:
            sizes = [len(block) for block in reader.read(piece("SELECT repeat('\\', 50 * 1024 * 1024)"))]
        return sum(sizes), max(sizes)

    async with bench.view(database) as view:
        assert await to_thread.run_sync(read) == (100 * 1024 * 1024 + 1, BLOCK - 33)


async def test_a_failing_piece_is_an_error_without_a_row_value(bench: Bench, database: DatabaseUrl) -> None:
    def read() -> list[memoryview]:
        with view.reader() as reader:
            return [*reader.read(piece("SELECT ('secret ' || a)::int FROM generate_series(1, 9) a"))]

    async with bench.view(database) as view:
        with pytest.raises(DatabaseFailed) as failed:
            await to_thread.run_sync(read)
    assert "secret" not in repr((failed.value.message, failed.value.hint, failed.value.details))
    assert failed.value.details["sqlstate"] == "22P02"


async def test_a_reader_whose_piece_was_left_gives_no_other(bench: Bench, database: DatabaseUrl) -> None:
    def read() -> list[memoryview]:
        with view.reader() as reader:
            unfinished = reader.read(piece(FOR_EVER))
            assert next(unfinished)
            assert isinstance(unfinished, Generator)
            unfinished.close()
            return [*reader.read(piece("SELECT 1"))]

    async with bench.view(database) as view:
        with pytest.raises(DatabaseFailed):
            await to_thread.run_sync(read)


def kill_psql(_url: DatabaseUrl) -> None:
    found = subprocess.run(
        ["pgrep", "-P", str(os.getpid()), "-x", "psql"], check=True, stdout=subprocess.PIPE
    )
    for pid in found.stdout.split():
        os.kill(int(pid), signal.SIGKILL)


def end_backend(url: DatabaseUrl) -> None:
    condition = "datname = current_database() AND query LIKE 'COPY%'"
    assert query(url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {condition}")


@pytest.mark.parametrize(
    ("fault", "error"), [(kill_psql, DatabaseFailed), (end_backend, DatabaseUnreachable)]
)
async def test_a_piece_that_breaks_off_is_never_taken_for_whole(
    bench: Bench, database: DatabaseUrl, fault: Callable[[DatabaseUrl], None], error: type[Exception]
) -> None:
    def read() -> None:
        with view.reader() as reader:
            for number, _ in enumerate(reader.read(piece(FOR_EVER))):
                if number == 2:
                    fault(database)

    async with bench.view(database) as view:
        with pytest.raises(error):
            await to_thread.run_sync(read)


async def test_abort_ends_a_read_that_waits(bench: Bench, database: DatabaseUrl) -> None:
    def read() -> None:
        with view.reader() as reader:
            assert [*reader.read(piece("SELECT pg_sleep(600)"))] == []

    async def abort_once_it_runs() -> None:
        running = (
            "SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COPY (SELECT pg_sleep%'"
        )
        while not await to_thread.run_sync(query, database, running):
            pass
        await to_thread.run_sync(view.abort)

    async with bench.view(database) as view, open_tasks() as group:
        group.start_soon(abort_once_it_runs)
        with pytest.raises(Cancelled):
            await to_thread.run_sync(read)
