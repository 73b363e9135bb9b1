"""How our programs and drivers reach one database: everything that a URL says, and no secret in sight."""

import re
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from traceback import clear_frames
from typing import TYPE_CHECKING

from ...model.errors import ConfigInvalid
from ...model.secret import Secret
from ...model.target import Limits
from ...model.url import DatabaseUrl
from ..lease import leased_directory, write_private
from .errors import translated

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

SERVICE = "snapharbor"

# Options of other drivers that mean nothing to libpq, and that URLs in the field carry.
FOREIGN = re.compile(
    r"pool_\w+|connection_limit|pgbouncer|statement_cache_\w+|description_cache_\w+|prepared_statement\w*|"
    r"default_query_exec_mode|prefer_simple_protocol|binary_parameters|statement_timeout"
)
# Options of libpq that would lead elsewhere or are ours to say.
OURS = frozenset(
    ("service", "servicefile", "password", "passfile", "dbname", "host", "port", "user", "hostaddr")
)

KEEPALIVES: Mapping[str, str] = {
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}


@dataclass(frozen=True, slots=True)
class Session:
    """What a client program needs: `conninfo` for --dbname, `environment` beside its own."""

    conninfo: str
    environment: Mapping[str, str]
    secrets: tuple[Secret, ...]


@contextmanager
def session(url: DatabaseUrl, limits: Limits, working_directory: Path) -> Generator[Session]:
    """Write a private service file for client programs, and remove it at the end.

    The file stands in a 0700 directory below `working_directory`/tmp; what a killed process left of
    its own is removed here.

    Raises:
        ConfigInvalid: the URL has an option that PostgreSQL does not know.
    """
    values = parameters(url, limits)
    database, password = values.pop("dbname"), values.pop("password", None)
    with leased_directory(working_directory / "tmp", "session") as directory:
        if password is not None:
            # A password file and not the service file: it takes any length and any blank.
            escaped = re.sub(r"([\\:])", r"\\\1", _printable("password", password))
            values["passfile"] = str(write_private(directory / "pass", f"*:*:*:*:{escaped}\n"))
        lines = [f"{key}={_bare(key, value)}" for key, value in values.items()]
        file = write_private(directory / "service", "\n".join((f"[{SERVICE}]", *lines, "")))
        quoted = re.sub(r"(['\\])", r"\\\1", database)
        yield Session(
            conninfo=f"service={SERVICE} dbname='{quoted}'",
            environment={"PGSERVICEFILE": str(file), "PGCLIENTENCODING": "UTF8"},
            secrets=(url.password,) if url.password else (),
        )


def parameters(url: DatabaseUrl, limits: Limits) -> dict[str, str]:
    """Return libpq's parameters for a URL, the password among them.

    Raises:
        ConfigInvalid: it has an option that libpq does not know.
    """
    known = _known_options()
    options = {key: value for key, value in url.options.items() if not FOREIGN.fullmatch(key)}
    for key in options:
        if key not in known:
            raise ConfigInvalid(
                f"the database URL has an unknown option `{key[:40]}`",
                "Use the options of libpq, such as sslmode, sslrootcert or connect_timeout.",
            )
    found: dict[str, str] = {
        **KEEPALIVES,
        "connect_timeout": str(limits.connect_timeout),
        "application_name": "snapharbor",
        **options,
        "host": url.host,
        "port": str(url.port),
        "user": url.user,
        "dbname": url.database,
    }
    if url.password is not None:
        found["password"] = url.password.reveal()
    return {key: value for key, value in found.items() if value != ""}


def settings(limits: Limits, version: int, *, read_only: bool = True) -> tuple[str, ...]:
    """Return the statements that make output the same whatever the server's defaults, as pg_dump does.

    Args:
        limits: Lock and statement time-outs.
        version: The server's version as libpq numbers it, such as 150018.
        read_only: Refuse to write.
    """
    wanted = {
        "client_encoding": "UTF8",
        "datestyle": "ISO",
        "intervalstyle": "postgres",
        "extra_float_digits": "3",
        "row_security": "off",
        "synchronize_seqscans": "off",
        "search_path": "",
        "lock_timeout": f"{limits.lock_timeout}s",
        "statement_timeout": f"{limits.statement_timeout}s",
        "idle_in_transaction_session_timeout": "0",
        "default_transaction_read_only": "on" if read_only else "off",
    }
    newer = (
        (110000, "jit", "off"),
        (140000, "idle_session_timeout", "0"),
        (170000, "transaction_timeout", "0"),
    )
    wanted.update((name, value) for since, name, value in newer if version >= since)
    return tuple(f"SET {name} = '{value}'" for name, value in wanted.items())


@asynccontextmanager
async def connect(
    url: DatabaseUrl, limits: Limits | None = None, *, read_only: bool = True
) -> "AsyncGenerator[AsyncConnection[TupleRow]]":
    """Open an autocommit connection with our settings; what psycopg raises inside becomes our error.

    Raises:
        DatabaseUnreachable, DatabaseRefused: nobody answers, or not us.
    """
    from psycopg.conninfo import make_conninfo

    from .connection import Connection

    limits = limits or Limits()
    conninfo = make_conninfo("", **parameters(url, limits))
    with translated():
        try:
            connection = await Connection.connect(conninfo, autocommit=True)
        except BaseException as error:
            # A cancelled attempt lives on in the traceback, and DROP DATABASE waits for its end.
            clear_frames(error.__traceback__)
            raise
        try:
            async with connection:
                wanted = settings(limits, connection.info.server_version, read_only=read_only)
                await connection.execute("; ".join(wanted).encode())
                yield connection
        finally:
            # Whoever is cancelled does not come to the end of a rollback, nor the driver to closing.
            await connection.close()


def wants_tls(url: DatabaseUrl) -> bool:
    """Tell whether the URL insists on an encrypted connection."""
    return url.options.get("sslmode") in ("require", "verify-ca", "verify-full")


@cache
def _known_options() -> frozenset[str]:
    from psycopg.pq import Conninfo

    return frozenset(option.keyword.decode() for option in Conninfo.get_defaults()) - OURS


def _printable(key: str, value: str) -> str:
    if any(sign in value for sign in "\r\n\0"):
        raise ConfigInvalid(f"the `{key}` of the database URL holds a line break")
    return value


def _bare(key: str, value: str) -> str:
    """Return a value as it may stand in a service file, which drops blanks at the end of a line."""
    if value != value.rstrip():
        raise ConfigInvalid(f"the `{key}` of the database URL ends with a blank")
    return _printable(key, value)
