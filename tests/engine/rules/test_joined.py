"""MySQL's statements that change one table among joined ones: taken apart like PostgreSQL's."""

import pytest

from snapharbor.engine.model.analysis import Analysis, Resolved
from snapharbor.engine.model.catalog import Catalog, Column, Table, TableName
from snapharbor.engine.model.errors import RuleRefused
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.rules.analyse import analyse_all
from snapharbor.engine.rules.hazards import text_hazards
from snapharbor.engine.rules.masking import Masker
from snapharbor.engine.rules.parse import parse
from snapharbor.engine.rules.questions import count_query, shape_query
from snapharbor.engine.rules.resolve import resolve_all
from snapharbor.engine.rules.tokens import tokens_of

PEOPLE, ORDERS = TableName("shop", "people"), TableName("shop", "orders")
COLUMNS = (Column("id", "int(11)", nullable=False), Column("email", "varchar(80)", nullable=True))
SHOP = Catalog(
    ("shop",),
    (
        Table(PEOPLE, "table", COLUMNS, primary_key=("id",)),
        Table(ORDERS, "table", (*COLUMNS, Column("person", "int(11)", nullable=True))),
    ),
    engine="mysql",
)
MASKER = Masker(SHOP, "mysql", Secret("key"))

UPDATES = (
    "UPDATE people p JOIN orders o ON o.person = p.id SET p.email = o.email, p.id = p.id + 1 WHERE o.id > 3",
    "UPDATE orders AS o INNER JOIN people AS p USING (id) SET p.email=o.email, p.id=p.id+1 WHERE o.id > 3",
    "update orders o, people p set p.email = o.email, p.id = p.id + 1 where o.id > 3",
    "UPDATE shop.people p LEFT JOIN (SELECT id, email, person FROM orders) o USING (id)"
    " SET p.email = o.email, p.id = p.id + 1 WHERE o.id > 3",
    "UPDATE orders o STRAIGHT_JOIN people p SET p.`email` = o.email, p.id = p.id + 1 WHERE o.id > 3",
)
DELETES = (
    "DELETE p FROM people p JOIN orders o ON o.person = p.id WHERE o.id > 3",
    "DELETE p FROM orders o, people p WHERE o.id > 3",
    "DELETE FROM p USING people AS p JOIN orders AS o ON o.person = p.id WHERE o.id > 3",
)
REFUSED = (
    "UPDATE people p JOIN orders o ON o.person = p.id SET p.email = NULL, o.email = NULL",
    "UPDATE people p JOIN orders o ON o.person = p.id SET email = NULL",
    "UPDATE people p JOIN orders p ON true SET p.email = NULL",
    "UPDATE people p JOIN (SELECT id FROM orders) o ON true SET o.id = NULL",
    "DELETE p, o FROM people p JOIN orders o ON o.person = p.id",
    "DELETE q FROM people p JOIN orders o ON o.person = p.id",
    "DELETE LOW_PRIORITY p FROM people p JOIN orders o ON o.person = p.id",
)


def resolved(text: str) -> Resolved:
    (found,) = resolve_all(analyse_all(parse(text, "sanitize.query_file", "mysql"), "mysql"), SHOP)
    return found


def on_people(rule: Resolved) -> Analysis:
    assert (rule.targets, rule.reads, rule.unknown) == ((PEOPLE,), (ORDERS,), ())
    assert rule.analysis.rule.tables[0].endswith("people")
    assert rule.analysis.targets[0].alias == "p"
    assert [*text_hazards(rule.analysis, tokens_of(rule.analysis.rule, "mysql"))]
    return rule.analysis


@pytest.mark.parametrize("text", UPDATES)
def test_an_update_writes_the_table_whose_columns_it_sets_and_reads_the_others(text: str) -> None:
    analysis = on_people(resolved(text))
    assert (analysis.kind, analysis.written) == ("update", ("email", "id"))
    assert [(one.column, one.value.text.replace(" ", ""), one.into) for one in analysis.sets] == [
        ("email", "o.email", 0),
        ("id", "p.id+1", 0),
    ]
    assert not analysis.unchecked
    assert ("from" in analysis.features, "subscript" in analysis.features) == (True, False)
    assert analysis.sets[0].keeps == ()  # it is another row's


@pytest.mark.parametrize("text", DELETES)
def test_a_delete_removes_rows_of_the_table_that_it_names_first(text: str) -> None:
    analysis = on_people(resolved(text))
    assert (analysis.kind, analysis.filtered, "using" in analysis.features) == ("delete", True, True)


@pytest.mark.parametrize(
    ("text", "filtered"),
    [
        ("UPDATE people p JOIN orders o ON o.person = p.id SET p.email = NULL", True),
        ("UPDATE orders o JOIN people p USING (id) SET p.email = NULL", True),
        ("UPDATE people p NATURAL JOIN orders o SET p.email = NULL", True),
        ("DELETE p FROM people p JOIN orders o ON o.person = p.id", True),
        ("UPDATE people p, orders o SET p.email = NULL", False),
        ("DELETE people FROM people", False),
    ],
)
def test_what_tables_are_joined_by_is_a_condition(text: str, *, filtered: bool) -> None:
    assert resolved(text).analysis.filtered == filtered


@pytest.mark.parametrize("text", [*UPDATES, *DELETES])
def test_rows_are_counted_once_however_often_they_are_met(text: str) -> None:
    query = count_query(resolved(text).analysis, SHOP.tables[0], MASKER)
    assert query.startswith("SELECT count(*) FROM (SELECT DISTINCT `p`.`id` FROM ")
    assert query.endswith("\n WHERE (o.id > 3\n) AND `p`.`id` IS NOT NULL) AS met")
    assert "SET" not in query.upper().replace("`", "")


def test_values_are_shaped_in_the_rows_that_are_met() -> None:
    query = shape_query(resolved(UPDATES[2]).analysis, SHOP.tables[0], 3, MASKER)
    assert query.endswith(" FROM orders o, people p\n WHERE (o.id > 3\n) LIMIT 3")


@pytest.mark.parametrize("text", REFUSED)
def test_what_changes_several_tables_or_does_not_say_which_is_refused(text: str) -> None:
    with pytest.raises(RuleRefused, match="more than one of the tables"):
        parse(text, "sanitize.query_file", "mysql")


def test_a_delete_of_one_table_alone_is_cut_as_ever() -> None:
    analysis = resolved("DELETE people FROM people WHERE id = 1").analysis
    assert (analysis.reasons, "using" in analysis.features) == ((), False)
    assert analysis.where is not None


def test_no_other_engine_has_them() -> None:
    (rule,) = parse(
        "DELETE FROM people USING orders WHERE orders.id = 1", "sanitize.query_file", "postgres"
    ).rules
    assert rule.tables == ("people", "orders")
