"""Two snapshots side by side: what is defined, which columns there are, how many rows."""

import pytest
from support.mysqlshop import MysqlShop
from support.postgres import execute
from support.shop import do
from support.small import MakeSmall

from snapharbor.engine.model.comparison import DefinitionChange, TableChange
from snapharbor.engine.model.errors import SnapshotUnknown
from snapharbor.engine.operations.requests import BuildRequest
from snapharbor.server.inprocess import call_tool

pytestmark = pytest.mark.server


async def test_what_changed_between_two_snapshots_is_told_without_a_value(make_small: MakeSmall) -> None:
    small = make_small(
        "CREATE TABLE a (id serial PRIMARY KEY, gone text)",
        "CREATE TABLE b (id int)",
        "CREATE TABLE same (id int)",
        "CREATE VIEW v AS SELECT id FROM b WHERE id = 7",
        "INSERT INTO a (gone) VALUES ('x')",
    )
    await small.do(BuildRequest("shop"))
    execute(
        small.owner,
        "INSERT INTO a (gone) VALUES ('y')",
        "ALTER TABLE a ADD fresh text",
        "ALTER TABLE a DROP gone",
        "DROP VIEW v",
        "CREATE VIEW v AS SELECT id FROM b WHERE id = 8",
        "DROP TABLE same",
        "CREATE TABLE c (id int)",
    )
    await small.do(BuildRequest("shop"))
    async with small.harbor() as harbor:
        found = await harbor.compare("shop:1", "shop")
        assert (await harbor.compare("shop", "shop")).as_json()["equal"] is True
        with pytest.raises(SnapshotUnknown):
            await harbor.compare("shop", "shop:7")
    arguments = {"snapshot": "shop", "since": "shop:1"}
    told, failed = await call_tool(small.harbor, "describe_snapshot", arguments, tell=print)
    assert found.tables == (
        TableChange("public.a", (1, 2), ("fresh",), ("gone",)),
        TableChange("public.c", (None, 0)),
        TableChange("public.same", (0, None)),
    )
    assert found.definitions == (
        DefinitionChange("TABLE public.a", "changed"),
        DefinitionChange("TABLE public.c", "added"),
        DefinitionChange("TABLE public.same", "removed"),
        DefinitionChange("VIEW public.v", "changed"),
    )
    assert not failed
    assert str(told["contents"]).splitlines()[1:-1] == [
        f"{found.first} -> {found.second}",
        "public.a: 1 rows -> 2 rows; columns +fresh, -gone",
        "public.c: not there -> 0 rows",
        "public.same: 0 rows -> not there",
        "changed: TABLE public.a",
        "added: TABLE public.c",
        "removed: TABLE public.same",
        "changed: VIEW public.v",
    ]


async def test_the_name_of_a_private_copy_is_no_difference(make_small: MakeSmall) -> None:
    small = make_small(
        "CREATE TABLE person (id int, email text)", rules="UPDATE person SET email = NULL WHERE true"
    )
    await small.sanitize()
    await small.sanitize(ephemeral=True)
    async with small.harbor() as harbor:
        assert (await harbor.compare("shop:1", "shop:0")).as_json()["equal"] is True


async def test_counters_of_mariadb_are_no_definition(mysql_shop: MysqlShop) -> None:
    shop = mysql_shop
    async with shop.harbor() as harbor:
        await do(harbor, BuildRequest("shop"))
        shop.query(shop.owner, "CREATE TABLE numbered (id int AUTO_INCREMENT PRIMARY KEY)")
        await do(harbor, BuildRequest("shop"))
        shop.query(shop.owner, "INSERT INTO numbered VALUES (), ()")
        await do(harbor, BuildRequest("shop"))
        grown = await harbor.compare("shop:1", "shop:0")
        made = await harbor.compare("shop:2", "shop:1")
    name = f"{shop.owner.database}.numbered"
    assert (grown.tables, grown.definitions) == ((TableChange(name, (0, 2)),), ())
    assert made.tables == (TableChange(name, (None, 0)),)
    assert [one.change for one in made.definitions] == ["added"]
