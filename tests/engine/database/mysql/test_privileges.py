"""What docs/guides/privileges-mysql.md grants is enough, and what is missing is said."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from support.compare_mysql import differences, facts
from support.mysql import NewSchema
from support.mysqlaccount import PAGE, Account
from support.mysqlshop import MysqlShop
from support.shop import do

from snapharbor.engine.model.errors import PrivilegeMissing, SourceUnsuitable
from snapharbor.engine.operations.requests import BuildRequest, LoadRequest

pytestmark = pytest.mark.both_products

ROUTINES = {True: "routines", False: "routines_mysql"}
WORKER = Path(__file__).parents[3] / "e2e" / "test_mysql_work_server.py"
MYISAM = "CREATE TABLE old (id int) ENGINE=MyISAM; INSERT INTO old VALUES (1);"


async def test_a_reader_with_every_right_reads_all_of_it_and_cannot_write(
    mysql_shop: MysqlShop, account: Account
) -> None:
    shop = mysql_shop
    source = account(shop.owner, "reader", ROUTINES[shop.server.mariadb], "reload")
    async with shop.harbor(replace(shop.target, source=source)) as harbor:
        plan = await harbor.plan(BuildRequest("shop"))
        built = await harbor.run(plan)
        await do(harbor, LoadRequest("shop", original=True))
    assert (plan.warnings, built["left_out"]) == ((), [])
    assert "2 workers" in plan.steps[0]
    copy = facts(shop.server, shop.destination.database)
    assert differences(facts(shop.server, shop.owner.database), copy) == []


async def test_a_reader_with_few_rights_reads_alone_and_what_it_cannot_see_is_said(
    mysql_shop: MysqlShop, account: Account
) -> None:
    shop = mysql_shop
    source = account(shop.owner)
    shop.server.query(f"GRANT SELECT, SHOW VIEW ON `{source.database}`.* TO {source.user}@localhost")
    async with shop.harbor(replace(shop.target, source=source)) as harbor:
        plan = await harbor.plan(BuildRequest("shop"))
        built = await harbor.run(plan)
        await do(harbor, LoadRequest("shop", original=True))
    assert "one connection alone" in plan.steps[0]
    assert isinstance(built["left_out"], list)
    assert len(built["left_out"]) == 4
    different = differences(
        facts(shop.server, shop.owner.database), facts(shop.server, shop.destination.database)
    )
    assert different == ["events", "parameters", "routines", "triggers"]


async def test_a_reader_that_may_not_see_a_view_is_refused(mysql_shop: MysqlShop, account: Account) -> None:
    source = account(mysql_shop.owner)
    mysql_shop.server.query(f"GRANT SELECT ON `{source.database}`.* TO {source.user}@localhost")
    async with mysql_shop.harbor(replace(mysql_shop.target, source=source)) as harbor:
        with pytest.raises(PrivilegeMissing):
            await do(harbor, BuildRequest("shop"))


async def test_tables_without_transactions_are_locked_or_refused(
    mysql_shop: MysqlShop, account: Account
) -> None:
    shop = mysql_shop
    shop.server.load(shop.owner.database, MYISAM.encode())
    source = account(shop.owner, "reader", ROUTINES[shop.server.mariadb], "reload")
    async with shop.harbor(replace(shop.target, source=source)) as harbor:
        with pytest.raises(SourceUnsuitable):
            await do(harbor, BuildRequest("shop"))
    source = account(shop.owner, "reader", ROUTINES[shop.server.mariadb], "lock")
    async with shop.harbor(replace(shop.target, source=source)) as harbor:
        built = await do(harbor, BuildRequest("shop"))
    assert isinstance(built["left_out"], list)
    assert any("without transactions" in str(sentence) for sentence in built["left_out"])


async def test_a_loader_replaces_what_its_rights_name_and_nothing_else(
    mysql_shop: MysqlShop, account: Account, new_schema: NewSchema
) -> None:
    shop = mysql_shop
    destination = account(shop.destination, "loader")
    async with shop.harbor(replace(shop.target, destination=destination)) as harbor:
        await do(harbor, BuildRequest("shop"))
        await do(harbor, LoadRequest("shop", original=True))
        await do(harbor, LoadRequest("shop", original=True, keep_previous=True))
        copy = facts(shop.server, shop.destination.database)
        # A view belongs to whoever loads it.
        assert differences(facts(shop.server, shop.owner.database), copy) == ["definition of vip"]
        nobody = account(shop.destination, "reader")
        with pytest.raises(PrivilegeMissing):
            await harbor.plan(LoadRequest("shop", destination=nobody, original=True))


def test_every_block_of_the_page_is_tested() -> None:
    ours = Path(__file__).read_text() + WORKER.read_text()
    named = re.findall(r"<!-- block: (\w+) -->", PAGE.read_text())
    assert len(named) == PAGE.read_text().count("```sql")
    assert all(f'"{name}"' in ours for name in named)
