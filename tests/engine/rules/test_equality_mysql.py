"""On MariaDB, too, running rules while reading gives what running them in a copy gives, or it is not done."""

import re
from collections.abc import Generator
from pathlib import Path

import pytest
from support.equality_mysql import Both, by_table, rules_of
from support.mysql import MysqlServer, NewSchema

from snapharbor.engine.database.mysql import slices
from snapharbor.engine.model.errors import RuleFailed
from snapharbor.engine.model.url import DatabaseUrl

pytestmark = [pytest.mark.server, pytest.mark.both_products]
HERE = Path(__file__).parent
NAME = "equality_mysql"
OTHERS = {
    "div_precision_increment": 9,
    "lc_time_names": "de_DE",
    "default_week_format": 3,
    "sql_mode": "ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES",
}
# Where MariaDB stores the current moment.
REFUSED_BY_MYSQL = ("UPDATE clocked SET at = NULL",)
SCHEMA = (HERE / "equality_mysql_schema.sql").read_text()


def cases(section: str) -> list[str]:
    """Return the scripts of one section of equality_mysql.sql: each is a paragraph."""
    text = (HERE / "equality_mysql.sql").read_text()
    found = re.search(rf"^-- {section}: .*?\n\n(.*?)(?=^-- \w+: |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return [paragraph for paragraph in re.split(r"\n\n+", found[1].strip()) if paragraph]


@pytest.fixture
def both(mysql: MysqlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Both:
    # Small pieces, so that tables are read in several.
    monkeypatch.setattr(slices, "SLICE_BYTES", 8192)
    return Both(mysql, tmp_path)


@pytest.fixture(scope="module")
def source(mysql: MysqlServer) -> Generator[DatabaseUrl]:
    """Return a database with one of everything; nothing here changes it."""
    mysql.query(f"CREATE DATABASE {NAME}")
    mysql.load(NAME, SCHEMA.encode())
    yield mysql.url.on(NAME)
    mysql.query(f"DROP DATABASE {NAME}")


@pytest.mark.parametrize("text", cases("same"))
async def test_both_ways_give_the_same_rows(
    source: DatabaseUrl, new_schema: NewSchema, both: Both, text: str
) -> None:
    # MySQL has no MD5 any more.
    rules = rules_of(text if both.mariadb else text.replace("md5(p.s)", "sha2(p.s, 256)"))
    reading, copy = await both.while_reading(source, rules), await both.in_a_copy(new_schema(SCHEMA), rules)
    assert reading.hazards == ()
    assert (reading.error, copy.error) == (None, None)
    assert by_table(reading) == by_table(copy)


async def test_what_the_server_has_by_default_changes_nothing(
    source: DatabaseUrl, mysql: MysqlServer, both: Both
) -> None:
    rules = rules_of("UPDATE plain SET t = concat(i / 7, dayname(m), week(m)) WHERE \"a\" = 'a'")
    usual = await both.while_reading(source, rules)
    before = {name: mysql.query(f"SELECT @@global.{name}")[0][0] for name in OTHERS}
    try:
        for name, value in OTHERS.items():
            mysql.query(f"SET GLOBAL {name} = {value!r}")
        assert by_table(await both.while_reading(source, rules)) == by_table(usual)
    finally:
        for name, value in before.items():
            mysql.query(f"SET GLOBAL {name} = {value!r}")


@pytest.mark.parametrize("text", cases("copy"))
async def test_what_could_differ_is_not_done_while_reading(
    source: DatabaseUrl, both: Both, text: str
) -> None:
    if "kept" in text and not both.mariadb:
        pytest.skip("MySQL keeps no history of tables")
    reading = await both.while_reading(source, rules_of(text))
    assert reading.hazards, (reading.error, "was done while reading")


@pytest.mark.parametrize("text", cases("fail"))
async def test_what_fails_in_a_copy_fails_while_reading(
    source: DatabaseUrl, new_schema: NewSchema, both: Both, text: str
) -> None:
    rules = rules_of(text)
    reading, copy = await both.while_reading(source, rules), await both.in_a_copy(new_schema(SCHEMA), rules)
    assert copy.failed
    assert reading.hazards == ()
    assert isinstance(reading.error, RuleFailed), reading


@pytest.mark.parametrize("text", cases("stricter"))
async def test_what_only_a_copy_refuses_is_right_in_the_end(
    source: DatabaseUrl, new_schema: NewSchema, both: Both, text: str
) -> None:
    rules = rules_of(text)
    reading, copy = await both.while_reading(source, rules), await both.in_a_copy(new_schema(SCHEMA), rules)
    assert copy.failed
    assert reading.rows is not None


@pytest.mark.parametrize("text", cases("careful"))
async def test_what_a_copy_would_quietly_change_is_refused_while_reading(
    source: DatabaseUrl, new_schema: NewSchema, both: Both, text: str
) -> None:
    rules = rules_of(text)
    reading, copy = await both.while_reading(source, rules), await both.in_a_copy(new_schema(SCHEMA), rules)
    assert (copy.rows is not None) == (both.mariadb or text not in REFUSED_BY_MYSQL)
    assert isinstance(reading.error, RuleFailed)
