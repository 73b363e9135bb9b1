"""What the rows of a MariaDB source would refuse is said before anything runs, and what it says is true."""

from dataclasses import replace

import pytest
from support.equality import Outcome
from support.equality_mysql import Both
from support.mysqlshop import MakeMysqlShop, MysqlShop

from snapharbor.engine.model.errors import RuleFailed, RulesBlocked
from snapharbor.engine.model.target import Rules, Target
from snapharbor.engine.operations.requests import SanitizeRequest
from snapharbor.engine.rules.parse import parse

pytestmark = [pytest.mark.server, pytest.mark.both_products(long=True)]

SCHEMA = b"""
CREATE TABLE lands (code varchar(10) PRIMARY KEY);
CREATE TABLE folk (
    id int PRIMARY KEY, full_name text, age tinyint unsigned CHECK (age <> 13), shorty char(10) NOT NULL,
    nick varchar(12), email varchar(80) COLLATE utf8mb4_bin UNIQUE NOT NULL, tenant int, code varchar(20),
    land varchar(10), loud varchar(90) AS (upper(email)), UNIQUE (tenant, code), UNIQUE (loud),
    CONSTRAINT folk_land FOREIGN KEY (land) REFERENCES lands (code),
    CONSTRAINT tall CHECK (char_length(full_name) > 3)
);
CREATE TABLE pets (
    id int PRIMARY KEY, owner int, name varchar(5),
    FOREIGN KEY (owner) REFERENCES folk (id) ON DELETE CASCADE
);
INSERT INTO lands VALUES ('at'), ('de'), ('ch');
INSERT INTO folk (id, full_name, age, shorty, nick, email, tenant, code, land)
SELECT seq, 'Somebody with a name', 20, 'x', 'y', concat(seq, '@example.com'), 1, seq, 'at' FROM seq_1_to_30;
INSERT INTO pets SELECT seq, seq, 'Rex' FROM seq_1_to_10;
"""
REFUSED: list[tuple[str, list[str]]] = [
    ("UPDATE folk SET age = 13", ["check-constraint"]),
    ("UPDATE folk SET age = age + 300 WHERE id > 3", ["value-refused"]),
    ("UPDATE folk SET full_name = left(full_name, id % 5)", ["check-constraint"]),
    ("UPDATE folk SET shorty = full_name", ["value-refused"]),
    ("UPDATE folk SET shorty = NULLIF(shorty, 'x')", ["not-null"]),
    ("UPDATE folk f SET f.nick = concat('user_is_number_', f.id)", ["value-refused"]),
    ("UPDATE folk SET email = concat('user', id % 10, '@example.com')", ["unique-collision"]),
    ("UPDATE folk SET email = if(id < 3, NULL, concat('user', id))", ["not-null"]),
    ("UPDATE folk SET code = concat('s', tenant)", ["unique-collision"]),
    ("DELETE FROM lands WHERE code = 'at'", ["foreign-key"]),
    ("UPDATE lands SET code = concat(code, 'x'); UPDATE folk SET land = concat(land, 'y')", ["foreign-key"]),
    (
        "DELETE FROM pets WHERE true;DELETE FROM folk WHERE id >5;UPDATE folk SET nick = repeat('x', id + 9)",
        ["value-refused"],
    ),
]
TAKEN = [
    "UPDATE folk SET age = 200, shorty = concat(left(full_name, 10), '   ')",
    "UPDATE folk SET nick = left(concat('user_is_number_', id), 12), email = concat('user', id, '@x.org')",
    "UPDATE folk SET age = 13 WHERE id < 0",
    "UPDATE folk SET email = if(id % 2, concat('Ann', id), concat('ann', id - 1, 'x'))",
    "DELETE FROM lands WHERE code = 'de'",
    "DELETE FROM folk WHERE id > 5; UPDATE folk SET code = concat(id % 10)",
    "UPDATE lands SET code = concat(code, 'x'); UPDATE folk SET land = concat(land, 'x')",
    "UPDATE folk SET land = NULL; DELETE FROM lands WHERE true",
    "UPDATE folk SET email = snapharbor.email(email), full_name = NULL",
]
NOT_FOLLOWED = [
    "UPDATE folk SET nick = 'z', shorty = nick",
    "UPDATE folk SET nick = 'abc'; UPDATE folk SET shorty = concat(nick, nick, nick)",
    "UPDATE folk SET nick = 'abc'; UPDATE folk AS other SET other.age = 13 WHERE other.id < 0",
    "DELETE FROM folk WHERE id < 3; UPDATE pets SET name = concat('long', owner + 9) WHERE owner < 3",
]


@pytest.fixture
def folk(make_mysql_shop: MakeMysqlShop) -> MysqlShop:
    return make_mysql_shop(SCHEMA)


async def carried_out(shop: MysqlShop, text: str) -> Outcome:
    """Run rules in the database itself."""
    both = Both(shop.server, shop.directory)
    return await both.in_a_copy(shop.owner, parse(text, "sanitize.override_query", "mysql"))


def ruled(shop: MysqlShop, text: str) -> Target:
    return replace(shop.target, rules=Rules(override_query=f"sql:-- \n{text}", policy="warn"))


@pytest.mark.parametrize(("text", "codes"), REFUSED)
async def test_what_rows_would_refuse_blocks_with_its_line_and_would_have_failed(
    folk: MysqlShop, text: str, codes: list[str]
) -> None:
    async with folk.harbor(ruled(folk, text)) as harbor:
        told = await harbor.explain("shop")
        assert ([one.code for one in told.blocking], {one.line for one in told.blocking}) == (codes, {2})
        with pytest.raises(RulesBlocked):
            await harbor.plan(SanitizeRequest("shop", new=True))
    assert isinstance((await carried_out(folk, text)).error, RuleFailed)


async def test_what_rows_allow_stops_nothing(folk: MysqlShop) -> None:
    for text in (*TAKEN, *NOT_FOLLOWED):
        async with folk.harbor(ruled(folk, text)) as harbor:
            assert (await harbor.explain("shop")).blocking == (), text


@pytest.mark.parametrize("text", TAKEN)
async def test_what_is_said_to_be_taken_is(folk: MysqlShop, text: str) -> None:
    assert (await carried_out(folk, text)).error is None
