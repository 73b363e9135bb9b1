"""A private PostgreSQL server: for the ephemeral database, the tests and the demo.

Its socket stands in a directory that only its owner may enter, its password is random, and there is no
network unless a port is asked for. It trades durability for speed: it is meant to be thrown away.
"""

import json
import os
import signal
import socket
import tempfile
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...model.errors import EngineError, SpaceExhausted
from ...model.secret import Secret
from ...model.url import DatabaseUrl
from ...tasks import in_thread
from ..account import fitting_account
from ..lease import leased_directory, remove, write_private
from ..private import await_end, await_start, is_full, meant
from ..process import environment, mortal, spawn_detached
from .errors import one_line
from .prepare import prepare, reachable
from .tools import Toolbox

PREFIX = "cluster"
STOP_SECONDS = 10.0
USER = "postgres"
SOCKET_PORT = 5432
ADDRESS = "address.json"

# Nothing here survives a power cut, and no row value reaches the log.
SETTINGS: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_wal_size": "4GB",
    "max_connections": "50",
    "max_locks_per_transaction": "512",  # pg_dump holds one for every table
    "log_error_verbosity": "terse",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running private server. `directory` holds all of it but its socket."""

    directory: Path
    host: str
    port: int
    password: Secret

    def url(self, database: str = "postgres") -> DatabaseUrl:
        """Return the URL of one of its databases, as its superuser."""
        return DatabaseUrl("postgres", self.host, self.port, USER, database, self.password)


@contextmanager
def throwaway_cluster(
    tools: Toolbox,
    parent: Path,
    *,
    templates: Path | None = None,
    port: int | None = None,
    settings: Mapping[str, str] | None = None,
) -> Generator[Cluster]:
    """Run a private server for as long as the block; blocking.

    Whatever ends this process, the server ends with it or at the next start, and its data goes with it.

    Args:
        tools: The server's programs.
        parent: Where its directory is made; abandoned ones of its kind are removed from there.
        templates: Where prepared data directories are kept, to start in a fraction of the time.
        port: A loopback TCP port to listen on beside the socket.
        settings: More of the server's settings.

    Raises:
        DatabaseFailed: it does not start; the message has the end of its log.
    """
    account = fitting_account()
    with leased_directory(account.place(parent), PREFIX, destroy=destroy) as directory:
        yield create(directory, tools, templates=templates, port=port, settings=settings, lasting=False)


@asynccontextmanager
async def ephemeral_cluster(
    tools: Toolbox, parent: Path, *, templates: Path | None = None
) -> AsyncGenerator[Cluster]:
    """Run a private server for as long as the block; see `throwaway_cluster`.

    Raises:
        SpaceExhausted: its disk, which is ours, is full.
        DatabaseUnreachable: it ended before the block did.
    """
    async with in_thread(throwaway_cluster(tools, parent, templates=templates)) as cluster:
        try:
            yield cluster
        except EngineError as error:
            raise _meant(error, cluster) from None


def create(
    directory: Path,
    tools: Toolbox,
    *,
    templates: Path | None = None,
    port: int | None = None,
    settings: Mapping[str, str] | None = None,
    lasting: bool = True,
) -> Cluster:
    """Make a server in an empty directory, start it, and return when it answers; blocking.

    A lasting one runs until `destroy`, another one also ends when this process does.
    """
    account = fitting_account()
    tools = reachable(tools, account)
    prepare(account.own(directory), tools, account=account, templates=templates)
    sockets = account.own(Path(tempfile.mkdtemp(prefix="snapharbor-")))
    address = {"host": str(sockets), "port": port or SOCKET_PORT}
    write_private(directory / ADDRESS, json.dumps(address))
    wanted = {
        **SETTINGS,
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "listen_addresses": "127.0.0.1" if port else "",
        "port": str(port or SOCKET_PORT),
        **(settings or {}),
    }
    options = [f"--{name.replace('_', '-')}={value}" for name, value in wanted.items()]
    fate = () if lasting else mortal("QUIT")
    pid = spawn_detached(
        [*account.prefix, *fate, tools.program("postgres"), "-D", directory / "data", *options],
        log=directory / "log",
        cwd=Path("/"),
        env=environment(),
    )
    await_start(pid, directory / "log", ready=partial(_is_ready, directory), said=one_line)
    return _cluster(directory)


def find(directory: Path) -> Cluster | None:
    """Return the server of a directory if it runs."""
    with suppress(FileNotFoundError):
        cluster = _cluster(directory)
        if _answers(cluster):
            return cluster
    return None


def destroy(directory: Path) -> None:
    """Stop the server of a directory, if it runs, and remove all of it; blocking."""
    with suppress(FileNotFoundError):
        cluster = _cluster(directory)
        # The socket is in a private directory, so who answers there is the server, and the pid is its.
        if _answers(cluster):
            _end(int((directory / "data" / "postmaster.pid").read_text().split()[0]), cluster)
        remove(Path(cluster.host))
    remove(directory)


def _cluster(directory: Path) -> Cluster:
    address = json.loads((directory / ADDRESS).read_text())
    password = Secret((directory / "password").read_text().strip())
    return Cluster(directory, str(address["host"]), int(address["port"]), password)


def _answers(cluster: Cluster) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(f"{cluster.host}/.s.PGSQL.{cluster.port}") == 0


def _end(pid: int, cluster: Cluster) -> None:
    for number in (signal.SIGQUIT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        await_end(partial(_answers, cluster), STOP_SECONDS)


def _meant(error: EngineError, cluster: Cluster) -> EngineError:
    from_server = not {"sqlstate", "program"}.isdisjoint(error.details) or is_full(error.message)
    full = isinstance(error, SpaceExhausted) and from_server
    return meant(error, cluster.directory / "log", full=full, answers=partial(_answers, cluster))


def _is_ready(directory: Path) -> bool:
    with suppress(FileNotFoundError, IndexError):
        return (directory / "data" / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
    return False
