"""What rules would do is said before anything runs, without a value of the source."""

from dataclasses import replace

import pytest
from support.shop import Shop
from support.small import MakeSmall

from snapharbor.engine.model.explanation import Explanation, Shape, TableWay
from snapharbor.engine.model.target import Rules
from snapharbor.engine.operations.requests import SanitizeRequest
from snapharbor.engine.report.plain import as_json
from snapharbor.engine.report.text import lines

pytestmark = pytest.mark.server


async def explained(shop: Shop, text: str | None = None) -> Explanation:
    target = replace(shop.target, rules=Rules(override_query=text)) if text else shop.target
    async with shop.harbor(target) as harbor:
        return await harbor.explain("shop")


async def test_the_demo_rules_are_told_with_rows_and_shapes(each_shop: Shop) -> None:
    told = await explained(each_shop)
    assert told.blocking == ()
    assert [rule.rows for rule in told.rules[:3]] == [12000, 22000, 11000]
    assert all(rule.counted for rule in told.rules[:6])
    email = told.rules[0].columns[0]
    assert email.column == "email"
    assert all(shape.after and shape.after.endswith("@aaaaaaa.aaa") for shape in email.shapes)
    assert email.shapes[0].before
    assert not set(email.shapes[0].before) - set("Aa9.@")
    assert {"triggers", "materialized-view"} <= {finding.code for finding in told.findings}
    assert told.not_said == ()


async def test_no_value_of_the_source_is_in_an_explanation(shop: Shop) -> None:
    said = repr(await explained(shop))
    for value in ("björn", "Novak", "post.example", "1000037", "Köln"):
        assert value not in said


async def test_what_would_fail_blocks_and_names_its_line(shop: Shop) -> None:
    told = await explained(
        shop, "-- first\nUPDATE customers SET emial = 'x';\nUPDATE customers SET email = 'y'"
    )
    assert [(one.code, one.line) for one in told.blocking] == [("unknown-column", 2), ("unique-constant", 3)]


async def test_a_rule_that_touches_nothing_is_told(shop: Shop) -> None:
    told = await explained(shop, "UPDATE customers SET phone = NULL WHERE last_name = 'meyer'")
    assert (told.rules[0].rows, told.rules[0].counted) == (0, True)
    assert "no-rows" in {finding.code for finding in told.findings}


async def test_null_keeps_its_shape(shop: Shop) -> None:
    told = await explained(shop, "UPDATE shipments SET driver = NULL WHERE carrier = 'Post'")
    shapes = told.rules[0].columns[0].shapes
    assert len(shapes) == 3
    assert set(shapes) <= {Shape("Aaaaaa 9", None), Shape("Aaaaaa 99", None)}


async def test_a_question_that_the_source_refuses_is_said(shop: Shop) -> None:
    told = await explained(shop, "UPDATE customers SET birth_date = 'never'::date WHERE phone::int = 1")
    assert told.not_said
    assert told.rules[0].rows is None


async def test_an_accepted_finding_stops_nothing(shop: Shop) -> None:
    from snapharbor.engine.model.finding import Accepted

    text = "UPDATE products SET sku = 'x'"
    first = await explained(shop, text)
    accepted = tuple(Accepted(one.fingerprint, "on purpose", "ana") for one in first.blocking)
    async with shop.harbor(replace(shop.target, rules=Rules(override_query=text, accept=accepted))) as harbor:
        told = await harbor.explain("shop")
    assert first.blocking
    assert told.blocking == ()
    assert told.accepted == accepted


async def test_masks_are_told_by_name_and_shape_and_what_does_not_fit_blocks(shop: Shop) -> None:
    told = await explained(
        shop,
        "UPDATE customers SET email = snapharbor.email(email), phone = snapharbor.phone(phone);\n"
        "UPDATE customers SET birth_date = snapharbor.email(birth_date)",
    )
    assert [(one.code, one.line, one.column) for one in told.blocking] == [("mask-unfit", 2, "birth_date")]
    email, phone = told.rules[0].columns
    assert email.words == "masked as email, the same for the same input"
    assert all((shape.after or "").endswith("@aaaaaaa.aaa") for shape in email.shapes)
    assert {shape.after for shape in phone.shapes} == {"+999999999999999"}
    assert told.plan is None


async def test_a_mask_that_only_decorates_blocks_and_names_a_keyed_one(shop: Shop) -> None:
    text = "UPDATE customers SET email = upper(email) || '.invalid'; UPDATE products SET sku = sku || 'x'"
    target = replace(shop.target, rules=Rules(override_query=text, policy="require"))
    async with shop.harbor(target) as harbor:
        told = await harbor.explain("shop")
    weak = {
        (one.severity, one.table, one.column, one.line) for one in told.findings if one.code == "weak-mask"
    }
    assert weak == {
        ("error", "public.customers", "email", 1),
        ("warning", "public.products", "sku", 1),
    }
    hint = next(one.hint for one in told.blocking if one.code == "weak-mask")
    assert "`snapharbor.email(email)`" in hint
    kept = Rules(override_query=text, policy="require", keep={"public.customers.email": "only ours"})
    async with shop.harbor(replace(shop.target, rules=kept)) as harbor:
        told = await harbor.explain("shop")
    assert ("public.customers", "email") not in {(one.table, one.column) for one in told.blocking}


TABLES = (
    "CREATE TABLE people (id int PRIMARY KEY, mail text)",
    "CREATE TABLE names (id int, name text)",
    "CREATE TABLE visits (id int, at date, who text) PARTITION BY RANGE (at)",
    "CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
    "CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')",
    "CREATE TABLE bound (id int, name text)",
)
SUBSELECT = "a sub-select on `public.bound`, which rules change"
BY_READING = "UPDATE visits SET who = NULL;"
IN_A_COPY = """
  UPDATE people SET mail = n.name FROM names n WHERE n.id = people.id;
  UPDATE bound SET name = 'x'; UPDATE people SET mail = (SELECT max(name) FROM bound);
"""


async def test_where_each_table_is_changed_is_told_with_what_forces_it(make_small: MakeSmall) -> None:
    made = make_small(*TABLES, rules=BY_READING + IN_A_COPY)
    async with made.harbor() as harbor:
        told = await harbor.explain("shop")
    assert told.strategy == {
        "public.bound": TableWay("ephemeral", SUBSELECT, 3, 32),
        "public.people": TableWay("ephemeral", "UPDATE with FROM", 2, 3),
        "public.visits": TableWay("pushdown"),
    }
    assert "    because of line 2, column 3: UPDATE with FROM" in [*lines(told)]
    value = as_json(told)["strategy"]
    assert value["public.visits"] == {"way": "pushdown", "reason": "", "line": 0, "column": 0}  # type: ignore[index,call-overload]


async def test_only_what_rules_change_is_told_as_changed_in_a_copy(make_small: MakeSmall) -> None:
    made = make_small(*TABLES, rules=IN_A_COPY)
    async with made.harbor() as harbor:
        told = await harbor.explain("shop")
        plan = await harbor.plan(SanitizeRequest("shop", new=True, ephemeral=True))
    assert set(told.strategy) == {"public.bound", "public.people"}
    assert plan.facts["strategy"] == {"public.bound": "ephemeral", "public.people": "ephemeral"}


async def test_a_rule_for_one_partition_is_told_of_that_one(make_small: MakeSmall) -> None:
    made = make_small(*TABLES, rules="UPDATE visits_2 SET who = statement_timestamp()::text")
    async with made.harbor() as harbor:
        told = await harbor.explain("shop")
    reason = "`statement_timestamp` depends on the session"
    assert told.strategy == {"public.visits_2": TableWay("ephemeral", reason, 1, 1)}
