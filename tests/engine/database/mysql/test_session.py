"""One connection to a MySQL or MariaDB server, and whoever loses patience with it."""

import pytest
from anyio import to_thread
from support.mysql import MysqlServer

from snapharbor.engine.database.mysql.session import connect
from snapharbor.engine.tasks import open_tasks

pytestmark = [pytest.mark.server, pytest.mark.both_products]
LONG = "SELECT SLEEP(60)"
RUNNING = f"SELECT id FROM information_schema.processlist WHERE info = '{LONG}'"


async def test_whoever_gives_up_does_not_wait_for_the_server(mysql: MysqlServer) -> None:
    async def ask() -> None:
        async with connect(mysql.url) as connection:
            await connection.rows(LONG)

    async with open_tasks() as group:
        group.start_soon(ask)
        while not (running := await to_thread.run_sync(mysql.query, RUNNING)):
            pass
        group.cancel_scope.cancel()
    assert mysql.query(RUNNING) == running
    mysql.query(f"KILL {running[0][0]}")
