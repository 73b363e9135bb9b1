"""The schema filter's truth table on a real server: what a build takes, and what a load takes of it."""

import re
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import pytest
from support.compare import differences, facts
from support.postgres import NewDatabase, Postgres, Reader, execute, query
from support.repository import somebody
from support.shop import EVERY_SCHEMA, Shop, clean, databases, do

from snapharbor.engine.model.errors import ConfigInvalid, ConfirmationInvalid
from snapharbor.engine.model.json import JsonObject
from snapharbor.engine.model.target import Selection, Target
from snapharbor.engine.operations.requests import BuildRequest, LoadRequest

pytestmark = pytest.mark.server

SCHEMAS = ("audit", "public", "sales")
TOWN = """
CREATE SCHEMA sales;
CREATE SCHEMA audit;
CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE);
CREATE TABLE notes (id serial PRIMARY KEY, writer int CONSTRAINT "the writer" REFERENCES users, text text);
CREATE TABLE sales.leads (id bigint PRIMARY KEY, name text);
CREATE TABLE sales.deals (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, buyer int REFERENCES users);
CREATE TABLE audit.log (at timestamptz, what text);
CREATE INDEX by_name ON sales.leads (name);
COMMENT ON SCHEMA sales IS 'whom we sell to';
COMMENT ON TABLE sales.leads IS 'whom we might sell to';
INSERT INTO users VALUES (1, 'ada@example.com'), (2, 'ben@example.com');
INSERT INTO notes (writer, text) VALUES (1, 'a'), (2, 'b'), (2, 'c');
INSERT INTO sales.leads VALUES (1, 'Cy');
INSERT INTO sales.deals (buyer) VALUES (1), (1), (2);
INSERT INTO audit.log VALUES (now(), 'opened');
CREATE VIEW report AS SELECT name FROM sales.leads;
CREATE MATERIALIZED VIEW report_of_report AS SELECT * FROM report;
"""
# Things of `public` that cannot stand without `audit`.
TIES = """
CREATE FUNCTION audit.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION audit.plain(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
CREATE TYPE audit.level AS ENUM ('low', 'high');
CREATE TRIGGER noted BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION audit.note();
CREATE INDEX by_plain ON users (audit.plain(email));
CREATE TABLE alarms (level audit.level);
COMMENT ON COLUMN alarms.level IS 'how bad it is';
INSERT INTO alarms VALUES ('low');
CREATE POLICY own ON users USING (audit.plain(email) = email);
CREATE FUNCTION spell(audit.log) RETURNS text LANGUAGE sql AS 'SELECT $1.what';
CREATE FUNCTION audit.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER at_ddl ON ddl_command_end EXECUTE FUNCTION audit.on_ddl();
CREATE TABLE audit.days (day int) PARTITION BY LIST (day);
CREATE TABLE first_day PARTITION OF audit.days FOR VALUES IN (1);
CREATE DOMAIN plain_text AS text CHECK (audit.plain(VALUE) = VALUE);
CREATE TABLE plain_texts (texts plain_text[]);
"""
TIED = ("report", "report_of_report", "alarms", "noted", "by_plain", "own", "spell", "at_ddl", "first_day")
TIED_TO_TIED = ("plain_text", "plain_texts")
HELD = """
SELECT nspname FROM pg_namespace
WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
UNION SELECT schemaname FROM pg_tables WHERE schemaname = 'public'
"""
TABLES = (
    "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('audit', 'public', 'sales')"
)
NAMES = "SELECT conname FROM pg_constraint WHERE contype = 'f'"

MakeTown = Callable[..., Shop]


@pytest.fixture
def make_town(new_database: NewDatabase, reader: Reader, tmp_path: Path) -> Generator[MakeTown]:
    servers: list[Postgres] = []

    def make(server: Postgres, *more: str) -> Shop:
        servers.append(server)
        owner = new_database(TOWN, *more, server=server)
        copy = owner.on(f"{owner.database}_copy")
        return Shop(server, owner, reader(owner), copy, tmp_path / "data", somebody())

    yield make
    for server in servers:
        clean(server)


@pytest.fixture
def town(postgres: Postgres, make_town: MakeTown) -> Shop:
    """Return a database of three schemas that refer to each other."""
    clean(postgres)
    return make_town(postgres)


def target(town: Shop, selection: Selection) -> Target:
    return replace(town.target, selection=selection, rules=None)


async def build(town: Shop, selection: Selection = EVERY_SCHEMA) -> JsonObject:
    async with town.harbor(target(town, selection)) as harbor:
        return await do(harbor, BuildRequest("shop"))


async def load(town: Shop, selection: Selection) -> JsonObject:
    """Load the newest original; what the plan warns of and what the result says must agree."""
    async with town.harbor(target(town, selection)) as harbor:
        plan = await harbor.plan(LoadRequest("shop", original=True))
        done = await harbor.run(plan, confirmed=True)
    told = [text.removeprefix("on loading: ") for text in plan.warnings if text.startswith("on loading: ")]
    assert told == done["left_out"]
    return done


def said(done: JsonObject) -> str:
    left_out = done["left_out"]
    assert isinstance(left_out, list)
    return "\n".join(map(str, left_out))


def column(town: Shop, statement: str) -> set[object]:
    return {value for (value,) in query(town.destination, statement)}


def rows(town: Shop, table: str) -> int:
    ((count,),) = query(town.destination, f"SELECT count(*) FROM {table}")
    return int(str(count))


ROWS: list[tuple[int, Selection, set[str] | None]] = [
    (1, Selection(), {"public"}),
    (2, Selection(use_default_schema=True), {"public"}),
    (3, Selection(use_default_schema=False), {"audit", "public", "sales"}),
    (4, Selection(include_schemas=("sales", "gone")), {"sales"}),
    (5, Selection(exclude_schemas=("sales", "gone")), {"audit", "public"}),
    (6, Selection(include_schemas=("sales",), exclude_schemas=("audit",)), {"sales"}),
    (7, Selection(include_schemas=("sales",), exclude_schemas=("sales", "audit")), None),
    (7, Selection(use_default_schema=True, include_schemas=("a",), exclude_schemas=("a",)), None),
    (8, Selection(use_default_schema=True, include_schemas=("sales",)), {"sales"}),
    (8, Selection(use_default_schema=True, exclude_schemas=("sales",)), {"audit", "public"}),
    (9, Selection(use_default_schema=False, include_schemas=("sales",)), {"sales"}),
    (10, Selection(use_default_schema=False, exclude_schemas=("sales",)), {"audit", "public"}),
    (11, Selection(None, (), ()), {"public"}),
    (12, Selection(include_schemas=("gone",)), None),
    (12, Selection(exclude_schemas=SCHEMAS), None),
]


@pytest.mark.parametrize(("row", "selection", "taken"), ROWS)
async def test_a_build_takes_what_the_table_says(
    town: Shop, row: int, selection: Selection, taken: set[str] | None
) -> None:
    if taken is None:
        with pytest.raises(ConfigInvalid):
            await build(town, selection)
        async with town.harbor() as harbor:
            assert not await harbor.snapshots()
        return
    built = await build(town, selection)
    await load(town, Selection())
    assert column(town, HELD) == taken
    assert all(f"`{name}`" in said(built) for name in {*SCHEMAS} - taken)
    assert ("`gone`" in said(built)) == ("gone" in (*selection.include_schemas, *selection.exclude_schemas))
    async with town.harbor() as harbor:
        assert {*(await harbor.snapshot("shop")).manifest.schemas} == taken


@pytest.mark.parametrize(("row", "selection", "taken"), ROWS)
async def test_a_load_takes_what_the_table_says_of_what_the_snapshot_holds(
    town: Shop, row: int, selection: Selection, taken: set[str] | None
) -> None:
    built = await build(town)
    if taken is None:
        with pytest.raises(ConfigInvalid):
            await load(town, selection)
        assert databases(town.server) == {town.owner.database}
        return
    if selection == Selection():
        taken = {*SCHEMAS}  # without a filter nothing is lost that the snapshot holds
    done = await load(town, selection)
    assert column(town, HELD) == taken
    assert all(f"`{name}`" in said(done) for name in {*SCHEMAS} - taken)
    assert ("`gone`" in said(done)) == ("gone" in (*selection.include_schemas, *selection.exclude_schemas))
    assert done["rows"] == sum(rows(town, str(name)) for name in column(town, TABLES))
    assert (done["rows"] == built["rows"]) == (taken == {*SCHEMAS})


async def test_a_load_by_the_filter_of_the_build_brings_the_whole_snapshot(town: Shop) -> None:
    selection = Selection(include_schemas=("public", "sales"))
    built = await build(town, selection)
    done = await load(town, selection)
    assert (done["rows"], done["left_out"]) == (built["rows"], [])


@pytest.mark.parametrize("when", ["build", "load"])
async def test_what_cannot_stand_alone_goes_with_what_is_left_out(
    each_postgres: Postgres, make_town: MakeTown, when: str
) -> None:
    town, selection = make_town(each_postgres, TIES), Selection(exclude_schemas=("audit", "sales"))
    built = await build(town, selection if when == "build" else EVERY_SCHEMA)
    loaded = await load(town, Selection() if when == "build" else selection)
    execute(
        town.owner,
        "DROP SCHEMA sales CASCADE; DROP SCHEMA audit CASCADE; DROP TABLE alarms, plain_texts",
        "DROP DOMAIN plain_text",
    )
    done = built if when == "build" else loaded
    assert differences(facts(town.owner, town.server.tools), facts(town.destination, town.server.tools)) == []
    words = {*re.findall(r"\w+", said(done))}
    assert {*TIED, *TIED_TO_TIED} <= words
    assert words.isdisjoint(("level", "plain_text_check", "by_name", "leads_pkey"))


async def test_without_a_filter_what_is_left_out_says_why_and_what_takes_it(
    postgres: Postgres, make_town: MakeTown
) -> None:
    town = make_town(postgres, TIES)
    sentences = said(await build(town, Selection())).splitlines()
    assert "left out, schemas (`use_default_schema: false` takes every one): `audit`, `sales`" in sentences
    tables = ("alarms", "first_day", "plain_texts", "report", "report_of_report")
    listed = ", ".join(f"`public.{name}`" for name in tables)
    assert f"left out, as what it needs is left out: {listed}" in sentences
    asked = said(await build(town, Selection(use_default_schema=True, exclude_tables=("public.notes",))))
    assert "left out, schemas: `audit`, `sales`" in asked.splitlines()
    assert "left out, table: `public.notes`" in asked.splitlines()


async def test_a_key_into_a_schema_that_is_left_out_goes_and_its_table_stays(
    each_postgres: Postgres, make_town: MakeTown
) -> None:
    town = make_town(each_postgres)
    await build(town)
    done = await load(town, Selection(include_schemas=("sales",)))
    assert column(town, TABLES) == {"sales.deals", "sales.leads"}
    assert column(town, NAMES) == set()
    assert "`deals_buyer_fkey`" in said(done)
    assert query(town.destination, "SELECT nextval('sales.deals_id_seq')") == [(4,)]


async def test_the_schema_of_an_extension_stays_for_it(postgres: Postgres, make_town: MakeTown) -> None:
    town = make_town(
        postgres,
        "CREATE SCHEMA tools; CREATE EXTENSION citext SCHEMA tools; CREATE TABLE tools.own AS SELECT 1 AS a",
        "CREATE TABLE names (name tools.citext); INSERT INTO names VALUES ('A')",
    )
    await build(town)
    await load(town, Selection(use_default_schema=True))
    assert query(town.destination, "SELECT name::text, pg_typeof(name)::text FROM names") == [
        ("A", "tools.citext")
    ]
    assert query(town.destination, "SELECT relname FROM pg_class WHERE relname = 'own'") == []
    assert column(town, HELD) == {"public", "tools"}


TABLE_FILTERS = {
    "a schema's tables": (
        Selection(use_default_schema=False, table_filters=(("sales", ("leads",)),)),
        {"public.users", "public.notes", "sales.leads", "audit.log"},
    ),
    "only these": (Selection(use_default_schema=False, include_tables=("public.notes",)), {"public.notes"}),
    "all but these": (Selection(exclude_tables=("public.users", "public.gone")), {"public.notes"}),
}


@pytest.mark.parametrize("case", TABLE_FILTERS)
@pytest.mark.parametrize("when", ["build", "load"])
async def test_table_filters_narrow_a_build_and_a_load_alike(town: Shop, case: str, when: str) -> None:
    selection, taken = TABLE_FILTERS[case]
    built = await build(town, selection if when == "build" else EVERY_SCHEMA)
    loaded = await load(town, Selection() if when == "build" else selection)
    done = built if when == "build" else loaded
    assert column(town, TABLES) == taken
    assert "`public.gone`" in said(done) or case != "all but these"
    assert ("`the writer`" in said(done)) == ("public.users" not in taken)


async def test_a_load_makes_no_schema_that_would_be_empty(town: Shop) -> None:
    await build(town)
    done = await load(town, Selection(use_default_schema=False, exclude_tables=("audit.log",)))
    assert column(town, HELD) == {"public", "sales"}
    assert "`audit`" in said(done)


@pytest.mark.parametrize("when", ["build", "load"])
async def test_tables_without_their_rows_are_loaded_and_keys_to_them_are_not(town: Shop, when: str) -> None:
    selection = Selection(exclude_data=("public.users",))
    built = await build(town, selection if when == "build" else EVERY_SCHEMA)
    loaded = await load(town, Selection() if when == "build" else selection)
    assert column(town, "SELECT count(*) FROM users UNION ALL SELECT count(*) FROM notes") == {0, 3}
    assert column(town, NAMES) == set()
    assert "`the writer`" in said(built if when == "build" else loaded)


async def test_a_filter_that_leaves_no_table_is_an_error(town: Shop) -> None:
    await build(town)
    before = databases(town.server)
    with pytest.raises(ConfigInvalid):
        await load(town, Selection(include_tables=("public.gone",)))
    assert databases(town.server) == before


async def test_a_template_is_copied_for_the_same_filter_only(town: Shop) -> None:
    await build(town)
    sales, audit = Selection(include_schemas=("sales",)), Selection(include_schemas=("audit",))
    done = [await load(town, selection) for selection in (sales, sales, audit, Selection(), sales)]
    assert [found["how"] for found in done] == [
        "restore", "template copy", "restore", "restore", "template copy"
    ]  # fmt: skip
    assert column(town, HELD) == {"sales"}
    assert done[-1]["rows"] == done[0]["rows"]


async def test_a_filter_that_changed_after_the_plan_loads_nothing(town: Shop) -> None:
    await build(town)
    async with town.harbor(target(town, Selection(include_schemas=("sales",)))) as harbor:
        plan = await harbor.plan(LoadRequest("shop", original=True))
    async with town.harbor(target(town, Selection())) as harbor:
        with pytest.raises(ConfirmationInvalid):
            await harbor.run(plan, confirmed=True)
    assert databases(town.server) == {town.owner.database}
