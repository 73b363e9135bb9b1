"""Subsets of a MariaDB database that is always called the same: made, loaded, looked at."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

from snapharbor.engine.harbor import Harbor
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.subset import Chosen, Subset
from snapharbor.engine.model.target import Rules

from .mysqlshop import MysqlShop
from .shop import load_subset_of

SOURCE = "town"


def table(name: str) -> TableName:
    """Return a table of that database."""
    return TableName(SOURCE, name)


def chosen(name: str, where: str | None = None, percent: float | None = None) -> Chosen:
    """Return rows to begin with."""
    return Chosen(table(name), where, percent)


@asynccontextmanager
async def harbor_with(shop: MysqlShop, subset: Subset, rules: Rules | None = None) -> AsyncGenerator[Harbor]:
    """Open a harbor whose target has a subset."""
    async with shop.harbor(replace(shop.target, subset=subset, rules=rules)) as harbor:
        yield harbor


async def load_subset(shop: MysqlShop, subset: Subset, rules: Rules | None = None) -> None:
    """Build a subset and load it."""
    async with harbor_with(shop, subset, rules) as harbor:
        await load_subset_of(harbor, sanitized=rules is not None)


def ids(shop: MysqlShop, name: str, columns: str = "id") -> list[tuple[object, ...]]:
    """Return what was loaded of a table, in order."""
    return shop.query(shop.destination, f"SELECT {columns} FROM {name} ORDER BY {columns}")
