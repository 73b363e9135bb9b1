"""Subsets of a PostgreSQL database: made, loaded, and what came of them."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from snapharbor.engine.harbor import Harbor
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.subset import Chosen, Subset
from snapharbor.engine.model.target import Rules

from .postgres import Postgres, Reader, execute, query
from .shop import EVERY_SCHEMA, Shop, clean, load_subset_of

MakeTown = Callable[..., Shop]


def table(name: str) -> TableName:
    return TableName("public", name)


def chosen(name: str, where: str | None = None, percent: float | None = None) -> Chosen:
    return Chosen(table(name), where, percent)


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
        await load_subset_of(harbor, sanitized=rules is not None)


def ids(shop: Shop, name: str, columns: str = "id") -> list[tuple[object, ...]]:
    return query(shop.destination, f"SELECT {columns} FROM {name} ORDER BY {columns}")
