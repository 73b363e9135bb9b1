"""The structure is read whole, by exact names, and without a query per table."""

import time

from support.postgres import NewDatabase, Postgres, Reader, execute

from snapharbor.engine.database.postgres.inspect import inspect
from snapharbor.engine.model.catalog import Catalog, Column, ForeignKey, Table, TableName

SHOP = """
CREATE SCHEMA sales;
CREATE TYPE sales.mood AS ENUM ('fine', 'bad');
CREATE TABLE sales.customer (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email varchar(40) NOT NULL UNIQUE,
  mood sales.mood DEFAULT 'fine',
  gone text,
  shout text GENERATED ALWAYS AS (upper(email)) STORED,
  tags text[]
);
ALTER TABLE sales.customer DROP COLUMN gone;
COMMENT ON TABLE sales.customer IS 'who buys';
COMMENT ON COLUMN sales.customer.email IS 'personal';
CREATE UNIQUE INDEX ON sales.customer (mood) WHERE mood = 'bad';
CREATE UNIQUE INDEX ON sales.customer (lower(email));
CREATE UNIQUE INDEX ON sales.customer (id, mood) INCLUDE (email);
CREATE TABLE sales."order" (
  customer bigint, day date, PRIMARY KEY (day, customer),
  CONSTRAINT "who's" FOREIGN KEY (customer) REFERENCES sales.customer
) PARTITION BY RANGE (day);
CREATE TABLE sales.order_2026 PARTITION OF sales."order" FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE line (day date, customer bigint, FOREIGN KEY (day, customer) REFERENCES sales."order");
CREATE VIEW recent AS SELECT email, day FROM sales.customer JOIN sales."order" ON id = customer;
CREATE MATERIALIZED VIEW totals AS SELECT count(*) FROM recent;
CREATE TABLE base (a int);
CREATE TABLE child (b int) INHERITS (base);
CREATE TEMPORARY TABLE passing (a int);
"""

HOSTILE = ['quo"te', "apo'strophe", "line\nbreak", "-dash", "semi;colon", "🐘", "x" * 63, "select", "Mixed"]


def table(catalog: Catalog, schema: str, name: str) -> Table:
    found = catalog.table(TableName(schema, name))
    assert found is not None
    return found


async def test_the_whole_structure_is_read(new_database: NewDatabase, each_postgres: Postgres) -> None:
    catalog = await inspect(new_database(SHOP, server=each_postgres))
    assert catalog.schemas == ("public", "sales")
    assert [(str(found.name), found.kind) for found in catalog.tables] == [
        ("public.base", "table"),
        ("public.child", "table"),
        ("public.line", "table"),
        ("public.recent", "view"),
        ("public.totals", "materialized-view"),
        ("sales.customer", "table"),
        ("sales.order", "partitioned"),
        ("sales.order_2026", "table"),
    ]
    customer = table(catalog, "sales", "customer")
    assert customer.comment == "who buys"
    assert customer.bytes > 0
    assert customer.primary_key == ("id",)
    assert sorted(customer.unique) == [("email",), ("id", "mood")]
    assert customer.columns == (
        Column("id", "bigint", False, identity=True),
        Column("email", "character varying(40)", False, comment="personal"),
        Column("mood", "sales.mood", True, default="'fine'::sales.mood", labels=("fine", "bad")),
        Column("shout", "text", True, default="upper((email)::text)", generated=True),
        Column("tags", "text[]", True),
    )


async def test_keys_are_read_once_and_in_order(new_database: NewDatabase, each_postgres: Postgres) -> None:
    catalog = await inspect(new_database(SHOP, server=each_postgres))
    order, part = table(catalog, "sales", "order"), table(catalog, "sales", "order_2026")
    who = ForeignKey("who's", ("customer",), TableName("sales", "customer"), ("id",))
    assert order.primary_key == ("day", "customer")
    assert order.foreign_keys == (who,)
    assert part.foreign_keys == (who,)
    assert part.partition_of == order.name
    (key,) = table(catalog, "public", "line").foreign_keys
    assert (key.columns, key.referenced) == (("day", "customer"), order.name)
    assert table(catalog, "public", "child").partition_of is None


async def test_a_view_tells_what_it_reads(new_database: NewDatabase) -> None:
    catalog = await inspect(new_database(SHOP))
    assert table(catalog, "public", "recent").reads == (
        TableName("sales", "customer"),
        TableName("sales", "order"),
    )
    assert table(catalog, "public", "totals").reads == (TableName("public", "recent"),)
    assert table(catalog, "public", "line").reads == ()


async def test_names_come_as_they_are(new_database: NewDatabase) -> None:
    quoted = ['"' + name.replace('"', '""') + '"' for name in HOSTILE]
    url = new_database(*(f"CREATE SCHEMA {name} CREATE TABLE {name} ({name} int)" for name in quoted))
    catalog = await inspect(url)
    assert catalog.schemas == tuple(sorted([*HOSTILE, "public"]))
    assert {found.name for found in catalog.tables} == {TableName(name, name) for name in HOSTILE}
    assert {found.columns[0].name for found in catalog.tables} == set(HOSTILE)


async def test_what_an_extension_brought_is_left_to_it(new_database: NewDatabase) -> None:
    url = new_database("CREATE EXTENSION file_fdw; CREATE EXTENSION pg_stat_statements; CREATE TABLE mine ()")
    catalog = await inspect(url)
    assert catalog.extensions == ("file_fdw", "pg_stat_statements")
    assert [found.name.name for found in catalog.tables] == ["mine"]


async def test_a_foreign_table_is_one(new_database: NewDatabase) -> None:
    url = new_database(
        "CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;"
        "CREATE FOREIGN TABLE far (a int) SERVER files OPTIONS (filename '/nonexistent')"
    )
    assert [found.kind for found in (await inspect(url)).tables] == ["foreign"]


async def test_rows_are_the_server_s_estimate(new_database: NewDatabase) -> None:
    url = new_database("CREATE TABLE counted AS SELECT generate_series(1, 5000); CREATE TABLE never (a int)")
    execute(url, "ANALYZE counted")
    catalog = await inspect(url)
    assert [found.rows for found in catalog.tables] == [5000, -1]


async def test_a_role_that_only_reads_sees_the_same(new_database: NewDatabase, reader: Reader) -> None:
    url = new_database(SHOP)
    assert await inspect(reader(url)) == await inspect(url)


async def test_an_empty_database_has_an_empty_structure(new_database: NewDatabase) -> None:
    assert await inspect(new_database()) == Catalog(("public",), ())


async def test_five_thousand_tables_are_read_in_a_few_queries(new_database: NewDatabase) -> None:
    make = (
        "DO $$ BEGIN FOR i IN {}..{} LOOP"
        " EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, name text NOT NULL)', i); END LOOP; END $$"
    )
    url = new_database(*(make.format(first, first + 499) for first in range(1, 5001, 500)))
    started = time.process_time()
    catalog = await inspect(url)
    assert len(catalog.tables) == 5000
    assert catalog.tables[0].primary_key == ("id",)
    assert time.process_time() - started < 5
