"""Rules that cannot be meant: each is a clear error with its place and what to do, and nothing is made."""

from collections.abc import Mapping

import pytest
from support.cli import CUSTOMERS, Shop
from support.postgres import execute, query

pytestmark = pytest.mark.server

UNREADABLE: Mapping[str, tuple[bytes, str, dict[str, int]]] = {
    "a slip": (
        b"DELETE FROM customers WHERE id = 1;\n\nUPDATE customers SETT email = 'x'",
        "syntax",
        {"line": 3},
    ),
    "an open quotation": (b"UPDATE customers SET\n  email = 'x;\nTRUNCATE customers;", "syntax", {"line": 2}),
    "Windows-1252": ("UPDATE customers SET\n email = 'Zoë'".encode("cp1252"), "syntax", {"line": 2}),
    "UTF-16": ("UPDATE customers SET email = 'x'".encode("utf-16"), "syntax", {"line": 1}),
    "a NUL": (b"UPDATE customers SET email = 'x' -- \0\nWHERE id = 1", "syntax", {"line": 1}),
    "five megabytes": (b"-- " + b"x" * 5_000_000 + b"\nTRUNCATE customers;", "syntax", {}),
    "something else": (b"VACUUM customers", "refused", {"line": 1}),
    "nothing": (b"-- later\n", "missing", {}),
}
CODES = {"syntax": ("rule-syntax", 21), "refused": ("rule-refused", 22), "missing": ("rules-missing", 20)}
# What would be changed, and what is found about that.
ELSEWHERE = {
    "a view": ("UPDATE seen SET email = 'x'", "not-a-table"),
    "a materialized view": ("UPDATE kept SET email = 'x'", "not-a-table"),
    "a foreign table": ("DELETE FROM far WHERE true", "not-a-table"),
    "a table of the server": ("UPDATE pg_catalog.pg_class SET relname = 'x'", "system-table"),
    "a table of the server without its schema": ("DELETE FROM pg_authid WHERE true", "system-table"),
    "what describes the server": ("UPDATE information_schema.sql_parts SET comments = ''", "system-table"),
    "a secret of the server": (
        "UPDATE customers SET email = (SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres')",
        "system-table",
    ),
}
NAMES = ('a"b', "c.d", "e\nf", "ü 👩‍👧", "'; DROP TABLE customers; --")


def rules(shop: Shop, text: bytes) -> None:
    (shop.command.home / "rules.sql").write_bytes(text)


def nothing_was_made(shop: Shop) -> None:
    assert shop.command.here("--json", "snapshots").last()["result"]["snapshots"] == []
    assert query(shop.source, "SELECT count(*) FROM customers WHERE email LIKE 'real%'") == [(CUSTOMERS,)]


@pytest.mark.parametrize("case", UNREADABLE)
def test_rules_that_cannot_be_read_are_refused_by_every_command(shop: Shop, case: str) -> None:
    text, kind, place = UNREADABLE[case]
    code, exit_code = CODES[kind]
    rules(shop, text)
    for command in (("explain", "shop"), ("check-rules", "shop"), ("sanitize", "shop", "--new")):
        ran = shop.command.here("--json", *command)
        error = ran.last()["error"]
        assert (ran.code, error["code"], error["hint"] != "") == (exit_code, code, True)
        assert place.items() <= error.get("details", {}).items()
    told = shop.command.here("explain", "shop")
    assert (told.code, told.out) == (exit_code, "")
    assert len(told.err.splitlines()) == 2
    nothing_was_made(shop)


@pytest.mark.parametrize("case", ELSEWHERE)
def test_rules_for_what_holds_no_rows_of_the_database_are_refused(shop: Shop, case: str) -> None:
    text, code = ELSEWHERE[case]
    execute(
        shop.source,
        "CREATE VIEW seen AS SELECT * FROM customers",
        "CREATE MATERIALIZED VIEW kept AS SELECT * FROM customers",
        "CREATE FOREIGN DATA WRAPPER nothing",
        "CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing",
        "CREATE FOREIGN TABLE far (email text) SERVER nowhere",
    )
    rules(shop, text.encode())
    explained = shop.command.here("--json", "explain", "shop").last()["result"]
    assert [(one["code"], one["hint"] != "") for one in explained["findings"] if one["blocks"]] == [
        (code, True)
    ]
    ran = shop.command.here("--json", "sanitize", "shop", "--new")
    assert (ran.code, ran.last()["error"]["code"]) == (25, "rules-blocked")
    nothing_was_made(shop)


def test_names_of_any_kind_are_read_changed_and_shown(shop: Shop) -> None:
    quoted = ['"' + name.replace('"', '""') + '"' for name in NAMES]
    for name in quoted:
        execute(shop.source, f"CREATE SCHEMA {name}", f"CREATE TABLE {name}.{name} (id int, {name} text)")
        execute(shop.source, f"INSERT INTO {name}.{name} VALUES (1, 'raw')")
    config = shop.command.home / "snapharbor.yml"
    everything = "'{{`COPY` | env}}', schema_config: {use_default_schema: false}}"
    config.write_text(config.read_text().replace("'{{`COPY` | env}}'}", everything))
    rules(shop, "\n".join(f"UPDATE {name}.{name} SET {name} = 'masked';" for name in quoted).encode())
    told = shop.command.here("explain", "shop")
    assert told.code == 0
    assert "\x1b" not in told.out
    ran = shop.command.here("--json", "sanitize", "shop", "--new")
    assert ran.code == 0, ran.err
    assert shop.command.here("--json", "load", "shop", "--yes").code == 0
    for name in quoted:
        assert query(shop.copy, f"SELECT {name} FROM {name}.{name}") == [("masked",)]


def test_a_thousand_rules_are_explained_and_run(shop: Shop) -> None:
    many = (f"UPDATE customers SET email = 'user{n}@example.test' WHERE id = {n};" for n in range(1000))
    rules(shop, "\n".join(many).encode())
    explained = shop.command.here("--json", "explain", "shop").last()["result"]
    assert len(explained["rules"]) == 1000
    assert [one["rows"] for one in explained["rules"][:3]] == [0, 1, 1]
    assert shop.command.here("--json", "sanitize", "shop", "--new").code == 0
    assert shop.command.here("--json", "load", "shop", "--yes").code == 0
    assert query(
        shop.copy, "SELECT count(*) FROM customers WHERE email = 'user' || id || '@example.test'"
    ) == [(CUSTOMERS,)]
