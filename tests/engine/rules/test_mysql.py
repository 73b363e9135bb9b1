"""Rules as MySQL and MariaDB mean them."""

import pytest

from snapharbor.engine.model.analysis import Resolved
from snapharbor.engine.model.catalog import Catalog, Column, Table, TableName
from snapharbor.engine.model.errors import RuleRefused, RuleSyntax
from snapharbor.engine.rules.analyse import analyse_all
from snapharbor.engine.rules.parse import parse
from snapharbor.engine.rules.resolve import resolve_all

PEOPLE, UPPER = TableName("shop", "people"), TableName("shop", "People")
COLUMNS = (Column("Id", "int(11)", nullable=False), Column("Email", "varchar(80)", nullable=True))
SHOP = Catalog(("shop",), (Table(UPPER, "table", COLUMNS), Table(PEOPLE, "table", COLUMNS)), engine="mysql")


def resolved(text: str) -> Resolved:
    (found,) = resolve_all(analyse_all(parse(text, "sanitize.query_file", "mysql"), "mysql"), SHOP)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE people SET EMAIL = concat('u', ID, '@x.org') WHERE id > 1",
        'update `people` set `email` = CONCAT("u", iD, "@x.org") where ID > 1 # the rest',
        "UPDATE shop.people p SET p.Email = concat('u', p.Id, '@x.org') WHERE p.id > 1",
    ],
)
def test_columns_are_known_in_any_case_and_tables_are_not(text: str) -> None:
    rule = resolved(text)
    assert (rule.targets, rule.unknown) == ((PEOPLE,), ())
    assert [one.column for one in rule.analysis.assignments] == ["Email"]
    assert {use.name for use in rule.analysis.columns} == {"Id"}
    assert rule.analysis.functions == ("concat",)
    assert rule.analysis.where is not None


def test_a_table_is_the_one_of_exactly_that_case() -> None:
    assert resolved("DELETE FROM People WHERE id = 1").targets == (UPPER,)
    assert [one.name for one in resolved("DELETE FROM PEOPLE WHERE id = 1").unknown] == ["PEOPLE"]


@pytest.mark.parametrize(
    "text", ["UPDATE people SET id = id LIMIT 1", "DELETE FROM people WHERE id = 1 LIMIT 1"]
)
def test_what_takes_only_some_rows_is_not_cut(text: str) -> None:
    assert resolved(text).analysis.reasons


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE people SET email = load_file('/etc/passwd')",
        "UPDATE people SET email = sleep(100)",
        "UPDATE people SET email = user()",
        "UPDATE people SET email = @@version",
        "UPDATE people SET email = shop.own(email)",
        "UPDATE people SET email = NULL /*!50000 , id = 0 */",
        "UPDATE people SET email = NULL /*M! , id = 0 */",
        "SET GLOBAL general_log = 1",
        "LOAD DATA INFILE '/etc/passwd' INTO TABLE people",
        "CALL tidy()",
    ],
)
def test_what_could_do_more_than_change_rows_is_refused(text: str) -> None:
    with pytest.raises((RuleRefused, RuleSyntax)):
        parse(text, "sanitize.query_file", "mysql")


@pytest.mark.parametrize(
    "value",
    [
        "upper(EMAIL)",
        "CAST(email AS CHAR)",
        "CONVERT(email USING latin1)",
        "IF(id > 3, email, NULL)",
        "IFNULL(email, 'none')",
        "TO_BASE64(AES_ENCRYPT(email, 'key'))",
        "MID(email, 1, 60)",
        "ELT(1, email, 'x')",
        "concat_ws('-', 'was', people.email)",
    ],
)
def test_a_value_in_which_the_old_one_can_be_read_is_known(value: str) -> None:
    (one,) = resolved(f"UPDATE people SET email = {value}").analysis.sets
    assert [kept.column for kept in one.keeps] == ["Email"]


@pytest.mark.parametrize(
    "value", ["sha2(email, 256)", "CAST(email AS CHAR(1))", "length(email)", "left(email, 1)"]
)
def test_a_value_of_which_little_is_left_is_known(value: str) -> None:
    (one,) = resolved(f"UPDATE people SET email = {value}").analysis.sets
    assert all((kept.characters or 99) < 4 for kept in one.keeps)
