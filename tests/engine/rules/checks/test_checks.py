"""Every check against one catalogue: what a rule is told, by code, severity and place."""

import pytest

from snapharbor.engine.model.catalog import Catalog, Column, ForeignKey, Table, TableName, Trigger
from snapharbor.engine.rules.analyse import analyse_all
from snapharbor.engine.rules.checks import check_all
from snapharbor.engine.rules.checks.context import Context
from snapharbor.engine.rules.parse import parse
from snapharbor.engine.rules.resolve import resolve_all


def table(name: str, *columns: Column, **more: object) -> Table:
    return Table(TableName("public", name), "table", columns, **more)  # type: ignore[arg-type]


USERS = TableName("public", "users")
CATALOG = Catalog(
    ("public",),
    (
        Table(TableName("public", "best"), "materialized-view", (), reads=(USERS,)),
        table("countries", Column("code", "text", False), primary_key=("code",)),
        Table(TableName("public", "log"), "partitioned", (Column("who", "text", True),)),
        table("log_1", Column("who", "text", True), partition_of=TableName("public", "log")),
        table("log_2", Column("who", "text", True), partition_of=TableName("public", "log")),
        table(
            "users",
            Column("id", "bigint", False),
            Column("email", "text", False),
            Column("nick", "character varying(5)", True),
            Column("state", "mood", True, labels=("sad", "happy")),
            Column("label", "text", True, generated=True),
            Column("country", "text", True),
            Column("note", "text", True),
            primary_key=("id",),
            unique=(("email",),),
            foreign_keys=(
                ForeignKey("users_country_fkey", ("country",), TableName("public", "countries"), ("code",)),
            ),
            triggers=(Trigger("users_audit", ("update",)),),
            row_security=True,
        ),
        Table(TableName("public", "v"), "view", (Column("id", "bigint", False),)),
    ),
)
NOTHING: set[tuple[str, str, str | None]] = set()
ALWAYS = {"triggers", "row-security", "materialized-view", "no-where"}


def found(
    text: str, rows: dict[int, int] | None = None, catalog: Catalog = CATALOG
) -> set[tuple[str, str, str | None]]:
    analyses = analyse_all(parse(text, "sanitize.query_file", "postgres"), "postgres")
    context = Context(resolve_all(analyses, catalog), catalog, rows=rows or {})
    return {(one.code, one.severity, one.column) for one in check_all(context)}


def telling(text: str, rows: dict[int, int] | None = None) -> set[tuple[str, str, str | None]]:
    """Leave out what every rule for `users` is told."""
    return {one for one in found(text, rows) if one[0] not in ALWAYS}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("UPDATE users SET email = 'user' || id || '@example.com'", NOTHING),
        ("UPDATE users SET emial = 'x'", {("unknown-column", "error", "emial")}),
        ("UPDATE user5 SET email = 'x'", {("unknown-table", "error", None)}),
        ("UPDATE users SET email = 'x@example.com'", {("unique-constant", "error", "email")}),
        ("UPDATE users SET email = lower(note)", {("unique-collision", "warning", "email")}),
        ("UPDATE users SET email = 'x' WHERE id = 1", NOTHING),
        ("UPDATE users SET email = NULL", {("not-null", "error", "email")}),
        ("UPDATE users SET nick = 'abcdef'", {("too-long", "error", "nick")}),
        ("UPDATE users SET nick = 'abcd' || 'ef'", {("too-long", "error", "nick")}),
        ("UPDATE users SET nick = left('abcdef', 5)", NOTHING),
        ("UPDATE users SET state = 'hapy'", {("not-a-label", "error", "state")}),
        ("UPDATE users SET state = 'happy'", NOTHING),
        ("UPDATE users SET label = 'x'", {("generated", "error", "label")}),
        (
            "UPDATE users SET country = md5(country)",
            {("foreign-key", "error", "country"), ("unkeyed-hash", "warning", "country")},
        ),
        ("UPDATE countries SET code = upper(code)", {("foreign-key", "error", "code")}),
        ("UPDATE countries SET code = upper(code); UPDATE users SET country = upper(country)", NOTHING),
        ("UPDATE users SET country = NULL", NOTHING),
        ("UPDATE users SET note = random()::text", {("volatile", "warning", "note")}),
        ("UPDATE users SET note = md5(email)", {("unkeyed-hash", "warning", "note")}),
        ("UPDATE v SET id = 1", {("not-a-table", "error", None)}),
        ("UPDATE log_1 SET who = 'x'", {("partition-left-out", "warning", None)}),
        ("UPDATE log SET who = 'x'", NOTHING),
        ("UPDATE ONLY log SET who = 'x'", {("only-parent", "error", None)}),
        (
            "UPDATE users SET note = 'x'; UPDATE users SET nick = 'y' WHERE note = 'z'",
            {("order", "warning", None)},
        ),
    ],
)
def test_what_a_rule_is_told(text: str, expected: set[tuple[str, str, str | None]]) -> None:
    assert telling(text) == expected


LONG = "'abcdefghij'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"UPDATE users SET email = NULL, nick = {LONG}, country = md5(country) FROM log WHERE who = note",
            {
                ("not-null", "error", "email"),
                ("too-long", "error", "nick"),
                ("foreign-key", "error", "country"),
                ("unkeyed-hash", "warning", "country"),
            },
        ),
        (
            "UPDATE users u SET email = 'same' FROM log l WHERE l.who = u.note",
            {("unique-constant", "warning", "email")},
        ),
        (
            f"UPDATE users SET (email, nick) = (NULL, {LONG})",
            {("not-null", "error", "email"), ("too-long", "error", "nick")},
        ),
        (
            f"UPDATE users SET (label, nick) = (SELECT who, {LONG} AS n FROM log LIMIT 1)",
            {("generated", "error", "label"), ("too-long", "error", "nick")},
        ),
        (
            "WITH a AS (SELECT 1) UPDATE users SET note = md5(email), nick = random()::text",
            {("unkeyed-hash", "warning", "note"), ("volatile", "warning", "nick")},
        ),
        (
            f"WITH a AS (UPDATE users SET nick = {LONG} RETURNING id) DELETE FROM log USING a",
            {("too-long", "error", "nick")},
        ),
        ("UPDATE users SET state = 'sat' RETURNING id", {("not-a-label", "error", "state")}),
        (
            f"INSERT INTO users (email, nick) SELECT md5(who), {LONG} FROM log",
            {
                ("unique-collision", "warning", "email"),
                ("unkeyed-hash", "warning", "email"),
                ("too-long", "error", "nick"),
            },
        ),
        ("INSERT INTO users VALUES (1, NULL)", {("not-null", "error", "email")}),
        (
            f"INSERT INTO users (id, email) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET nick = {LONG}",
            {("too-long", "error", "nick")},
        ),
        (
            "CREATE TEMP TABLE m AS SELECT 1; UPDATE users SET emial = 'x'",
            {("unknown-column", "error", "emial")},
        ),
        ("UPDATE users SET note = l.whoo FROM log l", {("unknown-column", "error", "whoo")}),
        ("WITH a AS (SELECT 1 AS one) UPDATE users SET note = emial", {("unknown-column", "error", "emial")}),
        ("WITH a AS (SELECT 1 AS one) UPDATE users SET note = one::text FROM a", NOTHING),
        ("UPDATE users SET note = who FROM (SELECT md5(who) FROM log) AS l(who)", NOTHING),
        ("UPDATE users u SET note = e FROM jsonb_each('{}') AS x(e, f)", NOTHING),
        ("INSERT INTO log SELECT users::text FROM users", {("copies-rows", "warning", None)}),
        ("INSERT INTO log (who) SELECT y FROM log AS x(y)", NOTHING),
        (
            "INSERT INTO log (who) WITH a AS (SELECT 1 AS one) SELECT one FROM a",
            {("not-checked", "warning", None)},
        ),
    ],
)
def test_every_form_of_a_statement_is_checked(text: str, expected: set[tuple[str, str, str | None]]) -> None:
    assert telling(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TRUNCATE countries", {("foreign-key", "error", None)}),
        ("TRUNCATE countries, users", NOTHING),
        ("TRUNCATE countries CASCADE", NOTHING),
        (
            "UPDATE users SET nick = 'x'; UPDATE log SET who = (SELECT nick FROM users)",
            {("order", "warning", None)},
        ),
        ("UPDATE users SET nick = 'x'; UPDATE log SET who = (SELECT note FROM users)", NOTHING),
        (
            "DELETE FROM log; UPDATE users SET note = 'x' WHERE EXISTS (SELECT 1 FROM log)",
            {("order", "warning", None)},
        ),
    ],
)
def test_what_depends_on_other_tables_is_told(text: str, expected: set[tuple[str, str, str | None]]) -> None:
    assert telling(text) == expected


def test_what_inherits_is_told() -> None:
    columns = (Column("secret", "text", True),)
    own = (*columns, Column("more", "text", True))
    parent = table("parent", *columns)
    catalog = Catalog(("public",), (table("heir", *own, inherits=(parent.name,)), parent))
    left = {("heir-left-out", "warning", None), ("no-where", "info", None)}
    assert found("UPDATE ONLY parent SET secret = 'x'", catalog=catalog) == left
    assert found("UPDATE heir SET secret = 'x'", catalog=catalog) == left
    assert found("UPDATE heir SET more = 'x'", catalog=catalog) == {("no-where", "info", None)}
    assert found("UPDATE parent SET secret = 'x'", catalog=catalog) == {("no-where", "info", None)}


def test_what_follows_a_masked_column_is_told() -> None:
    columns = (
        Column("first", "text", True),
        Column("last", "text", True),
        Column("whole", "text", True, default="((first || ' '::text) || last)", generated=True),
    )
    catalog = Catalog(("public",), (table("people", *columns),))
    told = found("UPDATE people SET first = 'x', last = 'y'", catalog=catalog)
    assert told == {("generated-follows", "info", "whole"), ("no-where", "info", None)}


@pytest.mark.parametrize(
    "text",
    [
        "DROP TABLE IF EXISTS info; CREATE TABLE info (a int); INSERT INTO info VALUES (1)",
        "ALTER TABLE users ADD COLUMN more text; UPDATE users SET more = 'x'",
        "DO $$ BEGIN CREATE TABLE made (); END $$; DELETE FROM made WHERE true",
    ],
)
def test_what_unsafe_statements_make_is_known_afterwards(text: str) -> None:
    rules = parse(text, "sanitize.query_file", "postgres", allow_unsafe=True)
    resolved = resolve_all(analyse_all(rules, "postgres"), CATALOG)
    assert [unknown for rule in resolved for unknown in rule.unknown] == []


def test_the_mask_offered_for_a_hash_is_that_of_what_the_column_holds() -> None:
    def offered(column: str) -> list[str]:
        text = f"UPDATE users SET {column} = md5({column})"
        analyses = analyse_all(parse(text, "sanitize.query_file", "postgres"), "postgres")
        resolved = resolve_all(analyses, CATALOG)
        context = Context(resolved, CATALOG, personal={(USERS, "email"): "email", (USERS, "note"): "health"})
        return [one.hint.partition(":")[0] for one in check_all(context) if one.code == "unkeyed-hash"]

    assert offered("email") == ["Use `snapharbor.email(email)` for `public.users.email`"]
    assert offered("note") == ["Use `snapharbor.token(note)` for `public.users.note`"]


def test_what_is_worth_knowing_is_said_too() -> None:
    assert found("UPDATE users SET note = 'x'") == {
        ("triggers", "info", None),
        ("row-security", "info", None),
        ("materialized-view", "info", None),
        ("no-where", "info", None),
    }
    assert ("no-where", "warning", None) in found("DELETE FROM users")


def test_a_rule_without_rows_is_told() -> None:
    assert telling("UPDATE users SET note = 'x' WHERE id < 0", {0: 0}) == {("no-rows", "warning", None)}


def test_a_rule_for_every_row_of_an_empty_table_is_fine() -> None:
    assert telling("UPDATE users SET note = 'x'", {0: 0}) == NOTHING


@pytest.mark.parametrize("parent", [{"partition_of": USERS}, {"inherits": (USERS,)}])
def test_what_is_changed_in_a_table_is_changed_in_its_parts(parent: dict[str, object]) -> None:
    key = (ForeignKey("referred_fkey", ("referred",), TableName("public", "users"), ("nick",)),)
    columns = (Column("nick", "text", True), Column("referred", "text", True))
    part = table("part", *columns, foreign_keys=key, **parent)
    catalog = Catalog(("public",), (part, table("users", *columns, unique=(("nick",),), foreign_keys=key)))
    whole = "UPDATE users SET nick = upper(nick), referred = upper(referred)"
    assert not {one for one in found(whole, catalog=catalog) if one[0] == "foreign-key"}
    only = found(whole.replace("UPDATE", "UPDATE ONLY"), catalog=catalog)
    assert ("foreign-key", "error", "nick") in only


def test_a_fingerprint_outlives_lines_and_blanks_but_not_a_change() -> None:
    def fingerprints(text: str) -> set[str]:
        analyses = analyse_all(parse(text, "sanitize.query_file", "postgres"), "postgres")
        context = Context(resolve_all(analyses, CATALOG), CATALOG)
        return {one.fingerprint for one in check_all(context) if one.code == "unkeyed-hash"}

    first = fingerprints("UPDATE users SET note = md5(email)")
    assert fingerprints("-- hello\n\nUPDATE users SET note  =  md5(email)") == first
    assert fingerprints("UPDATE users SET note = md5(nick)").isdisjoint(first)
