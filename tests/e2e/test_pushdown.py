"""Sanitizing while the source is read: one pass, no original, and the same result as in a copy."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from support.compare import differences, facts
from support.postgres import execute, query
from support.shop import DEMO, Shop

from snapharbor.engine.harbor import Harbor
from snapharbor.engine.model.errors import EngineError, RuleFailed, SnapshotUnknown
from snapharbor.engine.model.finding import Accepted
from snapharbor.engine.model.json import JsonObject
from snapharbor.engine.model.plan import Plan
from snapharbor.engine.model.target import Rules
from snapharbor.engine.operations.requests import BuildRequest, LoadRequest, SanitizeRequest, VerifyRequest

pytestmark = pytest.mark.server


@asynccontextmanager
async def harbor_with(shop: Shop, rules: str | None = None, **changes: object) -> AsyncGenerator[Harbor]:
    """Open a harbor whose target has these rules, the demo's own if none are given."""
    text = (DEMO / "rules.sql").read_text() if rules is None else rules
    target = replace(shop.target, rules=Rules(override_query=f"sql:{text}", **changes))  # type: ignore[arg-type]
    async with shop.harbor(target) as harbor:
        yield harbor


async def sanitize(harbor: Harbor, *, ephemeral: bool = False, original: bool = False) -> JsonObject:
    request = SanitizeRequest("shop", new=True, ephemeral=ephemeral, original=original)
    plan = await harbor.plan(request)
    return await harbor.run(plan, confirmed=True)


async def planned(harbor: Harbor) -> Plan:
    return await harbor.plan(SanitizeRequest("shop", new=True))


async def test_both_strategies_load_as_the_same_database(each_shop: Shop) -> None:
    shop = each_shop
    loaded: list[object] = []
    for ephemeral in (False, True):
        async with harbor_with(shop) as harbor:
            made = await sanitize(harbor, ephemeral=ephemeral)
            await harbor.run(await harbor.plan(VerifyRequest(str(made["snapshot"]))), confirmed=True)
            load = await harbor.plan(LoadRequest(str(made["snapshot"])))
            await harbor.run(load, confirmed=True)
        loaded.append(facts(shop.destination, shop.server.tools))
    # Only the marker says which of them it is.
    assert differences(loaded[0], loaded[1]) == ["rows of public.snapharbor_info"]  # type: ignore[arg-type]


async def test_the_plan_says_which_table_is_read_how(shop: Shop) -> None:
    async with harbor_with(shop, "UPDATE customers SET phone = NULL;\n\nTRUNCATE audit") as harbor:
        plan = await planned(harbor)
    assert plan.arguments["strategy"] == "pushdown"
    assert plan.facts["strategy"] == {"public.audit": "pushdown", "public.customers": "pushdown"}
    assert "`public.customers`: read through line 1" in plan.steps
    assert "`public.audit`: not read, line 3" in plan.steps


async def test_only_the_tables_of_a_hazard_go_into_a_copy(shop: Shop) -> None:
    rules = "UPDATE customers SET phone = NULL;\nINSERT INTO sessions SELECT * FROM sessions WHERE false"
    async with harbor_with(shop, rules) as harbor:
        plan = await planned(harbor)
        made = await harbor.run(plan, confirmed=True)
        (kept,) = await harbor.snapshots("shop")
    assert plan.arguments["strategy"] == "mixed"
    assert plan.facts["strategy"] == {"public.customers": "pushdown", "public.sessions": "ephemeral"}
    assert "raw rows of `public.sessions` leave the source" in plan.warnings[0]
    assert any("line 2" in warning and "INSERT" in warning for warning in plan.warnings)
    assert (kept.id, kept.manifest.kind, kept.manifest.parent) == (made["snapshot"], "sanitized", None)
    assert kept.manifest.sanitization is not None
    assert kept.manifest.sanitization.tables == plan.facts["strategy"]
    assert not list((shop.directory / "tmp").glob("spool-*"))


async def test_a_hazard_everywhere_sends_everything_into_a_copy(shop: Shop) -> None:
    rules = "INSERT INTO sessions SELECT * FROM sessions WHERE false"
    async with harbor_with(shop, rules) as harbor:
        plan = await planned(harbor)
        await harbor.run(plan, confirmed=True)
        kinds = [found.manifest.kind for found in await harbor.snapshots("shop")]
    assert plan.arguments["strategy"] == "ephemeral"
    assert sorted(kinds) == ["original", "sanitized"]


async def test_a_copy_for_some_tables_gives_the_same_database(each_shop: Shop) -> None:
    """The demo's rules and one that no reading can do: what it removes takes other tables with it."""
    shop = each_shop
    odd = """
UPDATE customers SET favourite_order = NULL WHERE true;
DELETE FROM "Order" WHERE id % 97 = 0 RETURNING id;
"""
    rules = (DEMO / "rules.sql").read_text() + odd
    loaded: list[object] = []
    for ephemeral in (False, True):
        async with harbor_with(shop, rules) as harbor:
            request = SanitizeRequest("shop", new=True, ephemeral=ephemeral)
            plan = await harbor.plan(request)
            made = await harbor.run(plan, confirmed=True)
            await harbor.run(await harbor.plan(LoadRequest(str(made["snapshot"]))), confirmed=True)
        assert plan.arguments["strategy"] == ("ephemeral" if ephemeral else "mixed")
        assert made["clean"]
        loaded.append(facts(shop.destination, shop.server.tools))
    assert differences(loaded[0], loaded[1]) == ["rows of public.snapharbor_info"]  # type: ignore[arg-type]


async def test_a_snapshot_that_was_never_raw_has_no_original(shop: Shop) -> None:
    async with harbor_with(shop) as harbor:
        made = await sanitize(harbor)
        with pytest.raises(SnapshotUnknown):
            await harbor.plan(LoadRequest("shop", original=True))
        with pytest.raises(SnapshotUnknown):
            await harbor.plan(SanitizeRequest("shop", snapshot=str(made["snapshot"])))
        found = await harbor.snapshot("shop")
    assert (found.id, found.manifest.parent) == (made["snapshot"], None)


async def test_an_original_is_kept_when_it_is_asked_for(shop: Shop) -> None:
    async with harbor_with(shop) as harbor:
        made = await sanitize(harbor, original=True)
        sanitized, original = await harbor.snapshots("shop")
    assert (sanitized.id, sanitized.manifest.parent) == (made["snapshot"], original.id)


async def test_an_original_that_exists_is_what_is_sanitized(shop: Shop) -> None:
    async with harbor_with(shop) as harbor:
        built = await harbor.run(await harbor.plan(BuildRequest("shop")), confirmed=True)
        plan = await harbor.plan(SanitizeRequest("shop"))
    assert plan.arguments["strategy"] == "ephemeral"
    assert plan.arguments["snapshot"] == built["snapshot"]


@pytest.mark.parametrize(
    ("rules", "constraint"),
    [
        ("UPDATE customers SET email = 'x' || length(email) || '@example.com'", "customers_email_key"),
        ("UPDATE customers SET email = split_part(email, '@', 2)", "email_address_check"),
        ('UPDATE "Order" SET customer_id = -customer_id', "Order_customer_id_fkey"),
        ("UPDATE customers SET email = nullif(email, email) WHERE id = 7", "email NOT NULL"),
    ],
)
async def test_a_constraint_that_does_not_hold_is_named_and_nothing_is_kept(
    shop: Shop, rules: str, constraint: str
) -> None:
    async with harbor_with(shop, rules) as harbor:
        found = (await harbor.explain("shop")).blocking
    accept = tuple(Accepted(one.fingerprint, "to see what happens", "ana") for one in found)
    async with harbor_with(shop, rules, accept=accept) as harbor:
        plan = await planned(harbor)
        assert plan.arguments["strategy"] == "pushdown"
        with pytest.raises(RuleFailed) as caught:
            await harbor.run(plan, confirmed=True)
        assert not await harbor.snapshots("shop")
    assert caught.value.details["constraint"] == constraint


async def test_a_rule_that_fails_on_a_value_keeps_nothing_and_tells_no_value(shop: Shop) -> None:
    rules = "UPDATE customers SET birth_date = (first_name || 'x')::date"
    async with harbor_with(shop, rules) as harbor:
        found = (await harbor.explain("shop")).blocking
    assert {finding.line for finding in found} == {1}
    accept = tuple(Accepted(one.fingerprint, "to see what happens", "ana") for one in found)
    async with harbor_with(shop, rules, accept=accept) as harbor:
        with pytest.raises(EngineError) as caught:
            await sanitize(harbor)
        assert not await harbor.snapshots("shop")
    assert isinstance(caught.value, RuleFailed)
    ((name,),) = query(shop.owner, "SELECT first_name FROM customers ORDER BY id LIMIT 1")
    assert str(name) not in str(caught.value.message)


PLACED = (
    ("\n  UPDATE customers SET phone = NULL,\n    birth_date = (first_name || 'x')::date", (3, 18)),
    ("UPDATE products SET sku = sku; UPDATE customers SET phone = 'x' WHERE phone::int = 1", (1, 71)),
    ("UPDATE customers SET phone = 'x';\nUPDATE customers SET birth_date = phone::date", (2, 35)),
)


@pytest.mark.parametrize(("rules", "place"), PLACED)
async def test_what_fails_while_reading_is_told_with_its_place(
    shop: Shop, rules: str, place: tuple[int, int]
) -> None:
    async with harbor_with(shop, rules) as harbor:
        found = (await harbor.explain("shop")).blocking
    accept = tuple(Accepted(one.fingerprint, "to see what happens", "ana") for one in found)
    async with harbor_with(shop, rules, accept=accept) as harbor:
        with pytest.raises(RuleFailed) as caught:
            await sanitize(harbor)
    details = caught.value.details
    assert (details["line"], details["column"], details["table"]) == (*place, "public.customers")


async def test_a_condition_that_fails_in_a_copy_is_told_with_its_place(shop: Shop) -> None:
    rules = "UPDATE products SET sku = sku;\n DELETE FROM customers WHERE phone::int = 1"
    async with harbor_with(shop, rules) as harbor:
        found = (await harbor.explain("shop")).blocking
    accept = tuple(Accepted(one.fingerprint, "to see what happens", "ana") for one in found)
    async with harbor_with(shop, rules, accept=accept) as harbor:
        with pytest.raises(RuleFailed) as caught:
            await sanitize(harbor, ephemeral=True)
    assert (caught.value.details["line"], caught.value.details["column"]) == (2, 2)


async def test_only_what_a_copy_counted_is_attested_as_touched(shop: Shop) -> None:
    rules = "UPDATE customers SET phone = NULL WHERE id < 8; TRUNCATE audit"
    counted: list[object] = []
    for ephemeral in (False, True):
        async with harbor_with(shop, rules) as harbor:
            made = await sanitize(harbor, ephemeral=ephemeral)
            done = (await harbor.snapshot(str(made["snapshot"]))).manifest.sanitization
        counted.append(done.rows_touched if done else ())
    assert counted == [None, {"public.customers": 7}]


async def test_a_rule_that_the_source_cannot_parse_is_refused_before_anything_is_read(shop: Shop) -> None:
    async with harbor_with(
        shop, "UPDATE customers SET phone = NULL;\nUPDATE customers SET birth_date = 1"
    ) as harbor:
        with pytest.raises(RuleFailed) as caught:
            await harbor.plan(SanitizeRequest("shop", new=True))
    assert caught.value.details["line"] == 2


async def test_a_source_that_changed_after_the_plan_is_not_read_raw(shop: Shop) -> None:
    async with harbor_with(shop, "UPDATE customers SET phone = NULL") as harbor:
        plan = await planned(harbor)
        execute(shop.owner, "CREATE RULE quiet AS ON UPDATE TO customers DO INSTEAD NOTHING")
        with pytest.raises(EngineError) as caught:
            await harbor.run(plan, confirmed=True)
        assert not await harbor.snapshots("shop")
    assert caught.value.code == "source-unsuitable"


async def test_many_slices_of_one_table_share_one_moment(shop: Shop) -> None:
    execute(
        shop.owner,
        "CREATE TABLE wide (id int, at timestamptz, note text)",
        "INSERT INTO wide SELECT i, '2000-01-01', repeat(md5(i::text), 30) FROM generate_series(1, 90000) i",
        "GRANT SELECT ON wide TO PUBLIC",
    )
    async with harbor_with(shop, "UPDATE wide SET at = now(), note = id || ' ' || current_date") as harbor:
        await sanitize(harbor)
        await harbor.run(await harbor.plan(LoadRequest("shop")), confirmed=True)
    assert query(shop.destination, "SELECT count(*), count(DISTINCT at), count(DISTINCT note) FROM wide") == [
        (90000, 1, 90000)
    ]
    assert query(shop.destination, "SELECT max(at) > '2020-01-01' FROM wide") == [(True,)]


async def test_unsafe_rules_run_only_where_the_configuration_allows_them(shop: Shop) -> None:
    rules = "DO $$ BEGIN UPDATE customers SET phone = 'x'; END $$"
    async with harbor_with(shop, rules) as harbor:
        with pytest.raises(EngineError) as caught:
            await planned(harbor)
    assert caught.value.code == "rule-refused"
    async with harbor_with(shop, rules, allow_unsafe=True) as harbor:
        plan = await planned(harbor)
        assert (plan.arguments["strategy"], plan.arguments["ephemeral"]) == ("ephemeral", True)
        assert any("unsafe" in warning for warning in plan.warnings)
        await harbor.run(plan, confirmed=True)
        await harbor.run(await harbor.plan(LoadRequest("shop")), confirmed=True)
    assert query(shop.destination, "SELECT DISTINCT phone FROM customers") == [("x",)]


async def test_temporary_tables_are_rules_of_a_copy(shop: Shop) -> None:
    rules = """CREATE TEMP TABLE fresh AS SELECT id, 'new' || id AS phone FROM customers;
UPDATE customers SET phone = (SELECT phone FROM fresh WHERE fresh.id = customers.id)"""
    async with harbor_with(shop, rules) as harbor:
        await sanitize(harbor)
        await harbor.run(await harbor.plan(LoadRequest("shop")), confirmed=True)
    assert query(shop.destination, "SELECT count(*) FROM customers WHERE phone <> 'new' || id") == [(0,)]
    assert query(shop.destination, "SELECT to_regclass('fresh')") == [(None,)]
