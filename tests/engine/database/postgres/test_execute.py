"""Statements run together or not at all; rows are counted where they are."""

import pytest
from support.postgres import NewDatabase, Postgres, query

from snapharbor.engine.database.postgres.execute import count, execute
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.errors import DatabaseFailed, DatabaseUnreachable, RuleFailed

PEOPLE = "CREATE TABLE person (id int PRIMARY KEY, boss int REFERENCES person DEFERRABLE INITIALLY DEFERRED)"
FILL = "INSERT INTO person VALUES (1, NULL), (2, 1)"


async def test_each_statement_says_what_it_touched(
    new_database: NewDatabase, each_postgres: Postgres
) -> None:
    url = new_database(PEOPLE, FILL, "CREATE TABLE other ()", server=each_postgres)
    statements = [
        "UPDATE person SET boss = 2",
        "SELECT * FROM person",
        "TRUNCATE other",
        "DELETE FROM person",
    ]
    assert await execute(url, statements) == (2, -1, -1, 2)


@pytest.mark.parametrize(
    "bad",
    [
        "INSERT INTO person VALUES (1, NULL)",
        "COMMIT",
        "-- done\n COMMIT",
        "/* done */ end;",
        "UPDATE person SET boss = 1; COMMIT",
        "VACUUM person",
        "nonsense",
    ],
)
async def test_a_statement_that_cannot_run_undoes_all(new_database: NewDatabase, bad: str) -> None:
    url = new_database(PEOPLE, FILL)
    with pytest.raises(RuleFailed) as failure:
        await execute(url, ["DELETE FROM person WHERE id = 2", bad, "DELETE FROM person"])
    assert failure.value.details["position"] == 1
    assert query(url, "SELECT count(*) FROM person") == [(2,)]


async def test_a_deferred_constraint_is_checked_at_the_end(new_database: NewDatabase) -> None:
    url = new_database(PEOPLE, FILL)
    assert await execute(url, ["UPDATE person SET boss = 9", "UPDATE person SET boss = 2"]) == (2, 2)
    with pytest.raises(RuleFailed) as failure:
        await execute(url, ["UPDATE person SET boss = 9"])
    assert failure.value.details["position"] == 1


async def test_a_connection_that_is_lost_is_not_the_rule_s_fault(new_database: NewDatabase) -> None:
    with pytest.raises(DatabaseUnreachable):
        await execute(new_database(), ["SELECT pg_terminate_backend(pg_backend_pid())"])


async def test_rows_are_counted_where_they_are(new_database: NewDatabase, each_postgres: Postgres) -> None:
    url = new_database(
        "CREATE TABLE base (a int); CREATE TABLE child () INHERITS (base);"
        'CREATE TABLE "par""t" (a int) PARTITION BY LIST (a); CREATE TABLE one PARTITION OF "par""t" DEFAULT;'
        "INSERT INTO base VALUES (1); INSERT INTO child VALUES (2), (3); INSERT INTO one VALUES (4)",
        server=each_postgres,
    )
    names = [TableName("public", name) for name in ("base", "child", 'par"t', "one")]
    assert list((await count(url, names)).values()) == [1, 2, 1, 1]
    assert await count(url, []) == {}
    with pytest.raises(DatabaseFailed):
        await count(url, [TableName("public", "gone")])


async def test_many_tables_are_counted(new_database: NewDatabase) -> None:
    url = new_database(*(f"CREATE TABLE t{number} AS SELECT {number}" for number in range(250)))
    names = [TableName("public", f"t{number}") for number in range(250)]
    assert await count(url, names) == dict.fromkeys(names, 1)
