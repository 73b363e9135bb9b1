"""Who answers, what it may do, and whether a pooler stands in between."""

import socket
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from support.pgbouncer import pooled
from support.postgres import NewDatabase, Postgres, Reader, execute
from support.workplace import settings_in

from snapharbor.engine.database.postgres.cluster import throwaway_cluster
from snapharbor.engine.database.postgres.database import PostgresDatabase
from snapharbor.engine.database.postgres.identify import identify
from snapharbor.engine.model.errors import SourceUnsuitable
from snapharbor.engine.model.target import Limits, Selection

REVOKE = "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC"
GRANT = "GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC"


async def test_a_server_says_who_it_is(new_database: NewDatabase, each_postgres: Postgres) -> None:
    url = new_database("CREATE TABLE t AS SELECT generate_series(1, 1000)", server=each_postgres)
    server = await identify(url)
    assert (server.database, server.role, server.product) == (url.database, "postgres", "PostgreSQL")
    assert (server.major, server.version) == (each_postgres.tools.major, each_postgres.tools.version)
    assert server.role_can_write
    assert not server.standby
    assert server.bytes > 1_000_000


async def test_two_routes_to_one_database_have_one_identity(postgres: Postgres, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with throwaway_cluster(postgres.tools, tmp_path, port=port) as cluster:
        by_socket = await identify(cluster.url())
        by_network = await identify(replace(cluster.url(), host="localhost"))
        other = await identify(cluster.url("template1"))
    assert by_socket.identity == by_network.identity
    assert other.system == by_socket.system
    assert other.identity != by_socket.identity
    assert (await identify(postgres.url)).system != by_socket.system


async def test_a_role_that_only_reads_cannot_write(
    new_database: NewDatabase, reader: Reader, each_postgres: Postgres
) -> None:
    url = new_database("CREATE SCHEMA s CREATE TABLE t (id int)", server=each_postgres)
    assert not (await identify(reader(url))).role_can_write


@pytest.mark.parametrize(
    "grant",
    [
        "GRANT INSERT ON s.t TO snapharbor_reader",
        "GRANT UPDATE (id) ON s.t TO snapharbor_reader",
        "GRANT TRUNCATE ON s.t TO snapharbor_reader",
        "GRANT DELETE ON s.v TO PUBLIC",
        "GRANT CREATE ON SCHEMA s TO snapharbor_reader",
    ],
)
async def test_any_right_to_write_is_seen(new_database: NewDatabase, reader: Reader, grant: str) -> None:
    url = new_database("CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE VIEW s.v AS SELECT * FROM s.t")
    readable = reader(url)
    execute(url, grant)
    assert (await identify(readable)).role_can_write


async def test_the_right_to_make_schemas_is_seen(new_database: NewDatabase, reader: Reader) -> None:
    url = new_database()
    readable = reader(url)
    execute(url, f'GRANT CREATE ON DATABASE "{url.database}" TO snapharbor_reader')
    assert (await identify(readable)).role_can_write


async def test_a_role_that_may_not_read_the_identifier_still_tells_servers_apart(
    new_database: NewDatabase, reader: Reader
) -> None:
    url, other = new_database(), new_database()
    readable, other_readable = reader(url), reader(other)
    readable = replace(readable, password=other_readable.password)
    execute(url, REVOKE)
    execute(other, REVOKE)
    one = await identify(readable)
    assert one.system.startswith("start-")
    assert one.system == (await identify(other_readable)).system
    assert one == await identify(readable)
    execute(url, GRANT)
    assert (await identify(readable)).system.isdigit()


@pytest.mark.parametrize("mode", ["transaction", "statement"])
async def test_a_pooler_that_shares_connections_is_refused(
    new_database: NewDatabase, tmp_path: Path, mode: Literal["transaction", "statement"]
) -> None:
    with pooled(new_database(), tmp_path, mode) as url:
        for _ in range(3):
            with pytest.raises(SourceUnsuitable):
                await identify(url)
        with pytest.raises(SourceUnsuitable):
            async with PostgresDatabase(url, settings_in(tmp_path)).view(Selection(), Limits()):
                pass


async def test_a_pooler_that_keeps_sessions_is_fine(new_database: NewDatabase, tmp_path: Path) -> None:
    direct = new_database()
    with pooled(direct, tmp_path, "session") as url:
        assert await identify(url) == await identify(direct)
