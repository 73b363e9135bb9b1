"""Sanitizing on a real MariaDB server: rules, masks, what stays as it was, what is found, what is refused."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from support.compare_mysql import differences, facts
from support.mysqlshop import RULES, SCRIPT, MakeMysqlShop, MysqlShop
from support.shop import do

from snapharbor.engine.model.errors import (
    EngineError,
    RuleFailed,
    RuleRefused,
    RulesBlocked,
    RuleSyntax,
)
from snapharbor.engine.model.target import Rules
from snapharbor.engine.operations.requests import BuildRequest, LoadRequest, SanitizeRequest

pytestmark = [pytest.mark.server, pytest.mark.both_products]
RAW = "SELECT count(*) FROM customers WHERE email NOT LIKE '%@example.com' OR phone LIKE '+49 171%'"


async def test_a_sanitized_copy_holds_no_raw_value_and_everything_else(mysql_shop: MysqlShop) -> None:
    shop = mysql_shop
    before = facts(shop.server, shop.owner.database)
    async with shop.harbor() as harbor:
        made = await do(harbor, SanitizeRequest("shop", new=True))
        await do(harbor, LoadRequest("shop"))
        snapshot = await harbor.snapshot("shop")
    done = snapshot.manifest.sanitization
    assert done is not None
    assert (done.strategy, made["clean"]) == ("mixed", True)
    assert facts(shop.server, shop.owner.database) == before, "the source was changed"
    assert shop.query(shop.destination, RAW) == [(0,)]
    assert shop.query(shop.destination, "SELECT count(*) FROM audit") == [(0,)]
    assert shop.query(shop.destination, "SELECT count(*) FROM mail_queue") == [(0,)]
    together = "SELECT count(*) FROM orders JOIN customers ON orders.email = customers.email"
    assert shop.query(shop.destination, together) == [(2500,)]
    changed = "SELECT DISTINCT changed FROM customers"
    assert shop.query(shop.destination, changed) == shop.query(shop.owner, changed)
    after = facts(shop.server, shop.destination.database)
    gone = {"rows of audit", "rows of customers", "rows of orders", "rows of mail_queue", "rows of vip"}
    counters = {"definition of audit", "definition of mail_queue"}
    marker = {"definition of snapharbor_info", "rows of snapharbor_info"}
    assert set(differences(before, after)) <= {*gone, *counters, *marker}
    assert not list((shop.directory / "tmp").glob("mysqld-*"))


async def test_the_same_key_gives_the_same_values_again(mysql_shop: MysqlShop) -> None:
    shop, seen = mysql_shop, list[object]()
    async with shop.harbor() as harbor:
        await do(harbor, BuildRequest("shop"))
        for request in (SanitizeRequest("shop"), SanitizeRequest("shop", new=True)):
            await do(harbor, request)
            await do(harbor, LoadRequest("shop"))
            seen.append(shop.query(shop.destination, "SELECT * FROM customers ORDER BY id"))
    assert seen[0] == seen[1]


async def test_what_no_rule_masks_is_found(mysql_shop: MysqlShop) -> None:
    rules = Rules(override_query=RULES.replace("DELETE FROM audit WHERE true;", ""))
    async with mysql_shop.harbor(replace(mysql_shop.target, rules=rules)) as harbor:
        made = await do(harbor, SanitizeRequest("shop", new=True))
    assert made["clean"] is False
    assert isinstance(made["leaks"], dict)
    assert "audit" in str(made["leaks"]["hits"])


BAD_RULES: Mapping[str, tuple[str, type[EngineError]]] = {
    "a constant in a unique column": ("UPDATE customers SET email = 'a@b.example'", RulesBlocked),
    "no such column": ("UPDATE customers SET nope = 1", RulesBlocked),
    "a value that does not fit": ("UPDATE customers SET last_name = repeat('x', 61)", RuleFailed),
    "a check that does not hold": ("UPDATE customers SET last_name = left('x', id - id)", RuleFailed),
    "an orphan": ("INSERT INTO orders (customer, total, placed) VALUES (0, 1, '2020-01-01')", RuleFailed),
    "a file of the server": ("UPDATE customers SET note = load_file('/etc/passwd')", RuleRefused),
    "a comment that is run": ("UPDATE customers SET note = NULL /*! , born = NULL */", RuleRefused),
    "joined tables that both change": (
        "UPDATE customers c JOIN orders o ON o.customer = c.id SET c.note = NULL, o.email = NULL",
        RuleRefused,
    ),
    "a definition": ("DROP TABLE customers", RuleRefused),
    "not SQL": ("UPDATE customers SET = 1", RuleSyntax),
}


@pytest.mark.parametrize("case", BAD_RULES)
async def test_rules_that_fail_leave_no_sanitized_snapshot(mysql_shop: MysqlShop, case: str) -> None:
    text, error = BAD_RULES[case]
    target = replace(mysql_shop.target, rules=Rules(override_query=text))
    async with mysql_shop.harbor(target) as harbor:
        await do(harbor, BuildRequest("shop"))
        with pytest.raises(error):
            await do(harbor, SanitizeRequest("shop"))
        assert [found.manifest.kind for found in await harbor.snapshots()] == ["original"]
    assert not list((mysql_shop.directory / "tmp").glob("mysqld-*"))


async def test_keys_cascade_and_columns_are_known_in_any_case(mysql_shop: MysqlShop) -> None:
    shop = mysql_shop
    text = "delete from customers where ID > 10; UPDATE customers c SET c.NOTE = 'none' WHERE c.Id = 1"
    async with shop.harbor(replace(shop.target, rules=Rules(override_query=text))) as harbor:
        await do(harbor, SanitizeRequest("shop", new=True))
        explained = await harbor.explain("shop")
        await do(harbor, LoadRequest("shop"))
    assert [(rule.tables, rule.rows) for rule in explained.rules] == [
        ((f"{shop.owner.database}.customers",), 590),
        ((f"{shop.owner.database}.customers",), 1),
    ]
    assert shop.query(shop.destination, "SELECT count(*), max(customer) FROM orders") == [(49, 10)]
    assert shop.query(shop.destination, "SELECT note FROM customers WHERE id = 1") == [("none",)]


JOINED = """
UPDATE orders o JOIN customers c ON c.id = o.customer SET o.total = c.id, o.state = 'sent' WHERE c.id <= 10;
UPDATE customers c, orders o SET c.phone = snapharbor.phone(c.phone) WHERE c.id = o.customer AND o.id < 100;
DELETE o FROM customers c LEFT JOIN orders o ON o.customer = c.id WHERE c.id > 590;
"""


async def test_a_table_is_changed_by_what_is_joined_to_it(
    mysql_shop: MysqlShop, make_mysql_shop: MakeMysqlShop
) -> None:
    shop, by_hand = mysql_shop, make_mysql_shop(SCRIPT.read_bytes())
    async with shop.harbor(replace(shop.target, rules=Rules(override_query=JOINED))) as harbor:
        await do(harbor, SanitizeRequest("shop", new=True))
        explained = await harbor.explain("shop")
        snapshot = await harbor.snapshot("shop")
        await do(harbor, LoadRequest("shop"))
    shop.server.load(
        by_hand.owner.database,
        JOINED.replace("snapharbor.phone(c.phone)", "left('masked', 6 * length(c.phone))").encode(),
    )
    others = "SELECT id, customer, total, state FROM orders ORDER BY id"
    assert shop.query(shop.destination, others) == shop.query(by_hand.owner, others)
    masked = "SELECT count(*) FROM customers WHERE phone = 'masked' OR phone LIKE '+999%'"
    assert shop.query(shop.destination, masked) == shop.query(by_hand.owner, masked) != [(0,)]
    assert explained.not_said == ()
    met = (
        "SELECT count(*) FROM orders WHERE customer <= 10",
        "SELECT count(DISTINCT customer) FROM orders WHERE id < 100",
        "SELECT count(*) FROM orders WHERE customer > 590",
    )
    counts = [int(str(shop.query(shop.owner, query)[0][0])) for query in met]
    assert [rule.rows for rule in explained.rules] == counts
    done = snapshot.manifest.sanitization
    assert done is not None
    assert (done.strategy, done.rows_touched) == (
        "ephemeral",
        {
            f"{shop.owner.database}.orders": counts[0] + counts[2],
            f"{shop.owner.database}.customers": counts[1],
        },
    )
    assert any("UPDATE with JOIN" in hazard for hazard in explained.hazards)


async def test_rules_are_explained_beside_the_source(mysql_shop: MysqlShop) -> None:
    shop = mysql_shop
    async with shop.harbor() as harbor:
        explained = await harbor.explain("shop")
    assert [one for one in explained.findings if one.severity == "error"] == []
    assert explained.not_said == ()
    assert [(rule.kind, rule.rows, rule.counted) for rule in explained.rules] == [
        ("update", 600, True),
        ("update", 2500, True),
        ("delete", 1, True),
        ("truncate", 20, True),
    ]
    shapes = {column.column: column.shapes[0] for column in explained.rules[0].columns if column.shapes}
    assert (shapes["email"].before or "").startswith("aaaaaa9@aaaa-aaaa.aaa")
    assert {one.column for one in explained.coverage if one.treatment == "masked"} == {
        *("email", "first_name", "last_name", "phone", "born", "profile", "note", "greeting")
    }


async def test_what_is_suggested_runs_and_leaves_nothing_undecided(mysql_shop: MysqlShop) -> None:
    shop = mysql_shop
    async with shop.harbor(replace(shop.target, rules=None)) as harbor:
        suggestion = await harbor.suggest("shop")
    suggested = {(one.table.name, one.column): one.value for one in suggestion.covered}
    assert {place for place in suggested if place[0] == "customers"} == {
        ("customers", column)
        for column in ("email", "first_name", "last_name", "phone", "born", "profile", "note")
    }
    assert suggested["customers", "profile"] == "snapharbor.json(profile, '$.contact.backup', 'email')"
    assert suggestion.left == ()
    rules = Rules(override_query=suggestion.sql, policy="require")
    async with shop.harbor(replace(shop.target, rules=rules)) as harbor:
        made = await do(harbor, SanitizeRequest("shop", new=True))
        await do(harbor, LoadRequest("shop"))
    assert made["clean"] is True
    assert shop.query(shop.destination, "SELECT count(*) FROM customers WHERE email LIKE '%real-mail%'") == [
        (0,)
    ]


async def test_statements_of_other_forms_are_explained_or_said_to_be_none(mysql_shop: MysqlShop) -> None:
    text = """
    DELETE FROM orders WHERE id > 10 ORDER BY id LIMIT 5;
    INSERT INTO audit (what) SELECT concat('moved ', id) FROM orders WHERE id < 4;
    UPDATE customers SET note = (SELECT max(title) FROM products) WHERE id IN (SELECT customer FROM orders);
    UPDATE customers SET email = upper(email);
    """
    rules = Rules(override_query=text)
    async with mysql_shop.harbor(replace(mysql_shop.target, rules=rules)) as harbor:
        explained = await harbor.explain("shop")
    assert [(rule.rows, rule.counted) for rule in explained.rules] == [
        (None, False),
        (3, True),
        (600, True),
        (600, True),
    ]
    assert "weak-mask" in {one.code for one in explained.findings}
