"""The page about rights is true: its blocks run as they stand, and give what they promise and no more."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import pytest
import support.postgres
from anyio import to_thread
from support.captured import Captured, capture
from support.postgres import PRIVILEGES, NewDatabase, Postgres, Reader, connect, execute, page_block, query
from support.workplace import settings_in

from snapharbor.engine.database.postgres.database import PostgresDatabase
from snapharbor.engine.database.postgres.housekeeper import PostgresHousekeeper
from snapharbor.engine.database.postgres.identify import identify
from snapharbor.engine.model.errors import PrivilegeMissing, SourceUnsuitable
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.target import Limits, Selection
from snapharbor.engine.model.url import DatabaseUrl

TABLES = """
CREATE SCHEMA "Odd ""s"" schema";
CREATE TABLE "Odd ""s"" schema".person (id serial PRIMARY KEY, name text);
INSERT INTO "Odd ""s"" schema".person (name) VALUES ('Ada');
CREATE TABLE thing (id int GENERATED ALWAYS AS IDENTITY);
SELECT lo_from_bytea(0, 'content');
"""
EVERYTHING = Selection(use_default_schema=False)
ROW_SECURITY = "ALTER TABLE thing ENABLE ROW LEVEL SECURITY"


async def read(url: DatabaseUrl, directory: Path) -> Captured:
    async with PostgresDatabase(url, settings_in(directory)).view(EVERYTHING, Limits()) as view:
        return await to_thread.run_sync(capture, view)


@pytest.fixture
def bare_reader(postgres: Postgres) -> Callable[[DatabaseUrl], DatabaseUrl]:
    """Return a role of the page's name without any grant yet."""

    def make(url: DatabaseUrl) -> DatabaseUrl:
        if not query(url, "SELECT FROM pg_roles WHERE rolname = 'snapharbor_reader'"):
            execute(url, page_block("role"))
        password = token_hex(8)
        execute(url, f"ALTER ROLE snapharbor_reader NOBYPASSRLS PASSWORD '{password}'")
        return replace(url, user="snapharbor_reader", password=Secret(password))

    return make


async def test_the_reader_s_rights_read_everything_and_write_nothing(
    new_database: NewDatabase, reader: Reader, each_postgres: Postgres, tmp_path: Path
) -> None:
    url = reader(new_database(TABLES, server=each_postgres))
    captured = await read(url, tmp_path)
    assert captured.manifest.rows == 1
    assert not (await identify(url)).role_can_write


async def test_the_rights_hold_for_tables_that_are_made_later(
    new_database: NewDatabase, reader: Reader, tmp_path: Path
) -> None:
    url = new_database(TABLES)
    readable = reader(url)
    execute(url, "CREATE TABLE later (id serial); INSERT INTO later DEFAULT VALUES")
    assert (await read(readable, tmp_path)).manifest.rows == 2


async def test_without_the_rights_what_is_missing_is_named(
    new_database: NewDatabase, bare_reader: Callable[[DatabaseUrl], DatabaseUrl], tmp_path: Path
) -> None:
    with pytest.raises(PrivilegeMissing):
        await read(bare_reader(new_database(TABLES)), tmp_path)


async def test_one_grant_does_the_same_for_all_databases(
    new_database: NewDatabase, bare_reader: Callable[[DatabaseUrl], DatabaseUrl], tmp_path: Path
) -> None:
    url = new_database(TABLES, "SELECT lo_unlink(oid) FROM pg_largeobject_metadata")
    readable = bare_reader(url)
    execute(url, page_block("read-all"))
    try:
        assert (await read(readable, tmp_path)).manifest.rows == 1
        assert not (await identify(readable)).role_can_write
    finally:
        execute(url, "REVOKE pg_read_all_data FROM snapharbor_reader")


async def test_row_security_is_refused_until_the_role_sees_every_row(
    new_database: NewDatabase, reader: Reader, tmp_path: Path
) -> None:
    url = new_database(TABLES, ROW_SECURITY, "INSERT INTO thing DEFAULT VALUES")
    readable = reader(url)
    with pytest.raises(SourceUnsuitable):
        await read(readable, tmp_path)
    execute(url, page_block("row-security"))
    try:
        assert (await read(readable, tmp_path)).manifest.rows == 2
    finally:
        execute(url, "ALTER ROLE snapharbor_reader NOBYPASSRLS")


async def test_the_identifier_can_be_granted_to_the_role_alone(
    new_database: NewDatabase, reader: Reader
) -> None:
    url = new_database()
    readable = reader(url)
    execute(url, "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
    assert (await identify(readable)).system.startswith("start-")
    execute(url, page_block("identity"))
    assert (await identify(readable)).system.isdigit()


async def test_the_loader_may_end_the_sessions_of_others_once_it_is_allowed_to(
    new_database: NewDatabase, reader: Reader, loader: DatabaseUrl, postgres: Postgres
) -> None:
    somebody = reader(new_database())
    housekeeper, place, fresh = PostgresHousekeeper(loader), f"p_{token_hex(4)}", f"f_{token_hex(4)}"
    await housekeeper.create(place, "old")
    await housekeeper.create(fresh, "fresh")
    with connect(somebody.on(place)):
        with pytest.raises(PrivilegeMissing):
            await housekeeper.swap(fresh, place, over="ours", previous=None, note="new")
        execute(postgres.url, page_block("signal"))
        await housekeeper.swap(fresh, place, over="ours", previous=None, note="new")
    execute(postgres.url, "REVOKE pg_signal_backend FROM snapharbor_loader")
    await housekeeper.drop(place)


def test_every_block_of_the_page_is_tested() -> None:
    blocks = PRIVILEGES.read_text().count("<!-- block: ")
    ours = Path(__file__).read_text() + Path(support.postgres.__file__).read_text()
    named = ("role", "reader", "read-all", "row-security", "identity", "loader", "signal")
    assert blocks == len(named) == PRIVILEGES.read_text().count("```sql")
    assert all(f'page_block("{name}")' in ours for name in named)
