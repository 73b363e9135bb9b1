"""How our client program and driver reach one database: all that a URL says, and no secret in sight."""

import re
import socket
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import anyio
from anyio import get_cancelled_exc_class, to_thread

from ...model.errors import ConfigInvalid
from ...model.secret import Secret
from ...model.target import Limits
from ...model.url import DatabaseUrl
from ..lease import leased_directory, write_private
from .errors import translated
from .version import Version, parse_version

if TYPE_CHECKING:
    from pymysql import Connection as Driver
    from pymysql.cursors import Cursor

Row = tuple[Any, ...]
T = TypeVar("T")

SOCKETS = ("mysqld.sock", "mysql.sock", "mariadb.sock")
WEEK = 7 * 86400

# Options of other drivers that mean nothing here, and that URLs in the field carry.
FOREIGN = re.compile(
    r"pool_\w+|connection_limit|parseTime|loc|charset|collation|(read|write|connect_?)?[tT]imeout|"
    r"allow\w+|use\w+|autoReconnect|serverTimezone|characterEncoding|interpolateParams|multiStatements|"
    r"maxAllowedPacket|statement_cache_\w+"
)
TLS = {
    "disabled": None, "false": None, "0": None, "disable": None,
    "preferred": None, "prefer": None,
    "required": "encrypt", "true": "encrypt", "1": "encrypt", "require": "encrypt", "skip-verify": "encrypt",
    "verify_ca": "ca", "verify-ca": "ca",
    "verify_identity": "identity", "verify-full": "identity", "verify-identity": "identity",
}  # fmt: skip
MODES = ("ssl-mode", "sslmode", "ssl_mode", "tls", "ssl", "useSSL")
AUTHORITIES = ("ssl-ca", "ssl_ca", "sslrootcert", "sslca")


@dataclass(frozen=True, slots=True)
class Session:
    """What a client program needs: the option file, and what to blacken in its complaints."""

    options: Path
    secrets: tuple[Secret, ...]

    @property
    def environment(self) -> Mapping[str, str]:
        """Nothing: all stands in the file."""
        return {}


@dataclass(frozen=True, slots=True)
class Reach:
    """How a URL's server is reached. `tls` is what is asked of its certificate, None without TLS."""

    host: str
    port: int
    socket: str | None
    tls: str | None
    authority: str | None


@contextmanager
def session(url: DatabaseUrl, limits: Limits, working_directory: Path) -> Generator[Session]:
    """Write a private option file for client programs, and remove it at the end.

    Raises:
        ConfigInvalid: the URL has an option that is not known.
    """
    reach = reached(url)
    values: dict[str, str] = {
        "user": url.user,
        **({"password": url.password.reveal()} if url.password is not None else {}),
        **({"socket": reach.socket} if reach.socket else {"host": reach.host, "port": str(reach.port)}),
        **({} if reach.socket else {"protocol": "TCP"}),
        "loose-connect-timeout": str(limits.connect_timeout),
        "default-character-set": "utf8mb4",
        "max-allowed-packet": "1G",
        **_tls_options(reach),
    }
    lines = [f"{key}={_quoted(key, value)}" for key, value in values.items() if value != ""]
    with leased_directory(working_directory / "tmp", "session") as directory:
        file = write_private(directory / "options", "\n".join(("[client]", *lines, "")))
        yield Session(file, (url.password,) if url.password else ())


def reached(url: DatabaseUrl) -> Reach:
    """Return how the server of a URL is reached.

    Raises:
        ConfigInvalid: it has an option that is not known.
    """
    options = {key: value for key, value in url.options.items() if not FOREIGN.fullmatch(key)}
    modes = [options.pop(key) for key in MODES if key in options]
    authorities = [options.pop(key) for key in AUTHORITIES if key in options]
    socket = options.pop("socket", options.pop("unix_socket", "")) or _socket(url.host)
    if options or any(mode.lower() not in TLS for mode in modes):
        raise ConfigInvalid(
            f"the database URL has an unknown option `{next(iter(options), 'ssl-mode')[:40]}`",
            "Use socket, ssl-mode (DISABLED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY) or ssl-ca.",
        )
    tls = TLS[modes[0].lower()] if modes else None
    return Reach(url.host, url.port, socket or None, tls, next(iter(authorities), None))


def _socket(host: str) -> str:
    """Return the socket that a host stands for if it is a path: the socket itself, or its directory."""
    if not host.startswith("/"):
        return ""
    inside = (Path(host) / name for name in SOCKETS)
    return str(next((path for path in inside if path.exists()), host))


def _tls_options(reach: Reach) -> Mapping[str, str]:
    """Return the options of both kinds of client; each ignores what is the other's."""
    if reach.tls is None:
        return {}
    modes = {"encrypt": "REQUIRED", "ca": "VERIFY_CA", "identity": "VERIFY_IDENTITY"}
    return {
        "loose-ssl": "1",
        "loose-ssl-mode": modes[reach.tls],
        "loose-ssl-verify-server-cert": str(int(reach.tls == "identity")),
        **({"ssl-ca": reach.authority} if reach.authority else {}),
    }


def _quoted(key: str, value: str) -> str:
    if any(sign in value for sign in "\r\n\0"):
        raise ConfigInvalid(f"the `{key}` of the database URL holds a line break")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def settings(limits: Limits, version: Version, *, read_only: bool = True) -> tuple[str, ...]:
    """Return the statements that make output the same whatever the server's defaults.

    Args:
        limits: Lock and statement time-outs.
        version: The server's.
        read_only: Refuse to write.
    """
    timeout = (
        f"max_statement_time = {limits.statement_timeout}"
        if version.mariadb
        else f"max_execution_time = {limits.statement_timeout * 1000}"
    )
    wanted = (
        "sql_mode = 'NO_DIR_IN_CREATE'",
        "time_zone = '+00:00'",
        "sql_quote_show_create = 1",
        "sql_safe_updates = 0",
        "sql_auto_is_null = 0",
        "sql_select_limit = DEFAULT",
        "net_read_timeout = 86400",
        "net_write_timeout = 86400",
        f"wait_timeout = {WEEK}",
        *((f"lock_wait_timeout = {limits.lock_timeout}",) if limits.lock_timeout else ()),
        *((f"innodb_lock_wait_timeout = {limits.lock_timeout}",) if limits.lock_timeout else ()),
        timeout,
    )
    access = "READ ONLY" if read_only else "READ WRITE"
    return (
        "SET NAMES utf8mb4",
        f"SET SESSION {', '.join(wanted)}",
        f"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, {access}",
    )


class Connection:
    """One connection; each call waits in a worker thread, and cancelling it closes the connection."""

    def __init__(self, driver: "Driver[Cursor]", version: Version) -> None:
        self._driver = driver
        self._busy = False
        self.version = version

    async def rows(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        """Run a statement and return its rows."""
        return await self._attended(partial(self._rows, query, values))

    async def run(self, *statements: str) -> int:
        """Run statements and return how many rows the last one touched."""
        return await self._attended(partial(self._run, statements))

    def close(self) -> None:
        """Close it, whatever it is doing; blocking for a moment."""
        with suppress(Exception):
            if self._busy:
                # Taking leave, and closing too, would wait for what another thread still reads: end that.
                cast(Any, self._driver)._sock.shutdown(socket.SHUT_RDWR)
            else:
                self._driver.close()

    async def _attended(self, work: Callable[[], T]) -> T:
        self._busy = True
        try:
            found = await to_thread.run_sync(work, abandon_on_cancel=True)
        except get_cancelled_exc_class():
            self.close()
            raise
        except Exception:
            self._busy = False
            raise
        self._busy = False
        return found

    def _rows(self, query: str, values: Sequence[object]) -> list[Row]:
        with translated(), self._driver.cursor() as cursor:
            cursor.execute(query, tuple(values) or None)
            return list(cursor.fetchall())

    def _run(self, statements: Sequence[str]) -> int:
        touched = 0
        with translated(), self._driver.cursor() as cursor:
            for statement in statements:
                touched = cursor.execute(statement)
        return touched


@asynccontextmanager
async def connect(
    url: DatabaseUrl, limits: Limits | None = None, *, read_only: bool = True, to_server: bool = False
) -> AsyncGenerator[Connection]:
    """Open an autocommit connection with our settings; `to_server` opens no database.

    Raises:
        DatabaseUnreachable, DatabaseRefused: nobody answers, or not us.
    """
    limits = limits or Limits()
    driver = await to_thread.run_sync(partial(_open, url, limits, to_server=to_server))
    connection = Connection(driver, parse_version(str(cast(Any, driver).server_version)))
    try:
        await connection.run(*settings(limits, connection.version, read_only=read_only))
        yield connection
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(connection.close)


def _open(url: DatabaseUrl, limits: Limits, *, to_server: bool) -> "Driver[Cursor]":
    import pymysql
    from pymysql.constants import CLIENT, CR

    reach = reached(url)
    with translated():
        if reach.socket and not listening(reach.socket):
            # The driver would leave the socket open that it failed to connect.
            raise pymysql.OperationalError(
                CR.CR_CONNECTION_ERROR, f"nobody listens at the socket '{reach.socket}'"
            )
        return pymysql.connect(
            host=reach.host,
            port=reach.port,
            unix_socket=reach.socket,
            user=url.user,
            password=url.password.reveal() if url.password is not None else "",
            database=None if to_server else url.database,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=limits.connect_timeout or 10,
            client_flag=CLIENT.FOUND_ROWS,
            **_certificates(reach),
        )


def listening(path: str) -> bool:
    """Tell whether somebody listens at a socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


def _certificates(reach: Reach) -> dict[str, Any]:
    """Return what the driver is told of TLS; untold, it encrypts where the server offers that."""
    import ssl

    if reach.tls is None:
        return {}
    context = ssl.create_default_context(cafile=reach.authority)
    context.check_hostname = reach.tls == "identity"
    if reach.tls == "encrypt":
        context.verify_mode = ssl.CERT_NONE
    return {"ssl": context}
