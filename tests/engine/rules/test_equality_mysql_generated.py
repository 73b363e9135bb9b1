"""On MariaDB, too: rules that nobody wrote give the same rows both ways."""

from collections.abc import Sequence
from contextlib import suppress
from random import Random

import anyio
import pymysql
import pytest
from hypothesis import event, given, note, settings
from hypothesis import strategies as st
from support.equality import Outcome
from support.equality_mysql import Both, rules_of
from support.generated_mysql import Table, script, table
from support.mysql import MysqlServer

from snapharbor.engine.model.errors import EngineError, RuleFailed, RuleRefused
from snapharbor.engine.model.url import DatabaseUrl

pytestmark = [pytest.mark.server, pytest.mark.both_products]
EXAMPLES, SCRIPTS = 8, 3
NAMES = ("a", "b c")
SOURCE, COPY = "generated_source", "generated_copy"


class Pair:
    """Two databases that hold the same: one to read, one to change."""

    def __init__(self, server: MysqlServer, both: Both) -> None:
        self._server, self._both = server, both

    def fill(self, name: str, tables: Sequence[Table]) -> DatabaseUrl:
        """Make a database anew."""
        self._server.query(f"DROP DATABASE IF EXISTS {name}")
        self._server.query(f"CREATE DATABASE {name}")
        with self._server.connect(name) as connection, connection.cursor() as cursor:
            cursor.execute("SET sql_mode = 'ALLOW_INVALID_DATES'")
            for table_ in tables:
                cursor.execute(table_.definition)
                for row in table_.rows:
                    with suppress(pymysql.Error):
                        cursor.execute(row)
        return self._server.url.on(name)

    async def reading(self, text: str) -> Outcome:
        """Read the source through rules."""
        return await self._both.while_reading(self._server.url.on(SOURCE), rules_of(text))

    async def compare(self, tables: Sequence[Table], text: str) -> str:
        """Compare both ways, and say what came of it."""
        try:
            reading = await self.reading(text)
        except EngineError:
            return "refused"
        if reading.hazards and reading.rows is None:
            return "copy only"
        if isinstance(reading.error, RuleRefused):
            return "refused"
        copy = await self._both.in_a_copy(self.fill(COPY, tables), rules_of(text))
        if reading.failed:
            assert isinstance(reading.error, RuleFailed), reading.error
            return "both fail" if copy.failed else f"only reading fails: {reading.error.message[-40:]}"
        if copy.failed:
            assert reading.hazards or await self.is_stricter(text, copy), copy.error
            return "stricter"
        assert reading.rows is not None
        assert copy.rows is not None
        differing = {
            name: (rows, copy.rows[name]) for name, rows in reading.rows.items() if rows != copy.rows[name]
        }
        assert differing == {}
        return "partly the same" if reading.hazards else "same"

    async def is_stricter(self, text: str, copy: Outcome) -> bool:
        """Tell whether a copy refuses what is gone in the end.

        Unique keys are checked row by row there, and values of rows that change again or go are computed. So
        the rules up to the one that failed there fail while reading, too.
        """
        assert isinstance(copy.error, EngineError)
        if "dup entry" in copy.error.message or "Duplicate" in copy.error.message:
            return True
        rules = rules_of(text).rules
        until = next(place for place, rule in enumerate(rules) if rule.line == copy.error.details["line"])
        reading = await self.reading(";\n".join(rule.text for rule in rules[: until + 1]))
        return reading.failed or bool(reading.hazards)


@pytest.fixture(scope="module")
def pair(mysql: MysqlServer, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Pair(mysql, Both(mysql, tmp_path_factory.mktemp("generated")))


SEEDS = st.integers(0, 1 << 32)


@given(SEEDS, st.lists(SEEDS, min_size=1, max_size=SCRIPTS))
@settings(max_examples=EXAMPLES)
def test_generated_rules_give_the_same_rows_both_ways(pair: Pair, seed: int, more: list[int]) -> None:
    tables = [table(Random(seed + place), name) for place, name in enumerate(NAMES)]
    note(";\n".join(text for one in tables for text in (one.definition, *one.rows)))
    pair.fill(SOURCE, tables)
    for one in more:
        text = script(Random(one), tables)
        note(f"--- {text}")
        event(anyio.run(pair.compare, tables, text))
