"""The main job on a real MariaDB server: build, verify, export, load, reset; and what is refused."""

from dataclasses import replace

import pymysql
import pytest
from support.compare_mysql import differences, facts
from support.mysqlshop import MysqlShop
from support.shop import do

from snapharbor.engine.database.mysql.note import NOTE_TABLE
from snapharbor.engine.model.errors import (
    ArgumentInvalid,
    ConfirmationRequired,
    DestinationProtected,
    SnapshotCorrupt,
    SnapshotUnsanitized,
)
from snapharbor.engine.model.target import Selection
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.operations.requests import (
    BuildRequest,
    ExportRequest,
    LoadRequest,
    VerifyRequest,
)

pytestmark = [pytest.mark.server, pytest.mark.both_products]


async def test_an_original_loads_as_exactly_what_the_source_is(mysql_shop: MysqlShop) -> None:
    shop = mysql_shop
    async with shop.harbor() as harbor:
        built = await do(harbor, BuildRequest("shop", tags=("nightly",)))
        await do(harbor, VerifyRequest("shop"))
        loaded = await do(harbor, LoadRequest("shop", original=True))
    assert (built["kind"], built["left_out"], loaded["how"]) == ("original", [], "restore")
    source, copy = facts(shop.server, shop.owner.database), facts(shop.server, shop.destination.database)
    assert differences(source, copy) == []
    assert shop.databases() == {shop.owner.database, shop.destination.database}


async def test_loading_again_and_again_copies_what_was_kept_the_second_time(mysql_shop: MysqlShop) -> None:
    shop = mysql_shop
    async with shop.harbor() as harbor:
        await do(harbor, BuildRequest("shop"))
        loads = [await do(harbor, LoadRequest("shop", original=True)) for _ in range(4)]
        kept = template(shop)
        plan = await harbor.plan(LoadRequest("shop", original=True))
    assert [load["how"] for load in loads] == ["restore", "restore", "template copy", "template copy"]
    assert f"copy the template `{kept}`, made by an earlier load" in plan.steps
    source, copy = facts(shop.server, shop.owner.database), facts(shop.server, shop.destination.database)
    assert differences(source, copy) == []
    assert shop.databases() == {shop.owner.database, shop.destination.database, kept}


@pytest.mark.parametrize("change", ["TRUNCATE TABLE {}.orders", "ALTER TABLE {}.customers ADD more int"])
async def test_a_template_that_somebody_changed_is_not_copied(mysql_shop: MysqlShop, change: str) -> None:
    shop = mysql_shop
    async with shop.harbor() as harbor:
        await do(harbor, BuildRequest("shop"))
        for _ in range(2):
            await do(harbor, LoadRequest("shop", original=True))
        kept = template(shop)
        with pytest.raises(pymysql.MySQLError, match="kept by snapharbor"):
            shop.query(shop.destination.on(kept), "DELETE FROM customers")
        shop.server.load(kept, f"SET foreign_key_checks = 0; {change.format(kept)};".encode())
        again = [await do(harbor, LoadRequest("shop", original=True)) for _ in range(2)]
    assert [load["how"] for load in again] == ["restore", "template copy"]
    source, copy = facts(shop.server, shop.owner.database), facts(shop.server, shop.destination.database)
    assert differences(source, copy) == []


def template(shop: MysqlShop) -> str:
    """Return the name of the only template on the server."""
    (kept,) = (name for name in shop.databases() if name.startswith("snapharbor_t_"))
    return kept


async def test_loading_again_restores_and_keeps_what_was_there(mysql_shop: MysqlShop) -> None:
    shop = mysql_shop
    async with shop.harbor() as harbor:
        await do(harbor, BuildRequest("shop"))
        await do(harbor, LoadRequest("shop", original=True))
        shop.query(shop.destination, "DELETE FROM orders")
        plan = await harbor.plan(LoadRequest("shop", original=True, keep_previous=True))
        with pytest.raises(ConfirmationRequired):
            await harbor.run(plan)
        done = await harbor.run(plan, confirmed=True)
    assert done["how"] == "restore"
    assert shop.query(shop.destination, "SELECT count(*) FROM orders") == [(2500,)]
    assert shop.query(shop.destination.on(str(done["previous"])), "SELECT count(*) FROM orders") == [(0,)]


async def test_an_exported_script_is_loaded_by_the_stock_client(mysql_shop: MysqlShop) -> None:
    shop, archive = mysql_shop, mysql_shop.directory / "archive"
    async with shop.harbor() as harbor:
        await do(harbor, BuildRequest("shop"))
        with pytest.raises(SnapshotUnsanitized):
            await harbor.plan(ExportRequest("shop", archive))
        await do(harbor, ExportRequest("shop", archive, original=True))
    shop.server.query(f"CREATE DATABASE `{shop.destination.database}`")
    shop.server.load(shop.destination.database, (archive / "snapshot.sql").read_bytes())
    source, copy = facts(shop.server, shop.owner.database), facts(shop.server, shop.destination.database)
    assert differences(source, copy) == []


@pytest.mark.parametrize("place", ["source", "another name of the source", "protected", "the server's own"])
async def test_a_source_or_a_protected_database_is_never_a_destination(
    mysql_shop: MysqlShop, place: str
) -> None:
    shop = mysql_shop
    wanted = {
        "source": shop.owner,
        "another name of the source": replace(shop.owner, host=f"{shop.owner.host}/mysql.sock"),
        "protected": shop.destination.on("shop_production"),
        "the server's own": shop.destination.on("mysql"),
    }[place]
    settings = shop.settings(protected=("*prod*",))
    async with shop.harbor(settings=settings) as harbor:
        await do(harbor, BuildRequest("shop"))
        with pytest.raises(DestinationProtected):
            await harbor.plan(LoadRequest("shop", destination=wanted, original=True))
    assert shop.databases() == {shop.owner.database}


async def test_another_kind_of_server_is_no_destination(mysql_shop: MysqlShop) -> None:
    elsewhere = DatabaseUrl.parse("postgres://nobody@/nowhere?host=/nowhere")
    async with mysql_shop.harbor() as harbor:
        await do(harbor, BuildRequest("shop"))
        with pytest.raises(ArgumentInvalid):
            await harbor.plan(LoadRequest("shop", destination=elsewhere, original=True))


async def test_a_destination_that_appeared_after_the_plan_is_not_overwritten(mysql_shop: MysqlShop) -> None:
    shop = mysql_shop
    async with shop.harbor() as harbor:
        await do(harbor, BuildRequest("shop"))
        plan = await harbor.plan(LoadRequest("shop", original=True))
        shop.server.query(f"CREATE DATABASE `{shop.destination.database}`")
        with pytest.raises(ConfirmationRequired):
            await harbor.run(plan, confirmed=True)
    assert shop.databases() == {shop.owner.database, shop.destination.database}


async def test_a_load_that_fails_leaves_the_destination_as_it_was(mysql_shop: MysqlShop) -> None:
    from support.faults import flip

    shop = mysql_shop
    shop.server.query(f"CREATE DATABASE `{shop.destination.database}`")
    shop.query(shop.destination, "CREATE TABLE precious AS SELECT 1 AS id")
    async with shop.harbor() as harbor:
        await do(harbor, BuildRequest("shop"))
        plan = await harbor.plan(LoadRequest("shop", original=True))
        flip(max((shop.directory / "snapshots" / "chunks").rglob("*"), key=lambda path: path.stat().st_size))
        with pytest.raises(SnapshotCorrupt):
            await harbor.run(plan, confirmed=True)
    assert shop.query(shop.destination, "SELECT id FROM precious") == [(1,)]
    assert shop.databases() == {shop.owner.database, shop.destination.database}


async def test_filters_take_what_they_name_and_say_what_they_leave(mysql_shop: MysqlShop) -> None:
    shop = mysql_shop
    name = shop.owner.database
    selection = Selection(
        include_schemas=("public",), exclude_tables=(f"{name}.customers",), exclude_data=(f"{name}.audit",)
    )
    async with shop.harbor(replace(shop.target, selection=selection)) as harbor:
        built = await do(harbor, BuildRequest("shop"))
        await do(harbor, LoadRequest("shop", original=True))
    assert isinstance(built["left_out"], list)
    assert len(built["left_out"]) == 5
    tables = {str(table) for (table,) in shop.query(shop.destination, "SHOW TABLES")}
    notes = set[str]() if shop.server.mariadb else {NOTE_TABLE}
    assert tables == {"orders", "audit", "products", "mail_queue"} | notes
    assert shop.query(shop.destination, "SELECT count(*) FROM audit") == [(0,)]


async def test_everything_that_is_configured_is_tried(mysql_shop: MysqlShop) -> None:
    async with mysql_shop.harbor() as harbor:
        checks = await harbor.check()
    assert [one for one in checks if one.level == "error"] == []
    assert any(one.area == "rules" and mysql_shop.server.build.product in one.message for one in checks)
