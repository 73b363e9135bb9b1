"""Running rules while reading gives what running them in a copy gives, or it is not done."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.equality import Outcome, in_a_copy, look, partly, rules_of, while_reading
from support.postgres import Age, Postgres, execute

from snapharbor.engine.database.postgres.session import connect
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.errors import EngineError
from snapharbor.engine.model.url import DatabaseUrl

HERE = Path(__file__).parent
NAME = "equality"
BEFORE = "UPDATE plain SET s = lower(s); DELETE FROM plain WHERE id < 4"
AFTER = "UPDATE plain SET s = s || 'x'"
# With the tables that go into a copy raw because of them.
CLOSURES = [
    ("INSERT INTO ref VALUES (99, 'x')", "ref"),
    ("UPDATE t1 SET nul = (SELECT string_agg(v, ',') FROM ref)", "t1"),
    ("UPDATE ref SET v = 'z'; UPDATE t1 SET nul = (SELECT max(v) FROM ref)", "ref t1"),
    ("UPDATE t1 SET nul = (SELECT string_agg(v, ',') FROM ref); UPDATE ref SET v = 'z'", "ref t1"),
    ("CREATE TEMP TABLE q AS SELECT * FROM ref; UPDATE t1 SET nul = (SELECT max(v) FROM q)", "t1"),
    ("UPDATE chi SET y = 'z'; DELETE FROM par WHERE id = 1", "chi par"),
    ("UPDATE chi SET y = 'z' RETURNING id", "chi"),
    ("UPDATE chi SET y = 'z' RETURNING id; UPDATE par SET x = 'z'", "chi"),
    ("UPDATE chi SET pid = pid + 100 RETURNING id; UPDATE par SET id = id + 100", "chi par"),
    ("UPDATE pt1 SET s = 'x' RETURNING id; UPDATE pt SET s = s || 'y'", "pt1 pt2 pt3a"),
]


def cases(section: str) -> list[str]:
    """Return the scripts of one section of equality.sql: each is a paragraph."""
    text = (HERE / "equality.sql").read_text()
    found = re.search(rf"^-- {section}: .*?\n\n(.*?)(?=^-- \w+: |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return [paragraph for paragraph in re.split(r"\n\n+", found[1].strip()) if paragraph]


def anew(text: str, copy: Outcome) -> dict[str, list[bytes]]:
    """Return the rows that are others each time the rules run."""
    table = "public.t1"
    return {table: copy.rows[table]} if copy.rows and re.search(r"seq = |time|_uuid\(", text) else {}


@pytest.fixture(scope="session")
def filled() -> set[int]:
    return set()


@pytest.fixture(params=["newest", "oldest"])
def source(
    request: pytest.FixtureRequest, start_postgres: Callable[[Age], Postgres], filled: set[int]
) -> DatabaseUrl:
    """Return a database with one of everything; nothing here changes it."""
    server = start_postgres(request.param)
    url = server.cluster.url(NAME)
    if id(server) not in filled:
        execute(server.url, f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)", f"CREATE DATABASE {NAME}")
        execute(url, (HERE / "equality_schema.sql").read_text())
        filled.add(id(server))
    return url


@pytest.mark.parametrize("text", cases("same"))
async def test_both_ways_give_the_same_rows(source: DatabaseUrl, text: str) -> None:
    rules = rules_of(text)
    reading, copy = await while_reading(source, rules), await in_a_copy(source, rules)
    assert reading.hazards == ()
    assert (reading.error, copy.error) == (None, None)
    assert reading.rows == copy.rows


@pytest.mark.parametrize("text", cases("copy"))
async def test_what_could_differ_is_not_done_while_reading(source: DatabaseUrl, text: str) -> None:
    reading = await while_reading(source, rules_of(text))
    assert reading.hazards, (reading.error, "was done while reading")


@pytest.mark.parametrize("text", cases("copy"))
async def test_what_runs_partly_in_a_copy_gives_the_same_rows(source: DatabaseUrl, text: str) -> None:
    rules = rules_of(f"{BEFORE};\n{text};\n{AFTER}")
    mixed, copy = await partly(source, rules), await in_a_copy(source, rules)
    if copy.failed:
        assert mixed.failed or mixed.hazards
    elif mixed.rows is None:
        assert mixed.hazards
    else:
        assert {**mixed.rows, **anew(text, copy)} == copy.rows


@pytest.mark.parametrize(("text", "apart"), CLOSURES)
async def test_tables_that_a_copy_needs_go_there_raw(source: DatabaseUrl, text: str, apart: str) -> None:
    async with connect(source) as connection:
        rewritten, _ = await look(connection, rules_of(f"{BEFORE}; {text}"))
    assert rewritten.hazards
    assert TableName("public", "plain") in rewritten.reads
    assert " ".join(sorted(name.name for name in rewritten.apart)) == apart


@pytest.mark.parametrize("text", cases("fail"))
async def test_what_fails_in_a_copy_fails_while_reading(source: DatabaseUrl, text: str) -> None:
    rules = rules_of(text)
    reading, copy = await while_reading(source, rules), await in_a_copy(source, rules)
    assert copy.failed
    assert reading.failed or reading.hazards
    assert isinstance(copy.error, EngineError)


@pytest.mark.parametrize("text", cases("stricter"))
async def test_what_only_a_copy_refuses_is_right_in_the_end(source: DatabaseUrl, text: str) -> None:
    rules = rules_of(text)
    reading, copy = await while_reading(source, rules), await in_a_copy(source, rules)
    assert copy.failed
    assert reading.rows is not None
