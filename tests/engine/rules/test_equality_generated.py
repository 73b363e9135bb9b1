"""Rules that nobody wrote, on databases that nobody would design: both ways give the same rows."""

from collections.abc import Callable
from random import Random

import anyio
import psycopg
import pytest
from hypothesis import event, given, note, settings
from hypothesis import strategies as st
from support.equality import Outcome, in_a_copy, partly, rules_of, while_reading
from support.generated import PREPARED, Made, database
from support.generated_rules import Writer
from support.postgres import Age, Postgres, connect, execute

from snapharbor.engine.model.errors import EngineError
from snapharbor.engine.model.url import DatabaseUrl

NAME = "generated"
# Many of little: a database is made anew for each example, and serves several scripts.
EXAMPLES, SCRIPTS = 30, 5
NOTHING = "DELETE FROM audit WHERE false"
EMPTY = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


@pytest.fixture(scope="session")
def emptied(start_postgres: Callable[[Age], Postgres]) -> DatabaseUrl:
    """Return a database that every example fills anew."""
    server = start_postgres("newest")
    execute(server.url, f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)", f"CREATE DATABASE {NAME}")
    return server.cluster.url(NAME)


def fill(url: DatabaseUrl, made: Made) -> None:
    """Make the tables; what cannot be made of their constraints and rows is left out."""
    execute(url, EMPTY, PREPARED, *made.statements)
    with connect(url) as connection:
        for attempt in made.attempts:
            try:
                connection.execute(attempt.encode())
            except psycopg.Error:
                continue


async def both(url: DatabaseUrl, script: str) -> tuple[Outcome, Outcome]:
    """Return what reading, for as many tables as can be, and a copy make of the rows."""
    rules = rules_of(script)
    reading = await while_reading(url, rules)
    if reading.hazards:
        reading = await partly(url, rules)
    return reading, await in_a_copy(url, rules)


async def compare(url: DatabaseUrl, script: str) -> str:
    """Compare both ways, and say what came of it."""
    try:
        reading, copy = await both(url, script)
    except EngineError:
        return "refused"
    if reading.hazards:
        return "copy only"
    if not copy.failed:
        if reading.failed:
            # The planner computes what no row comes to; an error on the side of caution.
            assert is_about_data(reading.error), f"only reading fails: {reading.error!r}"
            return "only reading fails"
        assert differing(reading, copy) == {}
        return "same"
    if not reading.failed:
        assert await is_stricter(url, script, copy), f"only the copy fails: {copy.error!r}"
        return "stricter"
    return "both fail"


def is_about_data(error: Exception | None) -> bool:
    """Tell whether an error is of class 22, data exceptions."""
    return isinstance(error, psycopg.DataError)


def differing(one: Outcome, other: Outcome) -> dict[str, object]:
    """Return the rows of tables that differ."""
    assert one.rows is not None
    assert other.rows is not None
    names = {*one.rows, *other.rows}
    pairs = {name: (one.rows.get(name), other.rows.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


async def is_stricter(url: DatabaseUrl, script: str, copy: Outcome) -> bool:
    """Tell whether a copy refuses what is gone in the end, or what no row comes to.

    Unique constraints are checked row by row there, and values of rows that change again or go are computed.
    So the rules up to the one that failed there, or those before it, fail while reading, too, or that one
    does nothing.
    """
    assert isinstance(copy.error, EngineError)
    if "line" not in copy.error.details:
        return False
    texts = [rule.text for rule in rules_of(script).rules]
    until = next(
        place for place, rule in enumerate(rules_of(script).rules) if rule.line == copy.error.details["line"]
    )
    reading, _ = await both(url, ";\n".join(texts[: until + 1]))
    if reading.failed or reading.hazards or "duplicate key" in copy.error.message:
        return True
    script = ";\n".join(texts[:until]) or NOTHING
    held, _ = await both(url, script)
    if held.failed:
        return True
    before = await in_a_copy(url, rules_of(script))
    return not before.failed and differing(reading, before) == {}


SEEDS = st.integers(0, 1 << 32)


@given(SEEDS, st.lists(SEEDS, min_size=1, max_size=SCRIPTS))
@settings(max_examples=EXAMPLES)
def test_generated_rules_give_the_same_rows_both_ways(
    emptied: DatabaseUrl, seed: int, more: list[int]
) -> None:
    made = database(Random(seed))
    note("\n".join((*made.statements, *made.attempts)))
    fill(emptied, made)
    for one in more:
        script = Writer(Random(one), made.tables).script()
        note(f"--- {script}")
        event(anyio.run(compare, emptied, script))
