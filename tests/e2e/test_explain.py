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


COUNTED = (
    "CREATE TABLE people (id int PRIMARY KEY, mail text, level int)",
    "CREATE TABLE names (id int, name text)",
    "INSERT INTO people SELECT n, 'ann' || n || '@corp.de', n % 3 FROM generate_series(1, 9) n",
    "INSERT INTO names SELECT n % 6, 'Bob ' || n FROM generate_series(1, 12) n",
)
MAIL = (Shape("aaa9@aaaa.aa", "Aaa 9"),)
JOINED = (
    ("UPDATE people p SET mail = n.name FROM names n WHERE n.id = p.id AND n.name < 'Bob 9'", 5, "update"),
    ("UPDATE people SET mail = left(n.name, 5) FROM names AS n JOIN names m ON m.id = n.id"
     " WHERE n.id = people.id AND people.level IS DISTINCT FROM 7 RETURNING people.id", 5, "update"),
    ("WITH few AS (SELECT id, name FROM names WHERE id < 3) UPDATE people SET mail = left(f.name, 3)"
     " FROM few f WHERE f.id = people.id", 2, "update"),
    ("DELETE FROM people USING names n WHERE n.id = people.id AND CASE WHEN level = 1 THEN true END",
     2, "delete"),
    ("INSERT INTO people (id, mail) SELECT 100 + id, max(name) FROM names GROUP BY id", 6, "insert"),
    ("WITH few AS (SELECT 1) INSERT INTO people (id) SELECT 50 + id FROM names WHERE id = 1", 2, "insert"),
    ("INSERT INTO people VALUES (20, 'x', 1), (21, 'y', (SELECT 2))", 2, "insert"),
)  # fmt: skip


async def test_rows_of_joins_and_of_what_is_added_are_counted(make_small: MakeSmall) -> None:
    made = make_small(*COUNTED, rules=";\n".join(text for text, _, _ in JOINED))
    async with made.harbor() as harbor:
        told = await harbor.explain("shop")
    assert told.not_said == ()
    assert [(rule.rows, rule.counted, rule.kind) for rule in told.rules] == [
        (rows, True, kind) for _, rows, kind in JOINED
    ]
    assert told.rules[1].columns[0].shapes[:1] == MAIL
    assert {shape.after for shape in told.rules[2].columns[0].shapes} == {"Aaa"}
    assert [shape.after for shape in told.rules[4].columns[0].shapes] == ["999"] * 3
    assert {shape.before for shape in told.rules[4].columns[1].shapes} == {None}


async def test_rows_that_a_conflict_may_keep_out_are_estimated(make_small: MakeSmall) -> None:
    rules = "INSERT INTO people (id) SELECT id FROM names ON CONFLICT DO NOTHING"
    async with make_small(*COUNTED, rules=rules).harbor() as harbor:
        (rule,) = (await harbor.explain("shop")).rules
    assert (rule.rows, rule.counted) == (12, False)


async def test_why_rows_are_not_counted_is_said(make_small: MakeSmall) -> None:
    rules = "WITH gone AS (DELETE FROM names RETURNING id) UPDATE people SET mail = NULL"
    async with make_small(*COUNTED, rules=rules).harbor() as harbor:
        told = await harbor.explain("shop")
    assert told.rules[0].rows is None
    assert told.not_said == ("line 1: its rows cannot be asked for: WITH changes rows, too",)
