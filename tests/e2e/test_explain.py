"""What rules would do is said before anything runs, without a value of the source."""

from dataclasses import replace

import pytest
from support.shop import Shop

from snapharbor.engine.model.explanation import Explanation, Shape
from snapharbor.engine.model.target import Rules

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
