"""A value that a key tells apart needs no question to the source; whatever only looks so is asked about."""

from dataclasses import replace

import pytest

from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.pushdown import ColumnFacts, Facts, TableFacts, UniqueFacts
from snapharbor.engine.rules.flat import Flat
from snapharbor.engine.rules.rows import Nested, Rows


def key(name: str, *columns: str) -> UniqueFacts:
    return UniqueFacts(name, columns, columns)


FOLK = TableFacts(
    TableName("public", "folk"),
    "r",
    (
        ColumnFacts("id", "bigint", 20, not_null=True),
        ColumnFacts("other", "integer", 23, not_null=True),
        ColumnFacts("some", "integer", 23),
        ColumnFacts("user", "integer", 23, not_null=True),
        ColumnFacts("half", "integer", 23, not_null=True),
        ColumnFacts("failed", "integer", 23, not_null=True),
        ColumnFacts("price", "numeric", 1700, not_null=True),
        ColumnFacts("email", "public.email", 25),
        ColumnFacts("code", "public.citext", 90000),
    ),
    unique=(
        key("a", "id"),
        key("b", "some"),
        key("c", "user"),
        replace(key("d", "half"), predicate="half > 5"),
        key("e", "price"),
        key("f", "email"),
        key("g", "code"),
        replace(key("h", "failed"), valid=False),
    ),
)
FACTS = Facts({FOLK.name: FOLK}, frozenset((FOLK.name,)))
BOTH = ["concat('user', id)", "CONCAT('a', folk.id, '@example.org', '!')"]
APART = [
    *BOTH,
    "'user' || id || '@example.org'",
    "'it''s ' || folk.\"id\"",
    "id::text || '@example.org'",
    "\n 'user' ||\n id\n",
    "id",
]
ASKED = [
    "'user' || (id % 10)",
    "'user' || id || other",
    "'user' || other",
    "'user' || some",
    "'user' || user",
    "'user' || half",
    "'user' || failed",
    "'user' || price",
    "'user' || nothing",
    "'user' || other.id",
    "'user' || \"ID\"",
    "'user' || 'id'",
    "E'user' || id",
    "'a\\' || id",
    "left('user' || id, 5)",
    "concat('user', id % 2)",
    "concat_ws('user', id)",
    "'x'",
    "NULL",
]


def apart(rows: Rows, *updates: tuple[str, str], where: str | None = None) -> bool:
    """Set columns one after the other, and tell whether nothing is asked about the e-mail addresses."""
    for column, value in updates:
        rows.update("folk", {column: value}, where, once=False, fenced=False)
    return "f" not in asked(rows)


def asked(rows: Rows) -> set[str]:
    return {question.constraint for question in rows.questions(FACTS, {}) if not question.guarded}


@pytest.mark.parametrize("value", APART)
def test_a_number_in_a_text_keeps_it_apart(value: str) -> None:
    assert apart(Nested(FOLK), ("email", value))


@pytest.mark.parametrize("value", ASKED)
def test_whatever_is_not_surely_so_is_asked_about(value: str) -> None:
    assert not apart(Nested(FOLK), ("email", value))


def test_mysql_reads_its_own_signs() -> None:
    types = {"bigint": "bigint(20)", "public.email": "varchar(60)"}
    columns = tuple(replace(one, base=0, type=types.get(one.type, one.type)) for one in FOLK.columns)
    table = replace(FOLK, columns=columns)
    assert all(apart(Flat(table), ("email", value)) for value in [*BOTH, "concat('user', `id`)"])
    # There these are OR, and a text.
    assert not any(
        apart(Flat(table), ("email", value)) for value in ("'user' || id", "concat('user', \"id\")")
    )


def test_rows_that_stay_as_they_are_may_be_in_the_way() -> None:
    assert not apart(Nested(FOLK), ("email", "'user' || id"), where="id > 5")


def test_the_last_value_counts_and_the_key_has_to_stay() -> None:
    assert not apart(Nested(FOLK), ("email", "'user' || id"), ("email", "'same'"))
    assert apart(Nested(FOLK), ("email", "'same'"), ("email", "'user' || id"))
    assert not apart(Nested(FOLK), ("id", "id / 2"), ("email", "'user' || id"))


def test_only_a_key_of_that_text_alone_is_sure() -> None:
    others = (
        UniqueFacts("i", ("lower(email)",), ("email",)),
        replace(key("j", "email"), opaque=True),
        replace(key("k", "email"), excludes=True),
        replace(key("l", "email"), predicate="other > 5"),
        key("m", "email", "other"),
    )
    rows = Nested(replace(FOLK, unique=(*FOLK.unique, *others)))
    rows.update("folk", dict.fromkeys(("email", "code"), "'user' || id"), None, once=False, fenced=False)
    assert asked(rows) == {"g", "i", "j", "k", "l", "m"}
