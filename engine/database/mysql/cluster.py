"""A private MySQL or MariaDB server for the copies that rules change.

Its socket stands in a directory that only its owner may enter, its password is random, and there is no
network. It trades durability for speed: it is meant to be thrown away.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ...model.errors import Cancelled, DatabaseFailed, DatabaseUnreachable, EngineError, SpaceExhausted
from ...model.secret import Secret
from ...model.url import DatabaseUrl
from ...tasks import in_thread
from ..lease import leased_directory, remove, write_private
from ..postgres.account import Account, fitting_account
from ..process import environment, mortal, spawn_detached, stream
from .errors import LONGEST, one_line
from .servers import Installed
from .session import listening

PREFIX = "mysqld"
ADDRESS = "mysqld.json"
SOCKET = "mysqld.sock"
USER = "root"
START_SECONDS = 60.0
STOP_SECONDS = 10.0
PAUSE_SECONDS = 0.02
DISK_FULL = "the disk of the working directory is full"
START_HINT = "Check the free space and memory of this machine."
ENDED = "Give the machine more memory, or lower `cpus`, then run the same command again."

# Nothing here survives a power cut, nothing runs by itself, and no statement reaches a log.
SETTINGS = (
    *("skip-networking", "skip-log-bin", "skip-name-resolve", "skip-innodb-doublewrite"),
    *("innodb-flush-method=nosync", "innodb-flush-log-at-trx-commit=0", "innodb-buffer-pool-size=256M"),
    *("performance-schema=OFF", "event-scheduler=OFF", "local-infile=OFF", "general-log=OFF"),
    *("slow-query-log=OFF", "max-allowed-packet=1G", "loose-mysqlx=OFF", "loose-lower-case-table-names=0"),
)
SMALL = ("innodb-log-file-size=4M", "innodb-buffer-pool-size=16M")


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
    _wait_until_ready(_cluster(directory), pid)
    return _cluster(directory)


def _prepare(directory: Path, server: Installed, *, account: Account, templates: Path) -> None:
    """Put `data` into a directory: made once per version, copied ever after."""
    if account.foreign:
        _install(directory, server, account)
        return
    kept = templates / f"{server.product.lower()}-{server.version}"
    if not kept.exists():
        templates.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="making-", dir=templates))
        try:
            _install(fresh, server, account)
            with suppress(OSError):  # somebody else was faster, and theirs is as good
                fresh.rename(kept)
        finally:
            remove(fresh)
    try:
        shutil.copytree(kept, directory, dirs_exist_ok=True)
    except shutil.Error as error:
        raise (SpaceExhausted(DISK_FULL) if _is_full(str(error)) else error) from None


def _install(directory: Path, server: Installed, account: Account) -> None:
    # Every server removes the temporary tables that it finds at its start, whosever they are.
    tables = _private(directory / "tables", account)
    places = (f"--datadir={directory / 'data'}", f"--tmpdir={tables}")
    argv = [*account.prefix, *server.install, *places, *(f"--{setting}" for setting in SMALL)]
    with stream(argv, stdout=False) as child:
        if (done := child.wait()).code != 0:
            if _is_full(done.stderr):
                raise SpaceExhausted(DISK_FULL)
            end = one_line(done.stderr[-LONGEST:])
            raise DatabaseFailed(f"a private server cannot be made: {end}", START_HINT)


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
    deadline = time.monotonic() + STOP_SECONDS
    while listening(f"{cluster.host}/{SOCKET}") and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)


def _meant(error: EngineError, cluster: Cluster) -> EngineError:
    """Return an error as it is to be told where the server is our own: nobody has an address to correct."""
    from_server = not {"errno", "program"}.isdisjoint(error.details)
    if (isinstance(error, SpaceExhausted) and from_server) or _is_full(_log(cluster.directory)):
        return SpaceExhausted(DISK_FULL)
    if isinstance(error, Cancelled) or _answers(cluster):
        return error
    return DatabaseUnreachable("the private server ended before its work was done", ENDED)


def _is_full(complaint: str) -> bool:
    return "No space left on device" in complaint or "Errcode: 28" in complaint


def _log(directory: Path) -> str:
    return (directory / "log").read_text(errors="replace")


def _wait_until_ready(cluster: Cluster, pid: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if _answers(cluster):
            return
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            break
        time.sleep(PAUSE_SECONDS)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    log = _log(cluster.directory)
    if _is_full(log):
        raise SpaceExhausted(DISK_FULL)
    raise DatabaseFailed(f"a private server does not start: {one_line(log[-LONGEST:])}", START_HINT)
