"""What is left out stays out, and what is taken can be restored without it."""

import pytest
from anyio import to_thread
from support.captured import capture
from support.compare import differences, facts
from support.postgres import NewDatabase, Postgres, execute, query
from support.snapshots import AWKWARD, Bench

from snapharbor.engine.database.postgres import definition
from snapharbor.engine.database.postgres.toc import ByteStream, read_toc
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.target import Selection

HOSTILE = (
    *(
        "a",
        "A",
        "a.b",
        "a*",
        "a?",
        "ab",
        'a"b',
        "it's",
        "a|b",
        "(a)",
        "[a]",
        "$1",
        "^a$",
        "a\\b",
        "\\.",
        "-x",
    ),
    *("new\nline", ":a", "💥", " ", "%s", "x" * 63),
)


@pytest.mark.parametrize("command_line", [1 << 19, 100])
async def test_no_name_is_taken_for_a_pattern(
    bench: Bench,
    each_postgres: Postgres,
    new_database: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    command_line: int,
) -> None:
    monkeypatch.setattr(definition, "COMMAND_LINE_BYTES", command_line)
    quoted = [name.replace('"', '""') for name in HOSTILE]
    url = new_database(*(f'CREATE TABLE "{name}" AS SELECT 1 AS x' for name in quoted), server=each_postgres)
    for left_out in HOSTILE[:: 1 if command_line == 100 else 5]:
        selection = Selection(exclude_tables=(f"public.{left_out}",))
        async with bench.view(url, selection) as view:
            seen = await to_thread.run_sync(capture, view)
        entries = read_toc(ByteStream([seen.parts["toc"]])).entries
        defined = {(entry.tag or b"").decode() for entry in entries if entry.desc == b"TABLE"}
        assert defined == {*HOSTILE} - {left_out}
        assert {name.name for name in seen.tables} == defined
        # Neither rows twice, nor rows of what was left out.
        assert [*seen.parts] == ["toc"]


async def test_tables_without_their_rows_come_back_empty(
    bench: Bench, each_postgres: Postgres, new_database: NewDatabase
) -> None:
    url = new_database(*AWKWARD, server=each_postgres)
    bare = ("public.measures", "public.wide", "public.nothing", "public.only_generated", "public.moods")
    snapshot = await bench.take(url, Selection(use_default_schema=False, exclude_data=bare))
    copy = new_database(server=each_postgres)
    await bench.load(snapshot, copy)
    execute(
        url,
        "TRUNCATE measures, wide, nothing, only_generated",
        "REFRESH MATERIALIZED VIEW moods WITH NO DATA",
    )
    # It is made of the other one, and cannot be filled either.
    execute(url, "REFRESH MATERIALIZED VIEW mood_count WITH NO DATA")
    tools = each_postgres.tools
    assert differences(facts(url, tools), facts(copy, tools)) == []


async def test_keys_to_tables_that_are_left_out_are_left_out_too(
    bench: Bench, each_postgres: Postgres, new_database: NewDatabase
) -> None:
    url = new_database(
        "CREATE TABLE owner (id int PRIMARY KEY)",
        'CREATE TABLE pet (id int PRIMARY KEY, owner int CONSTRAINT "the key" REFERENCES owner)',
        "COMMENT ON CONSTRAINT \"the key\" ON pet IS 'who feeds it'",
        'CREATE TABLE toy (pet int CONSTRAINT "the key" REFERENCES pet)',
        "INSERT INTO owner VALUES (1)",
        "INSERT INTO pet VALUES (1, 1)",
        "CREATE VIEW owned AS SELECT * FROM pet JOIN owner USING (id)",
        server=each_postgres,
    )
    snapshot = await bench.take(url, Selection(exclude_tables=("public.owner",)))
    copy = new_database(server=each_postgres)
    await bench.load(snapshot, copy)
    execute(url, "DROP TABLE owner CASCADE")
    assert differences(facts(url, each_postgres.tools), facts(copy, each_postgres.tools)) == []


async def test_a_schema_of_extensions_stays_when_others_go(
    bench: Bench, each_postgres: Postgres, new_database: NewDatabase
) -> None:
    url = new_database(
        "CREATE SCHEMA extensions",
        "CREATE EXTENSION citext SCHEMA extensions",
        "CREATE TABLE extensions.secret AS SELECT 1 AS a",
        "CREATE SCHEMA other",
        "CREATE TABLE other.secret AS SELECT 1 AS a",
        "CREATE TABLE t (a extensions.citext)",
        "INSERT INTO t VALUES ('A')",
        server=each_postgres,
    )
    snapshot = await bench.take(url, Selection())
    assert [table.name for table in snapshot.manifest.tables] == [TableName("public", "t")]
    copy = new_database(server=each_postgres)
    await bench.load(snapshot, copy)
    assert query(copy, "SELECT a OPERATOR(extensions.=) 'a' FROM t") == [(True,)]
    assert query(copy, "SELECT relname FROM pg_class WHERE relname = 'secret'") == []
    assert query(copy, "SELECT 1 FROM pg_namespace WHERE nspname = 'other'") == []


async def test_configuration_rows_of_extensions_come_along(
    bench: Bench, each_postgres: Postgres, new_database: NewDatabase
) -> None:
    # The test servers bring no extension with such a table, so one of the database's own becomes it.
    url = new_database("CREATE TABLE settings AS SELECT 1 AS a", server=each_postgres)
    extension = "(SELECT oid FROM pg_extension WHERE extname = 'plpgsql')"
    execute(
        url,
        "INSERT INTO pg_depend VALUES ('pg_class'::regclass, 'settings'::regclass, 0,"
        f" 'pg_extension'::regclass, {extension}, 0, 'e')",
        "UPDATE pg_extension SET extconfig = ARRAY['settings'::regclass], extcondition = ARRAY['']"
        f" WHERE oid = {extension}",
    )
    async with bench.view(url) as view:
        seen = await to_thread.run_sync(capture, view)
    assert seen.tables == {}
    (rows,) = (content for name, content in seen.parts.items() if name.startswith("block/"))
    assert b"1\n" in rows
