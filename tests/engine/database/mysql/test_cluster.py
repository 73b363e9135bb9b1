"""A private server ends with whoever started it, and leaves nothing behind."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from support.mysql import MysqlServer

from snapharbor.engine.database.account import fitting_account
from snapharbor.engine.database.engines import destroy
from snapharbor.engine.database.lease import reap
from snapharbor.engine.database.mysql.cluster import SOCKET, ephemeral_cluster
from snapharbor.engine.database.mysql.servers import choose_server, discover_servers
from snapharbor.engine.database.mysql.session import connect, listening
from snapharbor.engine.model.errors import ClientMissing

pytestmark = pytest.mark.both_products
KILLED = """
import anyio, os, signal, sys
from pathlib import Path
from snapharbor.engine.database.mysql.cluster import throwaway_cluster
from snapharbor.engine.database.mysql.servers import choose_server, discover_servers
from snapharbor.engine.model.settings import Programs

directory, programs = map(Path, sys.argv[2:])
found = anyio.run(discover_servers, Programs(programs, "here"))
server = choose_server(found, sys.argv[1])
with throwaway_cluster(server, directory / "tmp", templates=directory / "templates") as cluster:
    print(cluster.directory, cluster.host, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


async def test_a_server_of_its_own_lets_nobody_in_from_outside(mysql: MysqlServer, tmp_path: Path) -> None:
    server = choose_server(await discover_servers(mysql.programs), mysql.build.product)
    async with ephemeral_cluster(server, tmp_path / "tmp", templates=tmp_path / "templates") as cluster:
        places = (Path(cluster.host), cluster.directory)
        assert modes(places) == [0o700, 0o700]
        async with connect(cluster.url()) as connection:
            said = await connection.rows(
                "SELECT @@skip_networking, @@event_scheduler, @@local_infile, @@general_log, @@log_bin"
            )
            users = await connection.rows("SELECT COUNT(*) FROM mysql.user WHERE User = ''")
    assert said == [(1, "OFF", 0, 0, 0)]
    assert users == [(0,)]
    assert modes(places) == []


def modes(paths: Iterable[Path]) -> list[int]:
    """Return the modes of those that are there."""
    return [path.stat().st_mode & 0o777 for path in paths if path.exists()]


def test_what_a_killed_process_left_is_removed(mysql: MysqlServer, tmp_path: Path) -> None:
    argv = [sys.executable, "-c", KILLED, mysql.build.product, str(tmp_path), str(mysql.build.bin)]
    killed = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert killed.returncode < 0, killed.stderr
    directory, host = map(Path, killed.stdout.split())
    place = fitting_account().place(tmp_path / "tmp")
    assert directory.parent == place
    assert reap(place, "*", destroy=destroy) == (directory.name,)
    assert not directory.exists()
    assert not host.exists()
    assert not listening(str(host / SOCKET))


async def test_programs_of_another_product_are_not_taken(mysql: MysqlServer) -> None:
    servers = await discover_servers(mysql.programs)
    with pytest.raises(ClientMissing):
        choose_server(servers, "MySQL" if mysql.mariadb else "MariaDB")
