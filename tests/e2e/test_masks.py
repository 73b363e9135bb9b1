"""Masks by name, in SQL and in the configuration: the same copy, whichever way and whenever it is made."""

from dataclasses import replace

import pytest
from support.postgres import query
from support.shop import MASKING_KEY, Shop

from snapharbor.engine.harbor import Harbor
from snapharbor.engine.model.errors import ConfigMissing
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.target import Rules
from snapharbor.engine.operations.requests import LoadRequest, SanitizeRequest

pytestmark = pytest.mark.server

MASKS = {
    "customers.email": "email",
    "customers.first_name": "first-name",
    "customers.other_emails": "email",
    "public.customers.profile": "json('$.contact.backup', email)",
    "crm.notes.body": "redact",
}
READ = "SELECT id, email, first_name, other_emails, profile #>> '{contact,backup}' FROM customers ORDER BY id"


async def copied(harbor: Harbor, *, ephemeral: bool = False) -> str:
    await harbor.run(
        await harbor.plan(SanitizeRequest("shop", new=True, ephemeral=ephemeral)), confirmed=True
    )
    done = await harbor.run(await harbor.plan(LoadRequest("shop")), confirmed=True)
    return str(done["snapshot"])


async def test_masks_of_the_configuration_give_the_same_copy_either_way(each_shop: Shop) -> None:
    shop = each_shop
    strategies: list[str] = []
    copies: list[list[tuple[object, ...]]] = []
    async with shop.harbor(replace(shop.target, rules=Rules(mask=MASKS))) as harbor:
        for ephemeral in (False, True):
            snapshot = await harbor.snapshot(await copied(harbor, ephemeral=ephemeral))
            assert snapshot.manifest.sanitization is not None
            strategies.append(snapshot.manifest.sanitization.strategy)
            copies.append(query(shop.destination, READ))
    assert strategies == ["pushdown", "ephemeral"]
    assert copies[0] == copies[1]
    before, after = query(shop.owner, READ), copies[0]
    assert len({row[1] for row in after}) == len(before)
    assert {str(row[1]).partition("@")[2] for row in after} == {"example.com"}
    for column in range(1, len(before[0])):
        assert not {repr(row[column]) for row in before} & {repr(row[column]) for row in after} - {
            "[]",
            "None",
        }


async def test_masks_come_after_the_sql(shop: Shop) -> None:
    rules = Rules(override_query="UPDATE customers SET email = 'same' || id || '@x.org' -- first", mask=MASKS)
    async with shop.harbor(replace(shop.target, rules=rules)) as harbor:
        await copied(harbor)
        masked = query(shop.destination, "SELECT email FROM customers WHERE id = 1")
        plain = replace(rules, override_query=None)
    async with shop.harbor(replace(shop.target, rules=plain)) as harbor:
        await copied(harbor)
    assert masked != query(shop.destination, "SELECT email FROM customers WHERE id = 1")
    assert str(masked[0][0]).endswith("@example.com")


async def test_neither_plan_nor_record_holds_what_opens_masks(shop: Shop) -> None:
    async with shop.harbor(replace(shop.target, rules=Rules(mask=MASKS))) as harbor:
        plan = await harbor.plan(SanitizeRequest("shop", new=True))
        await harbor.run(plan, confirmed=True)
        snapshot = await harbor.snapshot("shop")
        told = repr((plan, snapshot, await harbor.explain("shop"), await harbor.audit()))
    assert "sha256" not in told
    assert MASKING_KEY.reveal() not in told
    assert plan.facts["tier"] == "sanitize.mask"


async def test_without_a_key_nothing_is_masked_and_it_is_said(shop: Shop) -> None:
    settings = shop.settings(replace(shop.target, rules=Rules(mask=MASKS)), masking_key=Secret(""))
    async with shop.harbor(settings=settings) as harbor:
        with pytest.raises(ConfigMissing):
            await harbor.plan(SanitizeRequest("shop", new=True))
