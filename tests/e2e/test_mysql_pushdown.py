"""Rules that run while a MariaDB source is read, through the highest door."""

from dataclasses import replace

import pytest
from support.compare_mysql import Facts, differences, facts
from support.mysqlshop import MysqlShop
from support.shop import do

from snapharbor.engine.model.errors import RuleFailed
from snapharbor.engine.model.explanation import TableWay
from snapharbor.engine.model.finding import Accepted
from snapharbor.engine.model.target import Rules
from snapharbor.engine.operations.requests import LoadRequest, SanitizeRequest

pytestmark = [pytest.mark.server, pytest.mark.both_products]
RULES = """
UPDATE customers SET
    last_name = snapharbor.last_name(last_name),
    phone = snapharbor.phone(phone),
    born = snapharbor.birth_date(born),
    profile = snapharbor.json(profile, '$.contact.backup', email),
    note = NULL
WHERE id > 3;
DELETE FROM audit WHERE true;
UPDATE mail_queue SET recipient = snapharbor.email(recipient);
"""
RAW = "SELECT count(*) FROM customers WHERE id > 3 AND (phone LIKE '+49 171%' OR note IS NOT NULL)"


async def test_nothing_raw_leaves_the_source(mysql_shop: MysqlShop) -> None:
    shop = mysql_shop
    before = facts(shop.server, shop.owner.database)
    async with shop.harbor(replace(shop.target, rules=Rules(override_query=RULES))) as harbor:
        plan = await harbor.plan(SanitizeRequest("shop", new=True))
        made = await do(harbor, SanitizeRequest("shop", new=True))
        (stored,) = await harbor.snapshots()
        await do(harbor, LoadRequest("shop"))
    tables = (f"{shop.source.database}.{name}" for name in ("audit", "customers", "mail_queue"))
    assert plan.arguments["strategy"] == "pushdown"
    assert plan.facts["strategy"] == dict.fromkeys(tables, "pushdown")
    assert stored.manifest.sanitization is not None
    assert (stored.manifest.sanitization.strategy, stored.manifest.kind) == ("pushdown", "sanitized")
    assert isinstance(made["timings"], dict)
    assert "restore" not in made["timings"]
    assert facts(shop.server, shop.owner.database) == before, "the source was changed"
    assert shop.query(shop.destination, RAW) == [(0,)]
    changed = "SELECT DISTINCT changed FROM customers"
    assert shop.query(shop.destination, changed) == shop.query(shop.owner, changed)


async def test_a_copy_gives_the_same_database(mysql_shop: MysqlShop) -> None:
    shop, found = mysql_shop, list[Facts]()
    async with shop.harbor(replace(shop.target, rules=Rules(override_query=RULES))) as harbor:
        for ephemeral in (False, True):
            await do(harbor, SanitizeRequest("shop", new=True, ephemeral=ephemeral))
            await do(harbor, LoadRequest("shop"))
            found.append(facts(shop.server, shop.destination.database))
    reading, copy = found
    assert set(differences(reading, copy)) <= {"rows of snapharbor_info"}


async def test_originals_are_looked_for(mysql_shop: MysqlShop) -> None:
    rules = RULES.replace("DELETE FROM audit WHERE true;", "")
    async with mysql_shop.harbor(replace(mysql_shop.target, rules=Rules(override_query=rules))) as harbor:
        made = await do(harbor, SanitizeRequest("shop", new=True))
    assert made["clean"] is False
    assert "audit" in str(made["leaks"])


async def accepting(shop: MysqlShop, text: str) -> Rules:
    """Return rules of which somebody accepted what is foreseen: the run itself has to refuse them."""
    rules = Rules(override_query=text)
    async with shop.harbor(replace(shop.target, rules=rules)) as harbor:
        found = (await harbor.explain("shop")).blocking
    assert found
    return replace(rules, accept=tuple(Accepted(one.fingerprint, "tried", "somebody") for one in found))


async def test_a_value_that_an_update_refuses_leaves_no_snapshot(mysql_shop: MysqlShop) -> None:
    rules = await accepting(mysql_shop, "UPDATE customers SET last_name = repeat(last_name, 20)")
    async with mysql_shop.harbor(replace(mysql_shop.target, rules=rules)) as harbor:
        with pytest.raises(RuleFailed, match=r"customers` give a value that its column refuses") as caught:
            await do(harbor, SanitizeRequest("shop", new=True))
        assert await harbor.snapshots() == []
    assert "--ephemeral" in caught.value.hint


async def test_two_values_that_become_one_leave_no_snapshot(mysql_shop: MysqlShop) -> None:
    rules = await accepting(mysql_shop, "UPDATE products SET sku = left(sku, 5)")
    async with mysql_shop.harbor(replace(mysql_shop.target, rules=rules)) as harbor:
        with pytest.raises(RuleFailed, match="constraint `PRIMARY` of"):
            await do(harbor, SanitizeRequest("shop", new=True))
        assert await harbor.snapshots() == []


async def test_why_a_table_goes_into_a_copy_is_told(mysql_shop: MysqlShop) -> None:
    rules = Rules(
        override_query="UPDATE customers SET phone = NULL;\n"
        "UPDATE customers SET note = 'x' WHERE phone IS NULL;\nDELETE FROM audit;"
    )
    async with mysql_shop.harbor(replace(mysql_shop.target, rules=rules)) as harbor:
        told = await harbor.explain("shop")
    name = mysql_shop.source.database
    assert told.strategy == {
        f"{name}.audit": TableWay("pushdown"),
        f"{name}.customers": TableWay("ephemeral", "`phone` is read after it was set", 2, 1),
    }
