"""Questions to a source cannot write, run on, or flood."""

import pytest
from support.postgres import NewDatabase, Postgres, Reader, execute

from snapharbor.engine.database.base import PROBE_ROWS
from snapharbor.engine.database.postgres.probe import probe
from snapharbor.engine.model.errors import DatabaseFailed, EngineError, PrivilegeMissing, TimedOut
from snapharbor.engine.model.target import Limits


async def test_names_without_a_schema_are_found(new_database: NewDatabase, each_postgres: Postgres) -> None:
    url = new_database("CREATE TABLE person AS SELECT 1 AS id", server=each_postgres)
    assert await probe(url, ["SELECT id, 'Ada' FROM person", "SELECT 2 WHERE false"], Limits()) == [
        [(1, "Ada")],
        [],
    ]


async def test_a_question_that_takes_too_long_is_ended(new_database: NewDatabase) -> None:
    with pytest.raises(TimedOut) as failure:
        await probe(new_database(), ["SELECT 1", "SELECT pg_sleep(60)"], Limits(statement_timeout=1))
    assert failure.value.details["position"] == 1


@pytest.mark.parametrize("rows", [PROBE_ROWS, PROBE_ROWS + 1])
async def test_an_answer_is_small(new_database: NewDatabase, rows: int) -> None:
    query = f"SELECT * FROM generate_series(1, {rows})"
    if rows <= PROBE_ROWS:
        assert len((await probe(new_database(), [query], Limits()))[0]) == rows
    else:
        with pytest.raises(DatabaseFailed):
            await probe(new_database(), [query], Limits())


@pytest.mark.parametrize(
    "bad",
    [
        "CREATE TABLE person (id int)",
        "SELECT 1; SELECT 2",
        "COMMIT",
        "SET TRANSACTION READ WRITE",
        "SELECT nextval('numbers')",
    ],
)
async def test_only_questions_are_asked(new_database: NewDatabase, bad: str) -> None:
    url = new_database("CREATE SEQUENCE numbers")
    with pytest.raises(EngineError) as failure:
        await probe(url, [bad], Limits())
    assert failure.value.details["position"] == 0


async def test_a_table_that_may_not_be_read_is_named_as_such(
    new_database: NewDatabase, reader: Reader
) -> None:
    url = new_database("CREATE TABLE hidden (id int)")
    readable = reader(url)
    execute(url, "REVOKE ALL ON hidden FROM snapharbor_reader")
    with pytest.raises(PrivilegeMissing) as failure:
        await probe(readable, ["SELECT 1", "SELECT 2", "SELECT * FROM hidden"], Limits())
    assert failure.value.details["position"] == 2
