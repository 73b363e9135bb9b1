"""`snapharbor load TARGET FILE.sql` on a real server: what runs, what is refused, and what is left of it."""

import shutil
import subprocess
from pathlib import Path

import pytest
from support.cli import Shop, written
from support.postgres import Postgres, execute, query

from snapharbor.engine.database.postgres.script import harmless
from snapharbor.engine.model.errors import RuleRefused

SQL = ["CREATE TABLE made (id int);", "INSERT INTO made VALUES (1), (2);"]


def file(shop: Shop, *lines: str, name: str = "made.sql") -> Path:
    return written(shop.command.home / name, lines or SQL)


def count(shop: Shop, table: str = "made") -> int:
    return int(str(query(shop.copy, f"SELECT count(*) FROM {table}")[0][0]))


def exists(shop: Shop) -> bool:
    return bool(query(shop.source, f"SELECT FROM pg_database WHERE datname = '{shop.copy.database}'"))


@pytest.mark.server
def test_a_file_makes_or_replaces_the_destination_and_asks_before_that(shop: Shop) -> None:
    file(shop)
    seen = shop.command.here("load", "shop", "made.sql", "--dry-run", "--json").last()["result"]
    assert (seen["plan"]["verb"], seen["plan"]["needs_confirmation"], exists(shop)) == (
        "script",
        False,
        False,
    )
    assert shop.command.here("load", "shop", "made.sql").code == 0
    file(shop, "CREATE TABLE other (id int);", name="other.SQL")
    assert shop.command.here("load", "shop", "other.SQL").code == 32
    assert count(shop) == 2
    done = shop.command.here("load", "shop", "other.SQL", "--yes", "--keep-previous", "--json").last()[
        "result"
    ]
    assert count(shop, "other") == 0
    previous = shop.copy.on(done["previous"])
    assert query(previous, "SELECT count(*) FROM made") == [(2,)]
    execute(shop.source.on("postgres"), f'DROP DATABASE "{previous.database}"')


@pytest.mark.server
def test_a_file_is_run_in_what_is_there_all_of_it_or_nothing(shop: Shop) -> None:
    file(shop)
    assert shop.command.here("load", "shop", "made.sql", "--no-drop", "--yes").code == 16
    assert shop.command.here("load", "shop", "made.sql").code == 0
    more = file(shop, "INSERT INTO made VALUES (3);", name="more.sql")
    assert shop.command.here("load", "shop", "more.sql", "--no-drop").code == 32
    assert shop.command.here("load", "shop", "more.sql", "--no-drop", "--yes").code == 0
    assert count(shop) == 3
    file(
        shop,
        *more.read_text().splitlines(),
        "INSERT INTO nowhere VALUES ('a secret value');",
        name="more.sql",
    )
    ran = shop.command.here("load", "shop", "more.sql", "--no-drop", "--yes")
    assert (ran.code, count(shop)) == (46, 3)
    assert "line 2 of `more.sql`" in ran.err
    assert "a secret value" not in ran.err


@pytest.mark.server
def test_a_file_that_fails_leaves_the_destination_as_it_was(shop: Shop) -> None:
    file(shop)
    assert shop.command.here("load", "shop", "made.sql").code == 0
    file(shop, "CREATE TABLE half (id int);", "no sql;", name="bad.sql")
    assert shop.command.here("load", "shop", "bad.sql", "--yes").code == 46
    assert count(shop) == 2
    left = query(shop.source, "SELECT datname FROM pg_database WHERE datname LIKE 'snapharbor\\_l\\_%'")
    assert left == []


@pytest.mark.server
@pytest.mark.parametrize(
    "line",
    [
        "\\! touch ran",
        "SELECT 1; \\! touch ran",
        "\\o ran",
        "\\copy pg_class TO ran",
        "\\connect postgres",
        "\\unrestrict `touch ran`",
        "SELECT 1 \\g |touch ran",
        "\\i other.sql",
    ],
)
def test_no_file_makes_the_client_do_anything_but_send_sql(shop: Shop, line: str) -> None:
    file(shop, "SELECT 1;", line)
    ran = shop.command.here("load", "shop", "made.sql", "--yes")
    assert ran.code == 22
    assert "made.sql" in ran.err
    assert not (shop.command.home / "ran").exists()
    assert not exists(shop)


@pytest.mark.server
def test_what_pg_dump_writes_is_loaded_its_own_restriction_included(shop: Shop, postgres: Postgres) -> None:
    url = postgres.cluster.url(shop.source.database)
    password = url.password.reveal() if url.password else ""
    dump = postgres.tools.program("pg_dump")
    argv = [str(dump), "--no-owner", "-h", url.host, "-p", str(url.port), "-U", url.user, url.database]
    ran = subprocess.run(argv, env={"PGPASSWORD": password}, capture_output=True, check=True)
    assert b"\\restrict" in ran.stdout
    (shop.command.home / "dump.sql").write_bytes(ran.stdout)
    assert shop.command.here("load", "shop", "dump.sql").code == 0
    assert count(shop, "customers") == 50


@pytest.mark.server
def test_a_source_takes_no_file_however_it_is_named(shop: Shop) -> None:
    file(shop, "DROP TABLE customers;")
    refused = [
        shop.command.here(
            "load", "shop", "made.sql", "--no-drop", "--yes", "--database", shop.source.database
        ),
        shop.command.here("load", "shop", "made.sql", "--yes", "--database", shop.source.database),
    ]
    assert [ran.code for ran in refused] == [30, 30]
    assert shop.command.here("load", "shop", "made.sql", "--src_url").code == 2
    assert query(shop.source, "SELECT count(*) FROM customers") == [(50,)]


@pytest.mark.server
def test_what_is_no_sql_is_refused_with_what_it_is(shop: Shop) -> None:
    (shop.command.home / "dump.sql").write_bytes(b"PGDMP\x01\x0e")
    (shop.command.home / "empty.sql").write_bytes(b" \n")
    (shop.command.home / "dir.sql").mkdir()
    for name in ("dump.sql", "empty.sql", "dir.sql", "nowhere.sql"):
        ran = shop.command.here("load", "shop", name, "--yes")
        assert (ran.code, name in ran.err) == (16, True)
    file(shop)
    for flags in (
        ("made.sql", "--original"),
        ("made.sql", "--no-drop", "--drop-previous"),
        ("0", "--no-drop"),
    ):
        assert shop.command.here("load", "shop", *flags).code == 2
    shutil.rmtree(shop.command.home / "dir.sql")


def screened(*lines: bytes) -> bytes:
    return b"".join(harmless("x.sql", lines))


def test_only_the_restriction_that_pg_dump_wrote_is_taken_out() -> None:
    dump = (b"--\n", b"\n", b"\\restrict abc\n", b"SELECT 1;\n", b"\\unrestrict abc\n")
    assert screened(*dump) == b"--\n\n\nSELECT 1;\n\n"
    for lines in (
        (b"\\restrict abc\n", b"SELECT 1;\n", b"\\unrestrict xyz\n"),
        (b"SELECT 1;\n", b"\\restrict abc\n", b"\\unrestrict abc\n"),
        (b"SELECT 'a' \\unrestrict\n",),
        (b"a piece \\unre", b"strict `x`\n"),
        (b"\\restrict abc\n", b"long ", b"\\unrestrict abc\n"),
    ):
        with pytest.raises(RuleRefused):
            screened(*lines)
