"""Columns with the same values on the oldest and the newest PostgreSQL, on MariaDB and on MySQL, masked."""

import secrets
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

import psycopg
import pymysql
import pytest
from support.mysql import MysqlServer, StartMysql
from support.postgres import Age, Postgres, connect

from snapharbor.engine.masks.catalog import MASKS
from snapharbor.engine.masks.expression import expression
from snapharbor.engine.masks.types import Family
from snapharbor.engine.model.secret import Secret

KEY = Secret("what masks are keyed with in tests")
OTHER_KEY = Secret("another key of somebody else's tests")
# Masks that cannot do without options, or say too little without them.
WITH_OPTIONS = {
    "constant": "constant(7)",
    "json": "json('$.name', full-name, '$.contact.email', email, '$.items[*].note', redact, '$.tags', hash)",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A type as both engines spell it, how such a column is read alike, and its collation in MariaDB."""

    postgres: str
    mysql: str
    reads: tuple[str, str] = ("{}", "{}")
    collation: str = "utf8mb4_general_ci"

    @property
    def created(self) -> str:
        """Return the definition of a column in MariaDB."""
        texts = ("char", "varchar", "longtext", "text")
        collated = f" COLLATE {self.collation}" if self.mysql.startswith(texts) else ""
        return f"{self.mysql}{collated} NULL"


TEXT = Kind("text", "longtext")
VARCHAR = Kind("character varying(50)", "varchar(50)")
CHAR = Kind("character(50)", "char(50)", ("{}::text", "{}"))
JSON = Kind("jsonb", "longtext", ("{}::text", "{}"))


@dataclass(frozen=True, slots=True)
class Masked:
    """What became of a column's values, in order; `mysql` is None where there is none."""

    oldest: Sequence[object]
    newest: Sequence[object]
    mariadb: Sequence[object]
    mysql: Sequence[object] | None

    def alike(self) -> list[object]:
        """Return them, if they are the same everywhere."""
        assert self.newest == self.oldest
        assert self.mariadb == self.newest
        assert self.mysql in (None, self.newest)
        return list(self.newest)


@dataclass(frozen=True, slots=True)
class Everywhere:
    """A connection to each server; tables are temporary, and what is masked is stored in such a column."""

    oldest: psycopg.Connection[tuple[object, ...]]
    newest: psycopg.Connection[tuple[object, ...]]
    mariadb: "pymysql.Connection[pymysql.cursors.Cursor]"
    mysql: "pymysql.Connection[pymysql.cursors.Cursor] | None"

    @property
    def without_mysql(self) -> "Everywhere":
        """The servers that have a type or function which MySQL lacks."""
        return replace(self, mysql=None)

    def masked(
        self, mask: str, kind: Kind, *, of: Sequence[object], unique: bool = False, key: Secret = KEY
    ) -> Masked:
        """Mask the same values everywhere."""
        postgres = expression(mask, "value", engine="postgres", key=key, type=kind.postgres, unique=unique)
        mysql = expression(mask, "value", engine="mysql", key=key, type=kind.mysql, unique=unique)
        return Masked(
            _on_postgres(self.oldest, kind, postgres, of),
            _on_postgres(self.newest, kind, postgres, of),
            _on_mariadb(self.mariadb, kind, mysql, of),
            None if self.mysql is None else _on_mariadb(self.mysql, kind, mysql, of),
        )


def on_postgres(
    connection: psycopg.Connection[tuple[object, ...]],
    mask: str,
    type: str,
    *,
    of: Sequence[object],
    unique: bool = False,
) -> list[object]:
    """Mask values on one PostgreSQL and return them as it writes them."""
    text = expression(mask, "value", engine="postgres", key=KEY, type=type, unique=unique)
    return _on_postgres(connection, Kind(type, "", ("{}::text", "")), text, of)


def on_mariadb(everywhere: Everywhere, mask: str, type: str, *, of: Sequence[object]) -> list[object]:
    """Mask values of a type that only MariaDB has."""
    text = expression(mask, "value", engine="mysql", key=KEY, type=type, unique=False)
    return _on_mariadb(everywhere.mariadb, Kind("", type), text, of)


def accepting(family: Family) -> list[str]:
    """Return every mask for a family of types, with options where it needs some."""
    return [
        WITH_OPTIONS.get(mask.name, mask.name)
        for mask in MASKS.values()
        if family in mask.accepts and not (family == "text" and mask.name.startswith("json"))
    ]


def keeping_unique(family: Family) -> list[str]:
    """Return every mask for a family of types that keeps distinct values distinct."""
    return [mask for mask in accepting(family) if mask in MASKS and MASKS[mask].keeps_unique]


def _on_postgres(
    connection: psycopg.Connection[tuple[object, ...]], kind: Kind, text: str, values: Sequence[object]
) -> list[object]:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS raw, masked")
        for table in ("raw", "masked"):
            cursor.execute(f"CREATE TEMPORARY TABLE {table} (n integer, value {kind.postgres})".encode())
        cursor.executemany("INSERT INTO raw VALUES (%s, %s)", list(enumerate(values)))
        cursor.execute(f"INSERT INTO masked SELECT n, {text} FROM raw".encode())
        cursor.execute(f"SELECT {kind.reads[0].format('value')} FROM masked ORDER BY n".encode())
        return [row[0] for row in cursor.fetchall()]


def _on_mariadb(
    connection: "pymysql.Connection[pymysql.cursors.Cursor]", kind: Kind, text: str, values: Sequence[object]
) -> list[object]:
    with connection.cursor() as cursor:
        cursor.execute("DROP TEMPORARY TABLE IF EXISTS raw, masked")
        for table in ("raw", "masked"):
            cursor.execute(f"CREATE TEMPORARY TABLE {table} (n integer, value {kind.created})")
        cursor.executemany("INSERT INTO raw VALUES (%s, %s)", list(enumerate(values)))
        cursor.execute(f"INSERT INTO masked SELECT n, {text} FROM raw")
        cursor.execute(f"SELECT {kind.reads[1].format('value')} FROM masked ORDER BY n")
        return [row[0] for row in cursor.fetchall()]


@pytest.fixture(scope="session")
def mysql_database(mysql: MysqlServer) -> str:
    """Make a database in MariaDB for the whole run."""
    name = f"masks_{secrets.token_hex(4)}"
    mysql.query(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    return name


@pytest.fixture(scope="session")
def mysql_connection(
    start_mysql: StartMysql,
) -> "Generator[pymysql.Connection[pymysql.cursors.Cursor] | None]":
    """Connect to a MySQL, if one can be had."""
    try:
        server = start_mysql("MySQL")
    except pytest.skip.Exception:
        yield None
        return
    name = f"masks_{secrets.token_hex(4)}"
    server.query(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    with server.connect(name) as connection:
        with connection.cursor() as cursor:
            # As rules are run with.
            cursor.execute("SET time_zone = '+00:00', group_concat_max_len = 1048576")
        yield connection


@pytest.fixture(scope="session")
def everywhere(
    start_postgres: Callable[[Age], Postgres],
    mysql: MysqlServer,
    mysql_database: str,
    mysql_connection: "pymysql.Connection[pymysql.cursors.Cursor] | None",
) -> Generator[Everywhere]:
    """Connect to every server, in UTC and with nothing prepared, as types change from table to table."""
    with (
        connect(start_postgres("oldest").url) as oldest,
        connect(start_postgres("newest").url) as newest,
        mysql.connect(mysql_database) as maria,
    ):
        for connection in (oldest, newest):
            connection.prepare_threshold = None
            connection.execute("SET TIME ZONE 'UTC'")
        with maria.cursor() as cursor:
            cursor.execute("SET time_zone = '+00:00'")
        yield Everywhere(oldest, newest, maria, mysql_connection)
