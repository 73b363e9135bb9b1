"""Running rules while reading gives what running them in a copy gives, or it is not done."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.equality import in_a_copy, rules_of, while_reading
from support.postgres import Age, Postgres, execute

from snapharbor.engine.model.errors import EngineError
from snapharbor.engine.model.url import DatabaseUrl

HERE = Path(__file__).parent
NAME = "equality"


def cases(section: str) -> list[str]:
    """Return the scripts of one section of equality.sql: each is a paragraph."""
    text = (HERE / "equality.sql").read_text()
    found = re.search(rf"^-- {section}: .*?\n\n(.*?)(?=^-- \w+: |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return [paragraph for paragraph in re.split(r"\n\n+", found[1].strip()) if paragraph]


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
