"""A suggestion taken as it is: nothing left to decide, and the same copy whichever way it is made."""

from dataclasses import replace

import pytest
from support.compare import differences, facts
from support.postgres import execute, query
from support.shop import Shop
from support.small import MakeSmall

from snapharbor.engine.model.suggestion import Suggestion
from snapharbor.engine.model.target import Rules
from snapharbor.engine.operations.requests import LoadRequest, SanitizeRequest

pytestmark = pytest.mark.server


async def suggested(shop: Shop, template: str = "pii") -> Suggestion:
    async with shop.harbor(replace(shop.target, rules=None)) as harbor:
        return await harbor.suggest("shop", template)


def taken(found: Suggestion) -> Rules:
    return Rules(override_query=f"sql:{found.sql}", policy="require")


async def test_the_demos_suggestion_leaves_nothing_and_both_ways_give_the_same(each_shop: Shop) -> None:
    shop = each_shop
    found = await suggested(shop)
    assert found.left == ()
    loaded: list[dict[str, object]] = []
    for ephemeral in (False, True):
        async with shop.harbor(replace(shop.target, rules=taken(found))) as harbor:
            plan = await harbor.plan(SanitizeRequest("shop", new=True, ephemeral=ephemeral))
            assert plan.arguments["strategy"] == ("ephemeral" if ephemeral else "pushdown")
            await harbor.run(plan, confirmed=True)
            await harbor.run(await harbor.plan(LoadRequest("shop")), confirmed=True)
        loaded.append(dict(facts(shop.destination)))
    assert differences(*loaded) == ["rows of public.snapharbor_info"]  # when it was made
    changed = differences(loaded[0], facts(shop.owner))
    assert all(name.startswith(("rows of", "large objects")) for name in changed)
    kept = "SELECT id, other_emails = '{}', (home).city IS NULL, favourite_order FROM customers ORDER BY id"
    assert query(shop.destination, kept) == query(shop.owner, kept)


@pytest.mark.parametrize("template", ["pii", "hipaa"])
async def test_the_wide_templates_leave_no_finding_on_the_demo(shop: Shop, template: str) -> None:
    found = await suggested(shop, template)
    async with shop.harbor(replace(shop.target, rules=taken(found))) as harbor:
        told = await harbor.explain("shop")
        again = await harbor.suggest("shop", template)
    assert [finding for finding in told.findings if finding.severity != "info"] == []
    assert not [column for column in told.coverage if column.undecided]
    assert told.not_said == ()
    assert (again.covered, again.left, again.outside) == ((), (), ())


async def test_a_narrow_template_leaves_the_rest_undecided_and_says_so(shop: Shop) -> None:
    found = await suggested(shop, "pci")
    outside = {(one.table, one.column) for one in found.outside}
    async with shop.harbor(replace(shop.target, rules=replace(taken(found), policy=None))) as harbor:
        undecided = {(one.table, one.column) for one in await harbor.coverage("shop") if one.undecided}
    stored = {place for place in undecided if place[0].name != "best_customers"}
    assert stored == outside
    assert outside


async def test_what_is_appended_to_rules_covers_what_they_leave(shop: Shop) -> None:
    own = "UPDATE customers SET email = 'user' || id || '@example.com', phone = NULL;"
    async with shop.harbor(replace(shop.target, rules=Rules(override_query=own))) as harbor:
        found = await harbor.suggest("shop")
    assert not {"email", "phone"} & {one.column for one in found.covered if one.table.name == "customers"}
    rules = Rules(override_query=f"{own}\n{found.sql}", policy="require")
    async with shop.harbor(replace(shop.target, rules=rules)) as harbor:
        told = await harbor.explain("shop")
    assert [finding for finding in told.findings if finding.severity != "info"] == []


async def test_reasons_are_offered_for_new_columns_in_which_nothing_personal_is_seen(
    make_small: MakeSmall,
) -> None:
    made = make_small(
        "CREATE TABLE people (id int PRIMARY KEY, mail text)", rules="UPDATE people SET mail = NULL"
    )
    await made.sanitize()
    execute(made.owner, 'ALTER TABLE people ADD theme text, ADD "do re" int, ADD phone text')
    async with made.harbor() as harbor:
        found = await harbor.suggest("shop")
    assert [one.column for one in found.covered] == ["phone"]
    reason = "nothing personal seen"
    assert found.keep == {"public.people.theme": reason, "public.people.do re": reason}
    assert (
        """
-- targets:
--   shop:
--     sanitize:
--       keep:
--         public.people.theme: nothing personal seen
--         "public.people.do re": nothing personal seen
"""
        in found.sql
    )
    decided = made.ruled(f"UPDATE people SET mail = NULL; {found.sql}", keep=found.keep, policy="require")
    async with decided.harbor() as harbor:
        assert (await harbor.explain("shop")).blocking == ()
        assert (await harbor.suggest("shop")).keep == {}


async def test_no_value_of_the_source_is_in_a_suggestion(shop: Shop) -> None:
    said = repr(await suggested(shop))
    for value in ("björn", "Novak", "post.example", "1000037", "Köln", "Post"):
        assert value not in said
