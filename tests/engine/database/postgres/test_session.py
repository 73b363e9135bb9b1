"""Programs and drivers reach a database, no secret shows, and what goes wrong is named."""

import re
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread
from support.postgres import NewDatabase, Postgres, Reader, execute, query
from support.postgres import connect as connect_plainly

from snapharbor.engine.database.postgres.cluster import throwaway_cluster
from snapharbor.engine.database.postgres.errors import by_state, from_program
from snapharbor.engine.database.postgres.session import Session, connect, parameters, session
from snapharbor.engine.database.process import Completed, run, stream
from snapharbor.engine.model.errors import (
    ConfigInvalid,
    DatabaseFailed,
    DatabaseRefused,
    DatabaseUnreachable,
    EngineError,
    PrivilegeMissing,
    SpaceExhausted,
    TimedOut,
)
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.target import Limits
from snapharbor.engine.model.url import DatabaseUrl

AWKWARD = [
    "simple",
    'it\'s a "na\\me" = x',
    "line\nbreak\tand 'tab'",
    "-dash; DROP TABLE x; --",
    "service=other",
    "postgresql://elsewhere/",
    "emoji 🐘 é",
    "x" * 63,
    "trailing blank ",
]


def modes(directory: Path, *, files: bool) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in directory.rglob("*") if path.is_file() == files}


def visible(pid: int) -> bytes:
    """What any program on the machine, or of the same user, sees of a process."""
    return b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))


async def ask(postgres: Postgres, access: Session, sql: str) -> Completed:
    argv = [postgres.tools.program("psql"), "-XAtwc", sql, "-d", access.conninfo]
    return await run(argv, env=access.environment, secrets=access.secrets)


@pytest.mark.parametrize("name", AWKWARD)
async def test_programs_and_drivers_reach_a_database_of_any_name(
    new_database: NewDatabase, postgres: Postgres, tmp_path: Path, name: str
) -> None:
    url = new_database(name=name)
    async with connect(url) as connection:
        assert await (await connection.execute("SELECT current_database()")).fetchone() == (name,)
    with session(url, Limits(), tmp_path) as access:
        done = await ask(postgres, access, "SELECT current_database()")
    assert (done.code, done.stdout.decode().removesuffix("\n")) == (0, name)


@pytest.mark.parametrize("password", ["plain", "col:on\\back'quote\"", " blank ", "#é🐘%25", "x" * 2000])
async def test_any_password_works_and_stands_only_in_a_private_file(
    new_database: NewDatabase, reader: Reader, postgres: Postgres, tmp_path: Path, password: str
) -> None:
    url = replace(reader(new_database()), password=Secret(password))
    quoted = password.replace("'", "''")
    execute(postgres.url, f"ALTER ROLE {url.user} PASSWORD E'{quoted.replace(chr(92), chr(92) * 2)}'")
    with session(url, Limits(), tmp_path) as access:
        assert (await ask(postgres, access, "SELECT current_user")).stdout == b"snapharbor_reader\n"
        assert password not in access.conninfo + str(access.environment) or password == "plain"
        assert (modes(tmp_path, files=True), modes(tmp_path, files=False)) == ({0o600}, {0o700})
    assert modes(tmp_path, files=True) == set()


async def test_no_secret_stands_in_the_arguments_or_environment_of_a_program(
    new_database: NewDatabase, postgres: Postgres, tmp_path: Path
) -> None:
    url = new_database()
    assert url.password is not None
    with session(url, Limits(), tmp_path) as access:
        argv = [postgres.tools.program("psql"), "-Xw", "-d", access.conninfo]
        with stream(argv, env=access.environment, stdin=True) as child:
            child.stdin.write(b"\\echo ready\n")
            assert child.stdout.read(6) == b"ready\n"
            seen = visible(child.pid)
    assert url.password.reveal().encode() not in seen


async def test_a_session_has_settings_of_its_own_whatever_the_database_says(
    new_database: NewDatabase, each_postgres: Postgres
) -> None:
    url = new_database(server=each_postgres)
    for name, value in (("datestyle", "SQL, DMY"), ("extra_float_digits", "0"), ("search_path", "public")):
        execute(url, f'ALTER DATABASE "{url.database}" SET {name} = {value!r}')
    async with connect(url, Limits(lock_timeout=7, statement_timeout=9)) as connection:
        row = await (
            await connection.execute(
                "SELECT now()::date::text, 0.1::float8 + 0.2::float8, current_setting('search_path'),"
                " current_setting('lock_timeout'), current_setting('statement_timeout'),"
                " current_setting('application_name'), current_setting('transaction_read_only')"
            )
        ).fetchone()
    assert row is not None
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", row[0])
    assert row[1:] == (0.30000000000000004, '""', "7s", "9s", "snapharbor", "on")


def test_options_of_libpq_pass_and_those_of_other_drivers_are_dropped() -> None:
    url = DatabaseUrl.parse(
        "postgres://u:p@h/d?sslmode=verify-full&sslrootcert=/ca.pem&connect_timeout=3&application_name=mine"
        "&pool_max_conns=5&pool_min_conns=1&statement_timeout=1000&pgbouncer=true"
    )
    found = parameters(url, Limits())
    assert (
        found.items()
        >= {
            "sslmode": "verify-full",
            "sslrootcert": "/ca.pem",
            "connect_timeout": "3",
            "application_name": "mine",
            "dbname": "d",
        }.items()
    )
    assert not {"pool_max_conns", "pool_min_conns", "statement_timeout", "pgbouncer"} & found.keys()


@pytest.mark.parametrize("option", ["ssl_mode=require", "service=other", "hostaddr=10.0.0.1", "passfile=/x"])
def test_options_that_nobody_knows_are_refused(option: str) -> None:
    with pytest.raises(ConfigInvalid):
        parameters(DatabaseUrl.parse(f"postgres://u:p@h/d?{option}"), Limits())


def test_a_line_break_in_a_value_never_reaches_the_service_file(tmp_path: Path) -> None:
    for url in (
        DatabaseUrl("postgres", "h", 5432, "u\n[other]", "d", None),
        DatabaseUrl("postgres", "h", 5432, "u", "d", Secret("a\nb")),
        DatabaseUrl("postgres", "h ", 5432, "u", "d", None),
    ):
        with pytest.raises(ConfigInvalid), session(url, Limits(), tmp_path):
            pass


async def both(url: DatabaseUrl, postgres: Postgres, directory: Path) -> set[type[EngineError]]:
    """Return what the driver and a program say is wrong with a URL."""
    with session(url, Limits(connect_timeout=5), directory) as access:
        program = from_program("psql", await ask(postgres, access, "SELECT 1"))
    with pytest.raises(EngineError) as failure:
        async with connect(url, Limits(connect_timeout=5)):
            pass
    for error in (program, failure.value):
        assert "\n" not in error.message
        assert url.password is None or url.password.reveal() not in error.message + error.hint
    return {type(program), type(failure.value)}


@pytest.mark.parametrize(
    ("part", "value", "kind"),
    [
        ("password", Secret("wrong-one"), DatabaseRefused),
        ("password", None, DatabaseRefused),
        ("user", "nobody-we-know", DatabaseRefused),
        ("database", "not-there", DatabaseRefused),
        ("host", "no-such-host.invalid", DatabaseUnreachable),
        ("host", "127.0.0.1", DatabaseUnreachable),
        ("host", "/nonexistent", DatabaseUnreachable),
        ("options", {"sslmode": "sideways"}, ConfigInvalid),
    ],
)
async def test_a_login_that_fails_is_named_the_same_by_driver_and_program(
    postgres: Postgres, tmp_path: Path, part: str, value: object, kind: type[EngineError]
) -> None:
    changes: dict[str, Any] = {"port": 1 if value == "127.0.0.1" else postgres.url.port, part: value}
    assert await both(replace(postgres.url, **changes), postgres, tmp_path) == {kind}


async def test_tls_that_the_server_refuses_is_named(postgres: Postgres, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with throwaway_cluster(postgres.tools, tmp_path, port=port) as cluster:
        url = replace(cluster.url(), host="127.0.0.1")
        async with connect(url):
            pass
        with pytest.raises(DatabaseRefused):
            async with connect(replace(url, options={"sslmode": "require"})):
                pass


async def test_a_lock_that_is_not_to_be_had_in_time_is_named(new_database: NewDatabase) -> None:
    url = new_database("CREATE TABLE held (id int)")
    with connect_plainly(url) as holder, holder.transaction():
        holder.execute("LOCK TABLE held")
        with pytest.raises(TimedOut):
            async with connect(url, Limits(lock_timeout=1)) as connection:
                await connection.execute("SELECT * FROM public.held")


async def test_a_statement_that_takes_too_long_is_named(new_database: NewDatabase) -> None:
    with pytest.raises(TimedOut):
        async with connect(new_database(), Limits(statement_timeout=1)) as connection:
            await connection.execute("SELECT pg_sleep(60)")


async def test_a_right_that_is_missing_is_named(new_database: NewDatabase, reader: Reader) -> None:
    url = reader(new_database())
    with pytest.raises(PrivilegeMissing):
        async with connect(url) as connection:
            await connection.execute("SELECT * FROM pg_authid")


async def test_a_connection_that_is_lost_is_named(new_database: NewDatabase) -> None:
    url = new_database()

    async def lose() -> None:
        async with connect(url) as connection:
            query(url, f"SELECT pg_terminate_backend({connection.info.backend_pid})")
            await connection.execute("SELECT 1")

    with pytest.raises(DatabaseUnreachable):
        await lose()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO person VALUES (1, 'Ada Lovelace')",
        "SELECT name::int FROM person",
        "SELECT 'x'::timestamptz + (name || ' days')::interval FROM person",
        "DO $$ BEGIN RAISE EXCEPTION 'no %', (SELECT name FROM person); END $$",
        "UPDATE person SET name = NULL",
    ],
)
async def test_no_row_value_stands_in_an_error(new_database: NewDatabase, statement: str) -> None:
    url = new_database(
        "CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL)",
        "INSERT INTO person VALUES (1, 'Ada Lovelace')",
    )

    async def fail() -> None:
        async with connect(url, read_only=False) as connection:
            await connection.execute("SET search_path = public")
            await connection.execute(statement.encode())

    with pytest.raises(DatabaseFailed) as failure:
        await fail()
    error = failure.value
    assert error.message
    assert "Lovelace" not in f"{error.message}{error.hint}{error.details}{error.__cause__}"


@pytest.mark.parametrize(
    ("stderr", "kind"),
    [
        ("pg_dump: error: query failed: ERROR:  permission denied for table secret", PrivilegeMissing),
        ("pg_dump: error: query failed: ERROR:  canceling statement due to lock timeout", TimedOut),
        ("pg_dump: error: could not write to file: No space left on device", SpaceExhausted),
        ("pg_restore: error: could not execute query: ERROR:  could not extend: No space left on device\n"
         "HINT:  Check free disk space.", SpaceExhausted),
        ("pg_dump: error: query failed: server closed the connection unexpectedly\n\tThis probably means",
         DatabaseUnreachable),
        ('pg_dump: error: connection to server at "h", port 1 failed: FATAL:  too many clients already',
         DatabaseUnreachable),
        ('psql: error: connection to server at "h", port 1 failed: FATAL:  Rolle »x« darf nicht',
         DatabaseRefused),
        ("ERROR:  57014", TimedOut),
        ("ERROR:  53100", SpaceExhausted),
        ("pg_dump: error: something else", DatabaseFailed),
        ("", DatabaseFailed),
    ],
)  # fmt: skip
def test_what_programs_complain_about_is_understood(stderr: str, kind: type[EngineError]) -> None:
    error = from_program("pg_dump", Completed(1, b"", stderr))
    assert type(error) is kind
    assert error.message
    assert error.details.items() >= {"sqlstate": stderr[-5:]}.items() if ":  5" in stderr else True


def test_what_programs_quote_from_rows_is_cut() -> None:
    stderr = (
        'pg_restore: error: COPY failed for table "t": ERROR:  invalid input syntax for type integer: "Ada"\n'
        'CONTEXT:  COPY t, line 1, column id: "Ada Lovelace"\nDETAIL:  Key (name)=(Ada) exists.'
    )
    message = from_program("pg_restore", Completed(1, b"", stderr)).message
    assert message == "COPY failed for table `t`: invalid input syntax for type integer: `…`"


def test_messages_are_one_short_line() -> None:
    error = by_state("42601", 'syntax error\n at "' + "x" * 5000)
    assert "\n" not in error.message
    assert len(error.message) <= 300


def test_a_state_without_a_message_or_a_name_still_says_something() -> None:
    assert by_state("22P02").message == "invalid text representation"
    assert "ZZ999" in by_state("ZZ999").message


async def test_cancelling_ends_what_the_server_does_for_us(
    new_database: NewDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    url = new_database()
    working = "SELECT FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(600)'"

    async def work() -> None:
        async with connect(url) as connection:
            await connection.execute("SELECT pg_sleep(600)")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work)
        while not await to_thread.run_sync(query, url, working):
            pass
        tasks.cancel_scope.cancel()
    assert query(url, working) == []
    assert caplog.messages == []
