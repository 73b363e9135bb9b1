"""Subsets of random networks of tables: exactly the rows that the rules say, and nothing dangling."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from hypothesis import HealthCheck, given, settings
from support.networks import Network, Row, networks
from support.postgres import Age, Postgres, execute
from support.shop import Shop, clean

from snapharbor.engine.database.base import SliceReader, View
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.job import ignore
from snapharbor.engine.model.subset import Chosen, Referencing, Subset
from snapharbor.engine.model.target import Selection
from snapharbor.engine.operations.subset import picking
from snapharbor.engine.tasks import in_thread

pytestmark = pytest.mark.server
schemas = map("net_{}".format, count())
SLOW = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def server(start_postgres: Callable[[Age], Postgres]) -> Postgres:
    return start_postgres("newest")


@pytest.fixture
def shop(server: Postgres, tmp_path: Path) -> Shop:
    clean(server)
    execute(server.url, "CREATE DATABASE shop")
    url = server.cluster.url("shop")
    return Shop(server, url, url, server.cluster.url("shop_copy"), tmp_path / "data")


def read(view: View, reader: SliceReader) -> set[Row]:
    return {
        (int(piece.table.name.removeprefix("t")), int(line.split(b"\t")[0]))
        for piece in view.slices
        for line in b"".join(map(bytes, reader.read(piece))).splitlines()
    }


async def picked(shop: Shop, network: Network, referencing: Referencing, *, batch: int) -> set[Row]:
    """Find the rows of a subset, verify that nothing dangles, and read them."""
    schema = next(schemas)
    execute(shop.owner, "; ".join(network.sql(schema)))
    chosen = tuple(
        Chosen(TableName(schema, f"t{table}"), where=f"id IN ({', '.join(map(str, [0, *sorted(ids)]))})")
        for table, ids in network.chosen.items()
    )
    subset = Subset(chosen, referencing=referencing, batch=batch)
    target = replace(shop.target, subset=subset, rules=None, selection=Selection(include_schemas=(schema,)))
    async with shop.harbor(target) as harbor:
        database = harbor.services.database(shop.source)
        async with (
            database.view(target.selection, target.limits) as view,
            picking(harbor.services, target, view, report=ignore) as rows,
        ):
            await rows.verify()
            async with in_thread(view.reader()) as reader:
                found = await to_thread.run_sync(read, view, reader)
    execute(shop.owner, f"DROP SCHEMA {schema} CASCADE")
    return found


@SLOW
@given(networks())
def test_a_subset_without_what_refers_to_it_is_what_it_refers_to(shop: Shop, network: Network) -> None:
    found = anyio.run(partial(picked, shop, network, "none", batch=2))
    assert found == network.closed(network.seeds)


@SLOW
@given(networks())
def test_a_subset_by_any_reference_is_the_least_that_holds_all_of_them(shop: Shop, network: Network) -> None:
    assert anyio.run(partial(picked, shop, network, "any", batch=2)) == network.any()


@SLOW
@given(networks())
def test_a_subset_by_every_reference_is_exact_without_circles_and_closed_with_them(
    shop: Shop, network: Network
) -> None:
    found = anyio.run(partial(picked, shop, network, "every", batch=2))
    assert network.closed(found) == found
    assert network.seeds <= found <= network.any()
    if (exact := network.every()) is not None:
        assert found == exact
