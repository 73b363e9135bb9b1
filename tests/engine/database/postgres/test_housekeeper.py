"""Databases change places in one step, with people at work on them, and nothing else is ever touched."""

from dataclasses import replace
from secrets import token_hex

import anyio
import psycopg
import pytest
from support.postgres import NewDatabase, Postgres, connect, execute, query

from snapharbor.engine.database.postgres.housekeeper import PostgresHousekeeper
from snapharbor.engine.model.errors import (
    ArgumentInvalid,
    DatabaseRefused,
    DatabaseUnreachable,
    DestinationProtected,
    PrivilegeMissing,
)
from snapharbor.engine.model.url import DatabaseUrl

DATABASES = """
SELECT datname, datallowconn, datconnlimit, shobj_description(oid, 'pg_database') FROM pg_database ORDER BY 1
"""
HOSTILE = ['quo"te', "apo'strophe", "line\nbreak", "-dash", "🐘", "x" * 63, "Mixed Case;"]


def has(url: DatabaseUrl, name: str) -> bool:
    return query(url.on("postgres"), f"SELECT count(*) FROM pg_database WHERE datname = '{name}'") == [(1,)]


async def test_sessions_are_counted(new_database: NewDatabase) -> None:
    url = new_database()
    housekeeper = PostgresHousekeeper(url)
    assert await housekeeper.sessions(url.database) == 0
    with connect(url), connect(url):
        assert await housekeeper.sessions(url.database) == 2


async def test_a_swap_ends_sessions_even_of_those_who_come_back_at_once(
    new_database: NewDatabase, each_postgres: Postgres
) -> None:
    url = new_database("CREATE TABLE old ()", server=each_postgres)
    housekeeper, fresh = PostgresHousekeeper(url), f"fresh_{token_hex(4)}"
    await housekeeper.create(fresh, "fresh")
    came = anyio.Event()

    async def stubborn() -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    f"host={url.host} port={url.port} user={url.user}",
                    dbname=url.database,
                    password=url.password.reveal() if url.password else "",
                ) as connection:
                    came.set()
                    await connection.execute("SELECT pg_sleep(600)")
            except psycopg.OperationalError:
                pass

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(stubborn)
        await came.wait()
        await housekeeper.swap(fresh, url.database, over="theirs", previous=None, note="new")
        tasks.cancel_scope.cancel()
    assert query(url, "SELECT to_regclass('old')") == [(None,)]
    assert await housekeeper.ours(url.database) == "new"


async def test_a_swap_that_cannot_have_the_place_leaves_all_as_it_was(
    new_database: NewDatabase, loader: DatabaseUrl
) -> None:
    """The place belongs to somebody else, whose sessions this role may not end either."""
    url = new_database("CREATE TABLE precious ()")
    housekeeper, fresh = PostgresHousekeeper(loader), f"fresh_{token_hex(4)}"
    await housekeeper.create(fresh, "fresh")
    before = query(url, DATABASES)
    with connect(url) as session:
        with pytest.raises(PrivilegeMissing):
            await housekeeper.swap(fresh, url.database, over="theirs", previous=None, note="new")
        assert session.execute("SELECT 1").fetchall() == [(1,)]
    with pytest.raises(PrivilegeMissing):
        await housekeeper.swap(fresh, url.database, over="theirs", previous=None, note="new")
    assert query(url, DATABASES) == before
    await housekeeper.drop(fresh)


async def test_a_swap_that_is_cancelled_leaves_all_as_it_was(new_database: NewDatabase) -> None:
    url = new_database("CREATE TABLE precious ()")
    housekeeper, fresh = PostgresHousekeeper(url), f"fresh_{token_hex(4)}"
    await housekeeper.create(fresh, "fresh")
    before = query(url, DATABASES)
    with connect(url.on("postgres")) as other, other.transaction():
        other.execute(f'COMMENT ON DATABASE "{url.database}" IS NULL'.encode())
        with anyio.move_on_after(0.5) as scope:
            await housekeeper.swap(fresh, url.database, over="theirs", previous=None, note="new")
    assert scope.cancelled_caught
    assert query(url, DATABASES) == before
    await housekeeper.drop(fresh)


@pytest.mark.parametrize(
    "name", ['quo"te', "apo'strophe", "line\nbreak", "-dash", "🐘", "x" * 63, "Mixed Case;"]
)
async def test_names_of_every_kind_are_made_copied_swapped_and_dropped(postgres: Postgres, name: str) -> None:
    housekeeper, side = PostgresHousekeeper(postgres.url), f"side_{token_hex(4)}"
    await housekeeper.create(name, 'it\'s "ours" \\ 🐘')
    await housekeeper.create(side, "side", template=name)
    await housekeeper.swap(side, name, over="ours", previous=None, note="swapped")
    assert await housekeeper.list(name) == {name: "swapped"}
    await housekeeper.drop(name)
    assert not await housekeeper.exists(name)


@pytest.mark.parametrize("name", ["", "x" * 64, "é" * 32, "nul\0"])
async def test_a_name_that_would_be_cut_is_refused(postgres: Postgres, name: str) -> None:
    with pytest.raises(ArgumentInvalid):
        await PostgresHousekeeper(postgres.url).create(name, "note")


@pytest.mark.parametrize("name", ["postgres", "template0", "template1"])
async def test_the_server_s_own_databases_are_out_of_reach(postgres: Postgres, name: str) -> None:
    housekeeper, fresh = PostgresHousekeeper(postgres.url), f"fresh_{token_hex(4)}"
    await housekeeper.create(fresh, "fresh")
    with pytest.raises(DestinationProtected):
        await housekeeper.swap(fresh, name, over="theirs", previous=None, note="new")
    with pytest.raises(DestinationProtected):
        await housekeeper.drop(name)
    await housekeeper.drop(fresh)


async def test_a_comment_of_somebody_else_is_not_our_mark(new_database: NewDatabase) -> None:
    url = new_database()
    execute(url, f"COMMENT ON DATABASE \"{url.database}\" IS 'made by snapharbor: or so'")
    assert await PostgresHousekeeper(url).ours(url.database) is None


async def test_what_was_cut_off_while_it_was_made_is_ours(postgres: Postgres) -> None:
    """CREATE DATABASE and COMMENT cannot be one transaction; a kill may come between them."""
    name = f"snapharbor_l_{token_hex(4)}"
    execute(postgres.url, f"CREATE DATABASE {name} ALLOW_CONNECTIONS false")
    housekeeper = PostgresHousekeeper(postgres.url)
    assert await housekeeper.ours(name) is not None
    await housekeeper.drop(name)
    assert not has(postgres.url, name)


async def test_dropping_and_copying_end_the_sessions_in_the_way(postgres: Postgres) -> None:
    housekeeper, name, copy = PostgresHousekeeper(postgres.url), f"t_{token_hex(4)}", f"c_{token_hex(4)}"
    await housekeeper.create(name, "template")
    with connect(postgres.cluster.url(name)):
        await housekeeper.create(copy, "copy", template=name)
    with connect(postgres.cluster.url(name)):
        await housekeeper.drop(name)
    await housekeeper.drop(copy)
    assert await housekeeper.list(name) == {}


async def test_a_role_that_may_only_make_databases_does_all_of_it(loader: DatabaseUrl) -> None:
    housekeeper, place, fresh = PostgresHousekeeper(loader), f"p_{token_hex(4)}", f"f_{token_hex(4)}"
    await housekeeper.create(place, "old")
    await housekeeper.create(fresh, "fresh", template=place)
    with connect(loader.on(place)):
        await housekeeper.swap(fresh, place, over="ours", previous=None, note="new")
    assert await housekeeper.list(place) == {place: "new"}
    await housekeeper.drop(place)


async def test_a_role_without_the_right_is_told(new_database: NewDatabase, loader: DatabaseUrl) -> None:
    url = new_database()
    with pytest.raises(PrivilegeMissing):
        await PostgresHousekeeper(loader).create(f"c_{token_hex(4)}", "copy", template=url.database)


async def test_the_url_s_own_database_need_not_exist(postgres: Postgres) -> None:
    housekeeper = PostgresHousekeeper(postgres.cluster.url("not_there"))
    assert (await housekeeper.server()).system.isdigit()
    assert not await housekeeper.exists("not_there")


async def test_a_server_without_its_usual_database_is_kept_by_the_other_one(postgres: Postgres) -> None:
    execute(postgres.cluster.url("template1"), "ALTER DATABASE postgres RENAME TO elsewhere")
    try:
        assert (await PostgresHousekeeper(postgres.cluster.url("x")).server()).database == "template1"
    finally:
        execute(postgres.cluster.url("template1"), "ALTER DATABASE elsewhere RENAME TO postgres")


async def test_a_server_that_is_not_there_is_named(postgres: Postgres) -> None:
    with pytest.raises(DatabaseUnreachable):
        await PostgresHousekeeper(replace(postgres.url, host="/nonexistent")).exists("x")


async def test_a_copy_of_what_is_not_there_fails_and_leaves_nothing(postgres: Postgres) -> None:
    housekeeper, name = PostgresHousekeeper(postgres.url), f"c_{token_hex(4)}"
    with pytest.raises(DatabaseRefused):
        await housekeeper.create(name, "copy", template="not_there")
    assert not await housekeeper.exists(name)
