"""What every database and every housekeeper promises."""

from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import pytest
from anyio import to_thread
from support.captured import Captured, capture
from support.mysql import StartMysql, schemas
from support.postgres import Age, NewDatabase, Postgres
from support.workplace import settings_in

from snapharbor.engine.database.base import Database, Housekeeper, Standing
from snapharbor.engine.database.memory import MemoryDatabase, MemoryHousekeeper, MemoryServer, Rows
from snapharbor.engine.database.mysql.database import MysqlDatabase
from snapharbor.engine.database.mysql.housekeeper import MysqlHousekeeper
from snapharbor.engine.database.postgres.database import PostgresDatabase
from snapharbor.engine.database.postgres.housekeeper import PostgresHousekeeper
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.errors import (
    ArgumentInvalid,
    ConfigInvalid,
    ConfirmationRequired,
    DatabaseFailed,
    DatabaseRefused,
    DestinationProtected,
    RuleFailed,
)
from snapharbor.engine.model.job import ignore
from snapharbor.engine.model.target import Limits, Selection

PERSON, EMPTY = TableName("public", "person"), TableName("public", "empty_one")
TABLES = """
CREATE TABLE person (id text, name text);
INSERT INTO person VALUES ('1', 'Ada'), ('2', 'Grace'), ('3', NULL);
CREATE TABLE empty_one (id text);
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A server with one database `name` that we did not make, and names for more that are cleaned up.

    `schema` is that of its tables; where it is the database itself, a copy is a schema of its own. `closes`
    tells whether a database can be closed to everybody.
    """

    name: str
    database: Callable[[str], Database]
    housekeeper: Housekeeper
    schema: str = "public"
    closes: bool = True

    @property
    def person(self) -> TableName:
        return TableName(self.schema, "person")

    @property
    def empty(self) -> TableName:
        return TableName(self.schema, "empty_one")

    @property
    def here(self) -> Database:
        return self.database(self.name)

    def other(self) -> str:
        return f"{self.name}_{token_hex(4)}"


@pytest.fixture(
    params=[
        "memory",
        pytest.param("newest", marks=pytest.mark.server),
        pytest.param("oldest", marks=pytest.mark.server),
        pytest.param("MariaDB", marks=pytest.mark.server),
        pytest.param("MySQL", marks=pytest.mark.server),
    ]
)
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "memory":
        return in_memory()
    if request.param in ("MariaDB", "MySQL"):
        return request.getfixturevalue("on_mysql")(request.param)
    return request.getfixturevalue("on_postgres")(request.param)


def in_memory() -> Place:
    server = MemoryServer()
    rows: list[list[str | None]] = [["1", "Ada"], ["2", "Grace"], ["3", None]]
    server.databases["shop"] = {PERSON: Rows(("id", "name"), rows), EMPTY: Rows(("id",))}
    return Place("shop", lambda name: MemoryDatabase(server, name), MemoryHousekeeper(server))


@pytest.fixture
def on_postgres(
    start_postgres: Callable[[Age], Postgres],
    new_database: NewDatabase,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Age], Place]:
    def place(age: Age) -> Place:
        url = new_database(TABLES, server=start_postgres(age))
        directory = tmp_path_factory.mktemp("working")
        return Place(
            url.database,
            lambda name: PostgresDatabase(url.on(name), settings_in(directory)),
            PostgresHousekeeper(url),
        )

    return place


@pytest.fixture
def on_mysql(start_mysql: StartMysql, tmp_path: Path) -> Generator[Callable[[str], Place]]:
    with ExitStack() as stack:

        def place(product: str) -> Place:
            server = start_mysql(product)
            url = stack.enter_context(schemas(server))(TABLES)
            return Place(
                url.database,
                lambda name: MysqlDatabase(url.on(name), server.settings(tmp_path), readers=2),
                MysqlHousekeeper(url),
                schema=url.database,
                closes=False,
            )

        yield place


async def take(database: Database, selection: Selection | None = None) -> Captured:
    async with database.view(selection or Selection(), Limits()) as view:
        return await to_thread.run_sync(capture, view)


async def rows(database: Database) -> dict[str, bytes]:
    return by_name(await take(database))


def by_name(captured: Captured) -> dict[str, bytes]:
    return {name.name: content for name, content in captured.tables.items()}


async def test_a_database_says_the_same_about_itself_every_time(place: Place) -> None:
    one, other = await place.here.identify(), await place.here.identify()
    assert one.identity == other.identity
    assert one.database == place.name
    assert one.system == (await place.housekeeper.server()).system


async def test_a_database_that_is_not_there_refuses(place: Place) -> None:
    with pytest.raises(DatabaseRefused):
        await place.database(place.other()).identify()


async def test_the_structure_is_read(place: Place) -> None:
    catalog = await place.here.inspect()
    assert catalog.schemas == (place.schema,)
    assert [(table.name, table.kind) for table in catalog.tables] == [
        (place.empty, "table"),
        (place.person, "table"),
    ]
    assert [(column.name, column.type) for column in catalog.tables[1].columns] == [
        ("id", "text"),
        ("name", "text"),
    ]


async def test_a_view_stays_at_its_moment(place: Place) -> None:
    before = await rows(place.here)
    async with place.here.view(Selection(), Limits()) as view:
        await place.here.execute([f"UPDATE {place.schema}.person SET name = 'changed'"])
        seen = await to_thread.run_sync(capture, view)
    assert by_name(seen) == before
    assert await rows(place.here) != before


async def test_a_view_leaves_out_what_it_was_told_to_and_says_so(place: Place) -> None:
    selection = Selection(
        exclude_tables=(f"{place.schema}.empty_one",), exclude_data=(f"{place.schema}.person",)
    )
    async with place.here.view(selection, Limits()) as view:
        assert view.slices == ()
        assert len(view.left_out) == 2


async def test_statements_say_how_many_rows_they_touched(place: Place) -> None:
    touched = await place.here.execute(
        [
            f"UPDATE {place.schema}.person SET name = 'x'",
            f"DELETE FROM {place.schema}.empty_one",
            f"DELETE FROM {place.schema}.person",
        ]
    )
    assert touched == (3, 0, 3)
    assert await place.here.count([place.person]) == {place.person: 0}


async def test_a_statement_that_fails_undoes_those_before_it(place: Place) -> None:
    with pytest.raises(RuleFailed) as failure:
        await place.here.execute(
            [f"DELETE FROM {place.schema}.person", f"DELETE FROM {place.schema}.nowhere"]
        )
    assert failure.value.details["position"] == 1
    assert await place.here.count([place.person, place.empty]) == {place.person: 3, place.empty: 0}


async def test_questions_are_answered_in_their_order(place: Place) -> None:
    answers = await place.here.probe(
        [f"SELECT name, id FROM {place.schema}.person", f"SELECT count(*) FROM {place.schema}.empty_one"],
        Limits(),
    )
    assert [sorted(answer, key=str) for answer in answers] == [
        [("Ada", "1"), ("Grace", "2"), (None, "3")],
        [(0,)],
    ]


async def test_a_question_that_cannot_be_answered_is_named_by_its_position(place: Place) -> None:
    count = f"SELECT count(*) FROM {place.schema}.person"
    with pytest.raises(DatabaseFailed) as failure:
        await place.here.probe([count, f"SELECT name FROM {place.schema}.nowhere", count], Limits())
    assert failure.value.details["position"] == 1


async def test_a_question_changes_nothing(place: Place) -> None:
    with pytest.raises(DatabaseFailed) as failure:
        await place.here.probe([f"DELETE FROM {place.schema}.person"], Limits())
    assert failure.value.details["position"] == 0
    assert await place.here.count([place.person]) == {place.person: 3}


async def test_what_was_read_fills_an_empty_database(place: Place) -> None:
    captured, name = await take(place.here), place.other()
    await place.housekeeper.create(name, "copy")
    await place.database(name).restore(captured, 2, ignore)
    assert await rows(place.database(name)) == by_name(captured)
    assert await place.database(name).count([place.person, place.empty]) == {place.person: 3, place.empty: 0}
    await place.housekeeper.drop(name)


async def test_a_restore_brings_what_a_selection_takes_and_names_the_rest(place: Place) -> None:
    captured, name = await take(place.here), place.other()
    only = Selection(exclude_tables=(f"{place.schema}.empty_one",), exclude_data=(f"{place.schema}.person",))
    contents = await place.here.contents(captured, only)
    assert contents.tables == ()
    assert len(contents.left_out) == 2
    await place.housekeeper.create(name, "copy")
    await place.database(name).restore(captured, 2, ignore, only=only)
    assert [table.name.name for table in (await place.database(name).inspect()).tables] == ["person"]
    assert await place.database(name).count([place.person]) == {place.person: 0}
    await place.housekeeper.drop(name)


async def test_a_selection_that_leaves_nothing_of_a_snapshot_is_refused(place: Place) -> None:
    captured = await take(place.here)
    with pytest.raises(ConfigInvalid):
        await place.here.contents(captured, Selection(include_tables=(f"{place.schema}.nowhere",)))


async def test_a_database_that_was_made_has_its_note(place: Place) -> None:
    name = place.other()
    assert not await place.housekeeper.exists(name)
    await place.housekeeper.create(name, "made for a test")
    assert await place.housekeeper.exists(name)
    assert await place.housekeeper.ours(name) == "made for a test"
    assert await place.housekeeper.list(name[:-1]) == {name: "made for a test"}
    await place.housekeeper.drop(name)
    assert not await place.housekeeper.exists(name)
    assert await place.housekeeper.ours(name) is None


async def test_a_database_is_made_once(place: Place) -> None:
    name = place.other()
    await place.housekeeper.create(name, "first")
    with pytest.raises(DatabaseFailed):
        await place.housekeeper.create(name, "second")
    assert await place.housekeeper.ours(name) == "first"
    await place.housekeeper.drop(name)


async def test_a_copy_of_a_template_holds_the_same(place: Place) -> None:
    name = place.other()
    await place.housekeeper.create(name, "copy", template=place.name)
    assert await rows(place.database(name)) == await rows(place.here)
    await place.housekeeper.drop(name)


async def test_what_somebody_else_made_is_not_dropped(place: Place) -> None:
    assert await place.housekeeper.ours(place.name) is None
    with pytest.raises(DestinationProtected):
        await place.housekeeper.drop(place.name)
    assert await place.housekeeper.exists(place.name)


async def test_dropping_what_is_not_there_is_fine(place: Place) -> None:
    await place.housekeeper.drop(place.other())


async def test_a_swap_puts_the_new_database_in_the_place_of_the_old_one(place: Place) -> None:
    name, fresh, previous = place.other(), place.other(), place.other()
    await place.housekeeper.create(name, "old", template=place.name)
    await place.housekeeper.create(fresh, "fresh")
    await place.housekeeper.swap(fresh, name, over="ours", previous=previous, note="new")
    assert await place.housekeeper.list(place.name) == {name: "new", previous: "old"}
    assert await place.database(previous).count([place.person]) == {place.person: 3}
    assert (await place.database(name).inspect()).tables == ()
    assert not await place.housekeeper.exists(fresh)
    await place.housekeeper.drop(previous)
    await place.housekeeper.drop(name)


async def test_a_swap_drops_the_old_database_if_nobody_wants_it(place: Place) -> None:
    fresh = place.other()
    await place.housekeeper.create(fresh, "fresh")
    await place.housekeeper.swap(fresh, place.name, over="theirs", previous=None, note="new")
    assert await place.housekeeper.list("") == {place.name: "new"}
    await place.housekeeper.drop(place.name)


async def test_a_swap_takes_a_free_name(place: Place) -> None:
    fresh, name = place.other(), place.other()
    await place.housekeeper.create(fresh, "fresh", template=place.name)
    await place.housekeeper.swap(fresh, name, over="nothing", previous=None, note="new")
    assert await place.database(name).count([place.person]) == {place.person: 3}
    await place.housekeeper.drop(name)


@pytest.mark.parametrize(("there", "over"), [("theirs", "nothing"), ("ours", "theirs"), ("theirs", "ours")])
async def test_a_swap_takes_the_place_of_nothing_but_what_was_expected(
    place: Place, there: Standing, over: Standing
) -> None:
    name, fresh, ours = place.name, place.other(), place.other()
    await place.housekeeper.create(fresh, "fresh")
    if there == "ours":
        name = ours
        await place.housekeeper.create(ours, "loaded", template=place.name)
    with pytest.raises(ConfirmationRequired):
        await place.housekeeper.swap(fresh, name, over=over, previous=None, note="new")
    assert await place.database(name).count([place.person]) == {place.person: 3}
    assert await place.housekeeper.exists(fresh)
    await place.housekeeper.drop(fresh)
    await place.housekeeper.drop(ours)


async def test_a_closed_database_is_copied_and_nobody_enters_it(place: Place) -> None:
    name, copy = place.other(), place.other()
    await place.housekeeper.create(name, "template", template=place.name, closed=True)
    await place.housekeeper.create(copy, "copy", template=name)
    if place.closes:
        with pytest.raises(DatabaseRefused):
            await place.database(name).identify()
    assert await place.database(copy).count([place.person]) == {place.person: 3}
    assert await place.housekeeper.templates(place.name) == [name]
    await place.housekeeper.drop(copy)
    await place.housekeeper.drop(name)
    assert await place.housekeeper.templates(place.name) == []


async def test_a_name_that_can_be_loaded_under_is_let_through(place: Place) -> None:
    place.housekeeper.check_name("a copy")
    with pytest.raises(ArgumentInvalid):
        place.housekeeper.check_name("")


async def test_a_swap_that_fails_changes_nothing(place: Place) -> None:
    fresh, taken = place.other(), place.other()
    await place.housekeeper.create(fresh, "fresh")
    await place.housekeeper.create(taken, "taken")
    with pytest.raises(DatabaseFailed):
        await place.housekeeper.swap(fresh, place.name, over="theirs", previous=taken, note="new")
    with pytest.raises(DestinationProtected):
        await place.housekeeper.swap(place.name, taken, over="ours", previous=None, note="new")
    assert await place.housekeeper.list(place.name) == {fresh: "fresh", taken: "taken"}
    assert await place.here.count([place.person]) == {place.person: 3}
    await place.housekeeper.drop(fresh)
    await place.housekeeper.drop(taken)
