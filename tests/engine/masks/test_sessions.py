"""Whoever reads, from whichever table and however the session is set, gets the same, and only reads."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

import psycopg
import pymysql
import pytest
from support.mask_values import FITTING
from support.masks import KEY, OTHER_KEY, TEXT, WITH_OPTIONS, Everywhere, accepting, keeping_unique
from support.mysql import MysqlServer
from support.postgres import Age, NewDatabase, Postgres, connect, execute, query

from snapharbor.engine.masks.expression import expression
from snapharbor.engine.model.url import Engine

pytestmark = pytest.mark.server

COLUMNS = {
    "text": ("text", "longtext", "'it''s Ada'"),
    "card": ("text", "longtext", "'4111111111111111'"),
    "bank": ("character varying(34)", "varchar(34)", "'DE89370400440532013000'"),
    "count": ("bigint", "bigint(20)", "-123456789012"),
    "amount": ("numeric(12,2)", "decimal(12,2)", "1234.50"),
    "ratio": ("double precision", "double", "0.1"),
    "day": ("date", "date", "'2001-12-31'"),
    "moment": ("timestamp without time zone", "datetime(6)", "'2001-12-31 23:59:59.5'"),
    "document": (
        "jsonb",
        "longtext",
        '\'{"name": "Ada: x", "tags": ["a", {"b": "c"}], "items": [{"note": "n"}]}\'',
    ),
}
MASKS = {
    "text": [mask for mask in accepting("text") if mask != "keep"],
    "card": ["card", "hash"],
    "bank": ["iban"],
    "count": ["key", "noise"],
    "amount": ["noise", "location"],
    "ratio": ["noise", "location"],
    "day": ["birth-date", "date-shift", "date-shift(count)"],
    "moment": ["birth-date", "date-shift"],
    "document": [WITH_OPTIONS["json"], "json-strings(email)"],
}


def projection(engine: Engine) -> str:
    """Return every mask of every column, read back as text that no setting changes."""
    place, as_text = (0, "({})::text") if engine == "postgres" else (1, "CAST({} AS CHAR)")
    columns: list[str] = []
    for column, masks in MASKS.items():
        for mask in masks:
            text = expression(mask, column, engine=engine, key=KEY, type=COLUMNS[column][place], unique=False)
            dated = column in ("day", "moment") and engine == "postgres"
            columns.append(f"extract(epoch from {text})" if dated else as_text.format(text))
    return ", ".join(columns)


def created(engine: Engine) -> Sequence[str]:
    place = 0 if engine == "postgres" else 1
    defined = ", ".join(f"{name} {column[place]}" for name, column in COLUMNS.items())
    values = ", ".join(column[2] for column in COLUMNS.values())
    return f"CREATE TABLE person ({defined})", f"INSERT INTO person VALUES ({values})"


@pytest.fixture
def person(mysql: MysqlServer, mysql_database: str) -> str:
    """Make the table in MariaDB and return its database."""
    mysql.query("DROP TABLE IF EXISTS person", database=mysql_database)
    for statement in created("mysql"):
        mysql.query(statement, database=mysql_database)
    return mysql_database


@pytest.mark.parametrize(
    "setting",
    [
        "standard_conforming_strings = off",
        "DateStyle = 'SQL, DMY'",
        "TimeZone = 'Asia/Kathmandu'",
        "extra_float_digits = -5",
        "bytea_output = 'escape'",
        "IntervalStyle = 'iso_8601'",
        "transform_null_equals = on",
        "jit_above_cost = 0",
        "search_path = ''",
        "default_transaction_isolation = 'serializable'",
    ],
)
def test_a_setting_of_postgresql_changes_nothing(new_database: NewDatabase, setting: str) -> None:
    url = new_database(*created("postgres"))
    select = f"SELECT {projection('postgres')} FROM public.person".encode()
    with connect(url) as usual, connect(url) as odd:
        odd.execute("SET escape_string_warning = off")
        odd.execute(f"SET {setting}".encode())
        assert odd.execute(select).fetchall() == usual.execute(select).fetchall()


@pytest.mark.parametrize(
    "setting",
    [
        "sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES'",
        "sql_mode = 'ORACLE'",
        "sql_mode = 'TRADITIONAL,HIGH_NOT_PRECEDENCE,NO_UNSIGNED_SUBTRACTION,PAD_CHAR_TO_FULL_LENGTH'",
        "sql_mode = ''",
        "time_zone = '-07:00'",
        "character_set_connection = latin1",
        "collation_connection = utf8mb4_bin",
        "default_regex_flags = 'DOTALL,EXTENDED,MULTILINE'",
        "div_precision_increment = 0",
        "optimizer_switch = 'subquery_cache=off,derived_merge=off'",
    ],
)
def test_a_setting_of_mariadb_changes_nothing(mysql: MysqlServer, person: str, setting: str) -> None:
    select = f"SELECT {projection('mysql')} FROM person"
    usual = mysql.query(select, database=person)
    with mysql.connect(person) as odd, odd.cursor() as cursor:
        cursor.execute(f"SET {setting}")
        cursor.execute(select)
        assert cursor.fetchall() == usual


def test_a_database_in_another_encoding_changes_nothing(postgres: Postgres, everywhere: Everywhere) -> None:
    values = [text for text in FITTING if text is None or text.isascii()] + ["Zoë", "ÀÉÎ", "ß ÿ"]
    name = f"latin_{secrets.token_hex(4)}"
    template = "ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0"
    execute(postgres.url, f"CREATE DATABASE {name} {template}")
    with connect(postgres.url.on(name)) as latin:
        latin.prepare_threshold = None
        other = replace(everywhere, oldest=latin)
        for mask in accepting("text"):
            other.masked(mask, TEXT, of=values).alike()
    execute(postgres.url, f"DROP DATABASE {name}")


@pytest.mark.parametrize("mask", [mask for mask in MASKS["text"] if mask not in ("null", "constant(7)")])
def test_another_key_gives_other_values(everywhere: Everywhere, mask: str) -> None:
    values = [f"person {number}" for number in range(50)]
    unique = mask in keeping_unique("text")
    ours = everywhere.masked(mask, TEXT, of=values, unique=unique).alike()
    others = everywhere.masked(mask, TEXT, of=values, unique=unique, key=OTHER_KEY).alike()
    assert ours != others
    assert not (unique and set(ours).intersection(others))


def test_a_join_finds_the_same_rows_before_and_after(new_database: NewDatabase) -> None:
    url = new_database(
        "CREATE TABLE people (n int, email varchar(80) UNIQUE, person uuid UNIQUE, number bigint UNIQUE)",
        "CREATE TABLE orders (email text, person text, number smallint)",
        """INSERT INTO people
           SELECT n, 'Person' || n || '@Corporation.test', md5(n::text)::uuid, n
           FROM generate_series(1, 300) n
        """,
        """INSERT INTO orders
           SELECT lower(email), upper(person::text), number FROM people, generate_series(1, 3)
        """,
    )
    joins: list[str] = []
    for column, mask, left, right in (
        ("email", "email", "character varying(80)", "text"),
        ("person", "uuid", "uuid", "text"),
        ("number", "key", "bigint", "smallint"),
    ):
        unique = expression(mask, f"p.{column}", engine="postgres", key=KEY, type=left, unique=True)
        other = expression(mask, f"o.{column}", engine="postgres", key=KEY, type=right, unique=False)
        joins.append(f"({unique})::text = ({other})::text")
    counted = f"SELECT count(*), count(DISTINCT p.n) FROM people p JOIN orders o ON {' AND '.join(joins)}"
    assert query(url, counted) == [(900, 300)]


@pytest.mark.parametrize("age", ["newest", "oldest"])
def test_a_role_that_may_only_read_needs_no_more_in_postgresql(
    start_postgres: Callable[[Age], Postgres], new_database: NewDatabase, age: Age
) -> None:
    role = f"only_reads_{secrets.token_hex(4)}"
    url = new_database(
        *created("postgres"),
        f"CREATE ROLE {role}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT ON person TO {role}",
        f"REVOKE ALL ON DATABASE {role} FROM PUBLIC",
        name=role,
        server=start_postgres(age),
    )
    select = f"SELECT {projection('postgres')} FROM person".encode()
    with connect(url) as connection:
        usual = connection.execute(select).fetchall()
        connection.execute(f"SET SESSION AUTHORIZATION {role}".encode())
        connection.execute("BEGIN READ ONLY")
        assert connection.execute("SELECT extname FROM pg_extension").fetchall() == [("plpgsql",)]
        assert connection.execute(select).fetchall() == usual
        with pytest.raises(psycopg.Error):
            connection.execute("DELETE FROM person")
    execute(url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_user_who_may_only_read_needs_no_more_in_mariadb(mysql: MysqlServer, person: str) -> None:
    password = secrets.token_hex(8)
    mysql.query(f"CREATE OR REPLACE USER only_reads@localhost IDENTIFIED BY '{password}'")
    mysql.query(f"GRANT SELECT ON {person}.person TO only_reads@localhost")
    select = f"SELECT {projection('mysql')} FROM person"
    usual = mysql.query(select, database=person)
    with (
        pymysql.connect(
            unix_socket=f"{mysql.url.host}/mysql.sock",
            user="only_reads",
            password=password,
            database=person,
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("START TRANSACTION READ ONLY")
        cursor.execute(select)
        assert cursor.fetchall() == usual
        with pytest.raises(pymysql.MySQLError):
            cursor.execute("DELETE FROM person")
    mysql.query("DROP USER only_reads@localhost")


def test_an_expression_can_stand_in_what_is_copied_out(everywhere: Everywhere) -> None:
    for connection in (everywhere.oldest, everywhere.newest):
        connection.execute("DROP TABLE IF EXISTS person")
        for statement in created("postgres"):
            connection.execute(statement.replace("CREATE TABLE", "CREATE TEMPORARY TABLE").encode())
        selected = connection.execute(f"SELECT {projection('postgres')} FROM person".encode()).fetchall()
        command = f"COPY (SELECT {projection('postgres')} FROM ONLY person) TO STDOUT".encode()
        with connection.cursor() as cursor, cursor.copy(command) as copy:
            copied = b"".join(map(bytes, copy)).decode()
        escaped = [str(value).replace("\\", "\\\\") if value is not None else "\\N" for value in selected[0]]
        assert copied == "\t".join(escaped) + "\n"
