"""Subsets on a real server: what is taken, what it is made of, and that every key holds."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from support.postgres import Postgres, Reader, execute, query
from support.shop import EVERY_SCHEMA, Shop, clean, do

from snapharbor.engine.harbor import Harbor
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.subset import Chosen, Subset
from snapharbor.engine.model.target import Rules
from snapharbor.engine.operations.requests import BuildRequest, LoadRequest, SanitizeRequest

pytestmark = pytest.mark.server

MakeTown = Callable[..., Shop]

TRADE = """
CREATE TABLE country (code text PRIMARY KEY, name text);
CREATE TABLE customer (
  id int PRIMARY KEY, country text NOT NULL REFERENCES country, referrer int REFERENCES customer
);
CREATE TABLE product (id int PRIMARY KEY, maker text NOT NULL REFERENCES country);
CREATE TABLE purchase (
  id int, year int, buyer int NOT NULL REFERENCES customer, PRIMARY KEY (year, id)
) PARTITION BY LIST (year);
CREATE TABLE purchase_1 PARTITION OF purchase FOR VALUES IN (1);
CREATE TABLE purchase_2 PARTITION OF purchase FOR VALUES IN (2);
CREATE TABLE item (
  purchase int, year int, product int NOT NULL REFERENCES product,
  FOREIGN KEY (year, purchase) REFERENCES purchase (year, id)
);
CREATE TABLE lonely (id int PRIMARY KEY);
INSERT INTO country SELECT 'c' || i, 'Country ' || i FROM generate_series(0, 9) i;
INSERT INTO customer SELECT i, 'c' || i % 5, CASE WHEN i > 10 THEN i / 2 END FROM generate_series(1, 100) i;
INSERT INTO product SELECT i, 'c' || 5 + i % 5 FROM generate_series(1, 50) i;
INSERT INTO purchase SELECT i, 1 + i % 2, 1 + i % 100 FROM generate_series(1, 300) i;
INSERT INTO item SELECT i, 1 + i % 2, 1 + i % 50 FROM generate_series(1, 300) i;
INSERT INTO lonely SELECT generate_series(1, 5);
"""


def table(name: str) -> TableName:
    return TableName("public", name)


def chosen(name: str, **how: object) -> Chosen:
    return Chosen(table(name), **how)  # type: ignore[arg-type]


@pytest.fixture
def make_town(reader: Reader, tmp_path: Path) -> Generator[MakeTown]:
    servers: list[Postgres] = []

    def make(server: Postgres, *statements: str) -> Shop:
        servers.append(server)
        clean(server)
        execute(server.url, "CREATE DATABASE shop")
        owner = server.cluster.url("shop")
        execute(owner, *statements)
        return Shop(server, owner, reader(owner), server.cluster.url("shop_copy"), tmp_path / "data")

    yield make
    for server in servers:
        clean(server)


@asynccontextmanager
async def harbor_with(shop: Shop, subset: Subset, rules: Rules | None = None) -> AsyncGenerator[Harbor]:
    target = replace(shop.target, subset=subset, rules=rules, selection=EVERY_SCHEMA)
    async with shop.harbor(target) as harbor:
        yield harbor


async def load_subset(shop: Shop, subset: Subset, rules: Rules | None = None) -> None:
    """Build a subset and load it: every key is made anew over the rows that came."""
    async with harbor_with(shop, subset, rules) as harbor:
        request = (
            SanitizeRequest("shop", new=True, subset=True) if rules else BuildRequest("shop", subset=True)
        )
        await do(harbor, request)
        await do(harbor, LoadRequest("shop", original=rules is None))


def ids(shop: Shop, name: str, columns: str = "id") -> list[tuple[object, ...]]:
    return query(shop.destination, f"SELECT {columns} FROM {name} ORDER BY {columns}")


async def test_rows_that_refer_and_are_referred_to_come_along(
    each_postgres: Postgres, make_town: MakeTown
) -> None:
    shop = make_town(each_postgres, TRADE)
    await load_subset(shop, Subset((chosen("customer", where="id = 40"),)))
    assert ids(shop, "customer") == [(10,), (20,), (40,)]
    assert ids(shop, "purchase", "id, buyer") == [(39, 40), (139, 40), (239, 40)]
    assert ids(shop, "item", "purchase, product") == [(39, 40), (139, 40), (239, 40)]
    assert ids(shop, "product") == [(40,)]
    assert ids(shop, "country", "code") == [("c0",), ("c5",)]
    assert ids(shop, "lonely") == []
