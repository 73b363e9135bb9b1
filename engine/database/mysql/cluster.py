"""A private MySQL or MariaDB server for the copies that rules change.

Its socket stands in a directory that only its owner may enter, its password is random, and there is no
network. It trades durability for speed: it is meant to be thrown away.
"""

import json
import os
import secrets
import signal
import socket
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...model.errors import EngineError, SpaceExhausted
from ...model.secret import Secret
from ...model.url import DatabaseUrl
from ...tasks import in_thread
from ..account import Account, fitting_account
from ..lease import leased_directory, remove, write_private
from ..private import await_end, await_start, from_template, install, meant
from ..process import environment, mortal, spawn_detached
from .errors import one_line
from .servers import Installed
from .session import listening

PREFIX = "mysqld"
ADDRESS = "mysqld.json"
SOCKET = "mysqld.sock"
USER = "root"
STOP_SECONDS = 10.0

# Nothing here survives a power cut, nothing runs by itself, and no statement reaches a log.
SETTINGS = (
    *("skip-networking", "skip-log-bin", "skip-name-resolve", "skip-innodb-doublewrite"),
    *("innodb-flush-method=nosync", "innodb-flush-log-at-trx-commit=0", "innodb-buffer-pool-size=256M"),
    *("performance-schema=OFF", "event-scheduler=OFF", "local-infile=OFF", "general-log=OFF"),
    *("slow-query-log=OFF", "max-allowed-packet=1G", "loose-mysqlx=OFF", "loose-lower-case-table-names=0"),
    *("loose-regexp-time-limit=0", "loose-regexp-stack-limit=1000000000"),
)
SMALL = ("loose-innodb-log-file-size=4M", "loose-innodb-redo-log-capacity=8M", "innodb-buffer-pool-size=16M")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running private server. `directory` holds all of it but its socket."""

    directory: Path
    host: str
    password: Secret

    def url(self, database: str = "mysql") -> DatabaseUrl:
        """Return the URL of one of its databases, as its superuser."""
        return DatabaseUrl("mysql", self.host, 3306, USER, database, self.password)


@contextmanager
def throwaway_cluster(server: Installed, parent: Path, *, templates: Path) -> Generator[Cluster]:
    """Run a private server for as long as the block; blocking.

    Whatever ends this process, the server ends with it or at the next start, and its data goes with it.

    Args:
        server: Its programs.
        parent: Where its directory is made; abandoned ones of its kind are removed from there.
        templates: Where prepared data directories are kept, to start in a fraction of the time.

    Raises:
        DatabaseFailed: it does not start; the message has the end of its log.
        SpaceExhausted: the disk is full.
    """
    account = fitting_account()
    with leased_directory(account.place(parent), PREFIX, destroy=destroy) as directory:
        yield _create(account.own(directory), server, account=account, templates=templates)


@asynccontextmanager
async def ephemeral_cluster(server: Installed, parent: Path, *, templates: Path) -> AsyncGenerator[Cluster]:
    """Run a private server for as long as the block; see `throwaway_cluster`.

    Raises:
        SpaceExhausted: its disk, which is ours, is full.
        DatabaseUnreachable: it ended before the block did.
    """
    async with in_thread(throwaway_cluster(server, parent, templates=templates)) as cluster:
        try:
            yield cluster
        except EngineError as error:
            raise _meant(error, cluster) from None


def destroy(directory: Path) -> None:
    """Stop the server of a directory, if it runs, and remove all of it; blocking."""
    with suppress(FileNotFoundError):
        cluster = _cluster(directory)
        # The socket is in a private directory, so who answers there is the server, and the pid is its.
        if _answers(cluster):
            _end(int((directory / "pid").read_text()), cluster)
        remove(Path(cluster.host))
    remove(directory)


def _create(directory: Path, server: Installed, *, account: Account, templates: Path) -> Cluster:
    sockets = account.own(Path(tempfile.mkdtemp(prefix="snapharbor-")))
    password = secrets.token_hex(24)
    write_private(directory / ADDRESS, json.dumps({"host": str(sockets), "password": password}))
    _prepare(directory, server, account=account, templates=templates)
    nothing = _private(directory / "files", account)
    change = f"ALTER USER {USER}@localhost IDENTIFIED BY '{password}';\n"
    first = account.own(write_private(directory / "first.sql", change))
    argv: list[str | Path] = [
        *account.prefix,
        *mortal("KILL"),
        server.program,
        "--no-defaults",
        *(f"--{setting}" for setting in SETTINGS),
        *(f"--datadir={directory / 'data'}", f"--socket={sockets / SOCKET}", f"--init-file={first}"),
        *(f"--pid-file={directory / 'pid'}", f"--secure-file-priv={nothing}"),
        f"--tmpdir={_private(directory / 'tables', account)}",
    ]
    pid = spawn_detached(argv, log=directory / "log", cwd=Path("/"), env=environment())
    cluster = _cluster(directory)
    await_start(pid, directory / "log", ready=partial(_answers, cluster), said=one_line)
    return cluster


def _prepare(directory: Path, server: Installed, *, account: Account, templates: Path) -> None:
    """Put `data` into a directory: made once per version, copied ever after."""
    make = partial(_install, server=server, account=account)
    if account.foreign:
        make(directory)
    else:
        from_template(directory, templates / f"{server.product.lower()}-{server.version}", make)


def _install(directory: Path, server: Installed, account: Account) -> None:
    # Every server removes the temporary tables that it finds at its start, whosever they are.
    tables = _private(directory / "tables", account)
    places = (f"--datadir={directory / 'data'}", f"--tmpdir={tables}")
    argv = [*account.prefix, *server.install, *places, *(f"--{setting}" for setting in SMALL)]
    install(argv, said=one_line)


def _private(directory: Path, account: Account) -> Path:
    directory.mkdir(mode=0o700, exist_ok=True)
    return account.own(directory)


def _cluster(directory: Path) -> Cluster:
    address = json.loads((directory / ADDRESS).read_text())
    return Cluster(directory, str(address["host"]), Secret(str(address["password"])))


def _answers(cluster: Cluster) -> bool:
    import pymysql

    connection = pymysql.connect(user=USER, password=cluster.password.reveal(), defer_connect=True)
    try:
        # The driver would leave a socket open that nobody listens at any more.
        with socket.socket(socket.AF_UNIX) as reaching:
            reaching.settimeout(5)
            reaching.connect(f"{cluster.host}/{SOCKET}")
            connection.connect(reaching)
            connection.close()
    except (pymysql.MySQLError, OSError):
        return False
    return True


def _end(pid: int, cluster: Cluster) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    await_end(partial(listening, f"{cluster.host}/{SOCKET}"), STOP_SECONDS)


def _meant(error: EngineError, cluster: Cluster) -> EngineError:
    from_server = not {"errno", "program"}.isdisjoint(error.details)
    full = isinstance(error, SpaceExhausted) and from_server
    return meant(error, cluster.directory / "log", full=full, answers=partial(_answers, cluster))
