"""Subsets on a real MariaDB server: what is taken, by whatever key, and that every reference holds."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from support.mariashop import MakeMariaShop, MariaShop
from support.shop import do

from snapharbor.engine.harbor import Harbor
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.errors import ArgumentInvalid, ConfigInvalid, EngineError, SourceUnsuitable
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.subset import Chosen, Referencing, Relation, Subset
from snapharbor.engine.model.target import Rules
from snapharbor.engine.operations.places import strings
from snapharbor.engine.operations.requests import BuildRequest, LoadRequest, SanitizeRequest

pytestmark = pytest.mark.server
SOURCE = "town"
# Keys of texts, of two columns, of none at all; `item` has no key.
TRADE = b"""
CREATE TABLE country (code varchar(9) PRIMARY KEY, name text);
CREATE TABLE customer (
  id int PRIMARY KEY, country varchar(9) NOT NULL REFERENCES country (code),
  referrer int REFERENCES customer (id)
);
CREATE TABLE product (id int PRIMARY KEY, maker varchar(9) NOT NULL REFERENCES country (code));
CREATE TABLE purchase (
  id int, year varchar(4), buyer int NOT NULL REFERENCES customer (id), PRIMARY KEY (year, id)
);
CREATE TABLE item (
  purchase int, year varchar(4), product int NOT NULL REFERENCES product (id),
  CONSTRAINT item_of FOREIGN KEY (year, purchase) REFERENCES purchase (year, id)
);
CREATE TABLE lonely (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3;
INSERT INTO country SELECT concat('c', seq), concat('Country ', seq) FROM seq_0_to_9;
INSERT INTO customer SELECT seq, concat('c', seq % 5), IF(seq > 10, seq DIV 2, NULL) FROM seq_1_to_100;
INSERT INTO product SELECT seq, concat('c', 5 + seq % 5) FROM seq_1_to_50;
INSERT INTO purchase SELECT seq, 1 + seq % 2, 1 + seq % 100 FROM seq_1_to_300;
INSERT INTO item SELECT seq, 1 + seq % 2, 1 + seq % 50 FROM seq_1_to_300;
INSERT INTO lonely SELECT seq FROM seq_1_to_5;
"""


def table(name: str) -> TableName:
    return TableName(SOURCE, name)


def chosen(name: str, where: str | None = None, percent: float | None = None) -> Chosen:
    return Chosen(table(name), where, percent)


@pytest.fixture
def town(make_maria_shop: MakeMariaShop) -> MariaShop:
    return make_maria_shop(TRADE, name=SOURCE)


@asynccontextmanager
async def harbor_with(shop: MariaShop, subset: Subset, rules: Rules | None = None) -> AsyncGenerator[Harbor]:
    async with shop.harbor(replace(shop.target, subset=subset, rules=rules)) as harbor:
        yield harbor


async def load_subset(shop: MariaShop, subset: Subset, rules: Rules | None = None) -> None:
    """Build a subset and load it."""
    async with harbor_with(shop, subset, rules) as harbor:
        request = (
            SanitizeRequest("shop", new=True, subset=True) if rules else BuildRequest("shop", subset=True)
        )
        await do(harbor, request)
        await do(harbor, LoadRequest("shop", original=rules is None))


def ids(shop: MariaShop, name: str, columns: str = "id") -> list[tuple[object, ...]]:
    return shop.query(shop.destination, f"SELECT {columns} FROM {name} ORDER BY {columns}")


async def test_rows_that_refer_and_are_referred_to_come_along_by_any_kind_of_key(town: MariaShop) -> None:
    await load_subset(town, Subset((chosen("customer", "id = 40"),)))
    assert ids(town, "customer") == [(10,), (20,), (40,)]
    assert ids(town, "purchase", "id, buyer") == [(39, 40), (139, 40), (239, 40)]
    assert ids(town, "item", "purchase, product") == [(39, 40), (139, 40), (239, 40)]
    assert ids(town, "product") == [(40,)]
    assert ids(town, "country", "code") == [("c0",), ("c5",)]
    assert ids(town, "lonely") == []
