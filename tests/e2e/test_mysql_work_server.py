"""A private copy of a MariaDB source on a work server: under the source's own name, and nobody else's."""

from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.mysql import MysqlServer
from support.mysqlaccount import Account
from support.mysqlshop import RULES, MysqlShop
from support.shop import Shop, do

from snapharbor.engine.jobs.reaper import reap
from snapharbor.engine.ledger.presence import present
from snapharbor.engine.model.errors import ConfigInvalid, DatabaseFailed, DestinationProtected, RuleFailed
from snapharbor.engine.model.target import Rules, Target
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.operations.requests import BuildRequest, LoadRequest, SanitizeRequest

if TYPE_CHECKING:
    from snapharbor.engine.harbor import Harbor

pytestmark = [pytest.mark.server, pytest.mark.both_products(long=True)]
RAW = "SELECT count(*) FROM customers WHERE email NOT LIKE '%@example.com' OR phone LIKE '+49 171%'"
NOTE = "what somebody keeps there"


def names(server: MysqlServer) -> set[str]:
    return {str(name) for (name,) in server.query("SHOW DATABASES")}


@pytest.fixture
def worker(mysql_shop: MysqlShop, other_mysql: MysqlServer, account: Account) -> Generator[DatabaseUrl]:
    """Return the URL of an account of the work server that may do what is documented."""
    copied = mysql_shop.owner
    yield account(copied, "worker", server=other_mysql).on("work")
    other_mysql.query(f"DROP DATABASE IF EXISTS `{copied.database}`")


def working(shop: MysqlShop, worker: DatabaseUrl, query: str = RULES) -> Target:
    return replace(shop.target, rules=Rules(override_query=query, work_url=worker))


async def kept(harbor: "Harbor", worker: DatabaseUrl, name: str, note: str) -> None:
    await harbor.services.housekeeper(worker).create(name, note)


async def test_a_copy_is_made_there_and_nothing_of_it_stays(
    mysql_shop: MysqlShop, other_mysql: MysqlServer, worker: DatabaseUrl
) -> None:
    shop, before = mysql_shop, names(other_mysql)
    accounts = other_mysql.query("SELECT user, host FROM mysql.user")
    # What a definition or a rule says of its own database is true in the copy.
    named = RULES + f"UPDATE `{shop.owner.database}`.customers SET note = 'none' WHERE id < 10;"
    async with shop.harbor(working(shop, worker, named)) as harbor:
        plan = await harbor.plan(SanitizeRequest("shop", new=True))
        made = await harbor.run(plan)
        await do(harbor, LoadRequest("shop"))
        assert await harbor.services.ledger.leases() == []
    assert any("a new database on the work server" in step for step in plan.steps)
    assert made["clean"] is True
    assert shop.query(shop.destination, RAW) == [(0,)]
    assert shop.query(shop.destination, "SELECT count(*) FROM customers WHERE note = 'none'") == [(9,)]
    assert names(other_mysql) == before
    assert other_mysql.query("SELECT user, host FROM mysql.user") == accounts


async def test_a_stored_original_is_sanitized_there_and_a_rule_that_fails_leaves_nothing(
    mysql_shop: MysqlShop, other_mysql: MysqlServer, worker: DatabaseUrl
) -> None:
    shop, before = mysql_shop, names(other_mysql)
    failing = RULES + "UPDATE customers SET note = (SELECT email FROM orders) WHERE id < 10;"
    async with shop.harbor(working(shop, worker)) as harbor:
        await do(harbor, BuildRequest("shop"))
        await do(harbor, SanitizeRequest("shop"))
        await do(harbor, LoadRequest("shop"))
    assert shop.query(shop.destination, RAW) == [(0,)]
    async with shop.harbor(working(shop, worker, failing)) as harbor:
        with pytest.raises(RuleFailed):
            await do(harbor, SanitizeRequest("shop"))
    assert names(other_mysql) == before


@pytest.mark.parametrize("made_by", ["them", "us"])
async def test_a_server_that_has_a_database_of_that_name_is_refused_and_keeps_it(
    mysql_shop: MysqlShop, other_mysql: MysqlServer, worker: DatabaseUrl, made_by: str
) -> None:
    shop, name = mysql_shop, mysql_shop.owner.database
    async with shop.harbor(working(shop, worker)) as harbor:
        if made_by == "us":
            await kept(harbor, worker, name, NOTE)
        else:
            other_mysql.query(f"CREATE DATABASE `{name}`")
        with pytest.raises(DestinationProtected, match="already has a database"):
            await harbor.plan(SanitizeRequest("shop", new=True))
        errors = [(one.area, one.name) for one in await harbor.check() if one.level == "error"]
        assert errors == [("destination", "shop (sanitize)")]
    assert name in names(other_mysql)


async def test_the_servers_of_sources_are_refused(mysql_shop: MysqlShop) -> None:
    shop = mysql_shop
    async with shop.harbor(working(shop, shop.destination)) as harbor:
        with pytest.raises(DestinationProtected, match="holds a source"):
            await harbor.plan(SanitizeRequest("shop", new=True))
        errors = [(one.area, one.name) for one in await harbor.check() if one.level == "error"]
    assert errors == [("destination", "shop (sanitize)")]
    assert shop.databases() == {shop.owner.database}


async def test_a_server_of_another_kind_is_refused_before_anything_is_read(
    mysql_shop: MysqlShop, worker: DatabaseUrl, shop: Shop
) -> None:
    for target, work in ((mysql_shop.target, shop.destination), (shop.target, worker)):
        rules = Rules(override_query="UPDATE customers SET note = NULL", work_url=work)
        settings = mysql_shop.settings(replace(target, rules=rules))
        async with mysql_shop.harbor(settings=settings) as harbor:
            with pytest.raises(ConfigInvalid, match=r"is PostgreSQL, and|is MySQL or MariaDB, and"):
                await harbor.plan(SanitizeRequest("shop", new=True, original=True))
            errors = [one.name for one in await harbor.check() if one.level == "error"]
            assert errors == ["shop (sanitize)"]
            assert await harbor.jobs() == []


async def test_who_loses_the_race_for_the_name_leaves_the_winners_copy_alone(
    mysql_shop: MysqlShop, other_mysql: MysqlServer, worker: DatabaseUrl
) -> None:
    shop, name = mysql_shop, mysql_shop.owner.database
    async with shop.harbor(working(shop, worker)) as harbor:
        await do(harbor, BuildRequest("shop"))
        original = await harbor.snapshot("shop")
        async with harbor.services.workbench(original, worker):
            with pytest.raises(DatabaseFailed):
                async with harbor.services.workbench(original, worker):
                    pytest.fail("two copies of one name")
            assert name in names(other_mysql)
        assert name not in names(other_mysql)


@pytest.mark.parametrize("note", ["work copy 1", NOTE])
async def test_the_copy_of_a_dead_process_is_dropped_and_what_came_after_it_is_not(
    mysql_shop: MysqlShop, other_mysql: MysqlServer, worker: DatabaseUrl, note: str
) -> None:
    shop, name = mysql_shop, mysql_shop.owner.database
    async with shop.harbor(working(shop, worker)) as harbor:
        services = harbor.services
        with present(services.settings.working_directory / "run") as dead:
            pass
        leased = {"url": str(worker), "name": name, "noted": "work copy 1"}
        await services.ledger.add_lease("database", dead, leased)
        await kept(harbor, worker, name, note)
        await reap(services)
        assert await services.ledger.leases() == []
        assert (name in names(other_mysql)) == (note == NOTE)
        told = [link.what for link in await services.ledger.records()]
    assert ("reap: drop database" in told) == (note != NOTE)
