"""What goes in comes out: with the stock client alone, and with ours."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from anyio import to_thread
from support.captured import Captured, capture
from support.compare_mysql import differences, facts
from support.mysql import MysqlServer, NewSchema

from snapharbor.engine.database.mysql.archive import FILE, script
from snapharbor.engine.database.mysql.database import MysqlDatabase
from snapharbor.engine.database.mysql.housekeeper import MysqlHousekeeper
from snapharbor.engine.database.publishing import publish
from snapharbor.engine.model.job import Progress, ignore
from snapharbor.engine.model.target import Limits, Selection
from snapharbor.engine.model.url import DatabaseUrl

pytestmark = pytest.mark.both_products

AWKWARD = (Path(__file__).parents[3] / "support" / "awkward_mysql.sql").read_text()

Open = Callable[[DatabaseUrl], MysqlDatabase]


@pytest.fixture
def database(mysql: MysqlServer, tmp_path: Path) -> Open:
    return lambda url: MysqlDatabase(url, mysql.settings(tmp_path), readers=2)


async def take(database: MysqlDatabase) -> Captured:
    async with database.view(Selection(), Limits()) as view:
        return await to_thread.run_sync(capture, view)


@pytest.mark.parametrize("jobs", [1, 3])
async def test_our_restore_is_exact_and_leaves_no_file(
    mysql: MysqlServer, new_schema: NewSchema, database: Open, tmp_path: Path, jobs: int
) -> None:
    source, copy = new_schema(AWKWARD), new_schema()
    captured, told = await take(database(source)), list[Progress]()
    await database(copy).restore(captured, jobs, told.append)
    assert differences(facts(mysql, source.database), facts(mysql, copy.database)) == []
    assert list((tmp_path / "tmp").iterdir()) == []
    total = sum(len(content) for content in captured.tables.values())
    assert told[-1] == Progress("loading", total, total, "bytes")


async def test_the_stock_client_loads_an_export_exactly(
    mysql: MysqlServer, new_schema: NewSchema, database: Open, tmp_path: Path
) -> None:
    source, copy = new_schema(AWKWARD), new_schema()
    captured = await take(database(source))
    told: list[int] = []
    files = ((FILE, script(captured)),)
    write = partial(publish, files, tmp_path / "archive", fresh=tmp_path / "growing", each=told.append)
    await to_thread.run_sync(write)
    file = tmp_path / "archive" / "snapshot.sql"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert sum(told) == file.stat().st_size
    mysql.load(copy.database, file.read_bytes())
    # A script that names no database cannot set the defaults of the one that it is loaded into.
    differing = differences(facts(mysql, source.database), facts(mysql, copy.database))
    assert differing == ["defaults", "routines"]


async def test_a_copy_by_the_server_is_exact(mysql: MysqlServer, new_schema: NewSchema) -> None:
    source = new_schema(AWKWARD)
    name = f"{source.database}_copy"
    await MysqlHousekeeper(source).create(name, "copy", template=source.database)
    assert differences(facts(mysql, source.database), facts(mysql, name)) == []
    await MysqlHousekeeper(source).drop(name)


async def test_a_swap_moves_everything_and_keeps_what_was_there(
    mysql: MysqlServer, new_schema: NewSchema
) -> None:
    source, place = (
        new_schema(AWKWARD),
        new_schema("CREATE TABLE a (id int); CREATE VIEW v AS SELECT id FROM a;"),
    )
    housekeeper, fresh, previous = MysqlHousekeeper(source), f"{source.database}_f", f"{source.database}_p"
    await housekeeper.create(fresh, "fresh", template=source.database)
    before = facts(mysql, place.database)
    await housekeeper.swap(fresh, place.database, over="theirs", previous=previous, note="swapped")
    assert differences(facts(mysql, source.database), facts(mysql, place.database)) == []
    assert differences(before, facts(mysql, previous)) == []
    assert await housekeeper.list(place.database) == {place.database: "swapped"}
    mysql.query(f"DROP DATABASE `{previous}`")


async def test_a_copy_of_an_awkward_name_is_read_again(
    mysql: MysqlServer, new_schema: NewSchema, database: Open
) -> None:
    source = new_schema("CREATE TABLE `t` (id int); INSERT INTO t VALUES (1);", name="we'ird-\"näme 1")
    captured, copy = await take(database(source)), new_schema()
    await database(copy).restore(captured, 1, ignore)
    assert differences(facts(mysql, source.database), facts(mysql, copy.database)) == []
