"""What the source's own rows would refuse is said before anything runs, with its line."""

from dataclasses import replace

import pytest
from support.postgres import execute
from support.shop import Shop

from snapharbor.engine.model.errors import RulesBlocked
from snapharbor.engine.model.target import Rules
from snapharbor.engine.operations.requests import SanitizeRequest

pytestmark = pytest.mark.server

SCHEMA = """
CREATE DOMAIN contact AS text CHECK (value ~ '@');
CREATE DOMAIN short AS varchar(10);
CREATE TABLE lands (code text PRIMARY KEY);
CREATE TABLE folk (
    id int PRIMARY KEY, full_name text, contact contact, age int CHECK (age >= 0), shorty short,
    nick varchar(12), email text UNIQUE NOT NULL, tenant int, code text, land text REFERENCES lands,
    UNIQUE (tenant, code)
);
INSERT INTO lands VALUES ('at'), ('de');
INSERT INTO folk SELECT n, 'Somebody with a name', 'a@b', n, 'x', 'y', n || '@example.com', 1, n::text, 'at'
FROM generate_series(1, 30) AS n;
GRANT SELECT ON lands, folk TO PUBLIC;
"""
BLOCKING: list[tuple[str, list[str]]] = [
    ("UPDATE folk SET contact = 'nomail'", ["value-refused"]),
    ("UPDATE folk SET age = -5", ["check-constraint"]),
    ("UPDATE folk SET shorty = 'longer than ten chars'", ["value-refused"]),
    ("UPDATE folk SET shorty = full_name", ["value-refused"]),
    ("UPDATE folk SET nick = concat('user_is_number_', id)", ["value-refused"]),
    ("UPDATE folk SET nick = 'user_' || repeat('x', 20) || id", ["value-refused"]),
    ("UPDATE folk SET email = 'user' || (id % 10) || '@example.com'", ["unique-collision"]),
    ("UPDATE folk SET email = NULLIF(email, email)", ["not-null"]),
    ("UPDATE folk SET code = 'same'", ["unique-collision"]),
    ("DELETE FROM lands WHERE code = 'at'", ["foreign-key"]),
    (
        "UPDATE lands SET code = code || 'x'; UPDATE folk SET land = land || 'y'",
        ["foreign-key"],
    ),
]
FINE = [
    "UPDATE folk SET contact = 'x' || contact, age = age + 1, shorty = left(full_name, 10)",
    "UPDATE folk SET nick = left(concat('user_is_number_', id), 12), email = 'user' || id || '@example.com'",
    "UPDATE folk SET age = -5 WHERE id < 0",
    "DELETE FROM lands WHERE code = 'de'",
    "DELETE FROM folk WHERE id > 5; UPDATE folk SET email = 'user' || (id % 10)",
    "UPDATE lands SET code = code || 'x'; UPDATE folk SET land = land || 'x'",
    "UPDATE folk SET email = snapharbor.email(email), full_name = NULL",
]


async def test_what_rows_would_refuse_blocks_and_names_its_line(shop: Shop) -> None:
    execute(shop.owner, SCHEMA)
    for text, codes in BLOCKING:
        target = replace(shop.target, rules=Rules(override_query=f"sql:-- \n{text}"))
        async with shop.harbor(target) as harbor:
            told = await harbor.explain("shop")
            found = [one for one in told.blocking if one.table == "public.folk"]
            assert ([one.code for one in found], {one.line for one in found}) == (codes, {2}), text
    last = replace(shop.target, rules=Rules(override_query=f"sql:{BLOCKING[-1][0]}"))
    async with shop.harbor(last) as harbor:
        with pytest.raises(RulesBlocked):
            await harbor.plan(SanitizeRequest("shop", new=True))


async def test_what_rows_allow_stops_nothing(shop: Shop) -> None:
    execute(shop.owner, SCHEMA)
    for text in FINE:
        target = replace(shop.target, rules=Rules(override_query=f"sql:{text}", policy="warn"))
        async with shop.harbor(target) as harbor:
            assert (await harbor.explain("shop")).blocking == (), text


async def test_rows_are_counted_for_all_that_is_emptied_and_for_what_is_added(shop: Shop) -> None:
    execute(shop.owner, SCHEMA)
    text = (
        "TRUNCATE lands CASCADE; INSERT INTO lands SELECT 'x'; UPDATE folk SET (nick, age) = ('x', 1); "
        "UPDATE folk f SET nick = 'y' FROM lands l WHERE l.code = f.land"
    )
    target = replace(shop.target, rules=Rules(override_query=f"sql:{text}", policy="warn"))
    async with shop.harbor(target) as harbor:
        emptied, added, several, joined = (await harbor.explain("shop")).rules
    assert (emptied.rows, emptied.counted) == (32, True)
    assert emptied.words == "empties `lands`, and `public.folk`, which refer to it"
    assert (added.rows, added.counted) == (1, True)
    assert [one.column for one in several.columns] == ["nick", "age"]
    assert [one.column for one in joined.columns] == ["nick"]
