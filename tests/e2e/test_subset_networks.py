"""Subsets of random networks of tables: exactly the rows that the rules say, and nothing dangling."""

from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from hypothesis import HealthCheck, given, settings
from support.mysql import MysqlServer
from support.mysqlshop import MysqlShop
from support.networks import Network, Row, networks
from support.postgres import Age, Postgres, execute
from support.shop import Shop, clean

from snapharbor.engine.database.base import SliceReader, View
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.job import ignore
from snapharbor.engine.model.subset import Chosen, Referencing, Subset
from snapharbor.engine.model.target import Selection
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.operations.subset import explain_subset, picking
from snapharbor.engine.tasks import in_thread

pytestmark = pytest.mark.server
schemas = map("net_{}".format, count())
SLOW = settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@dataclass(frozen=True)
class Place:
    """A server on which networks are made, each in a schema of its own."""

    shop: Shop | MysqlShop
    run: Callable[[str], object]
    kinds: tuple[str, ...] = ("int",)

    def make(self, schema: str, network: Network) -> DatabaseUrl:
        """Make the tables of a network, and return the URL of the database that has them."""
        for statement in network.sql(schema, self.kinds):
            self.run(statement)
        return self.shop.owner if isinstance(self.shop, Shop) else self.shop.owner.on(schema)

    def drop(self, schema: str) -> None:
        """Drop a network."""
        self.run(f"DROP SCHEMA {schema}{' CASCADE' if isinstance(self.shop, Shop) else ''}")


@pytest.fixture(scope="module")
def server(start_postgres: Callable[[Age], Postgres]) -> Postgres:
    return start_postgres("newest")


@pytest.fixture
def on_postgres(server: Postgres, tmp_path: Path) -> Place:
    clean(server)
    execute(server.url, "CREATE DATABASE shop")
    url = server.cluster.url("shop")
    shop = Shop(server, url, url, server.cluster.url("shop_copy"), tmp_path / "data")
    return Place(shop, partial(execute, url))


@pytest.fixture
def on_mariadb(mysql: MysqlServer, tmp_path: Path) -> Generator[Place]:
    with mysql.connect() as connection, connection.cursor() as cursor:
        shop = MysqlShop(mysql, mysql.url, mysql.url, mysql.url, tmp_path / "data")
        yield Place(shop, cursor.execute, ("int", "varchar(9)", "varbinary(9)"))


@pytest.fixture(params=["on_postgres", "on_mariadb"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


def read(view: View, reader: SliceReader) -> set[Row]:
    rows = [
        (int(piece.table.name.removeprefix("t")), number_of(line.split(b"\t")[0]))
        for piece in view.slices
        for line in b"".join(map(bytes, reader.read(piece))).splitlines()
    ]
    assert len({*rows}) == len(rows)
    return {*rows}


def number_of(key: bytes) -> int:
    """Return what a key says; bytes stand as hexadecimal digits after a backslash, which is doubled."""
    return int(bytes.fromhex(key[3:].decode()) if key.startswith(b"\\") else key)


async def picked(place: Place, network: Network, referencing: Referencing, *, batch: int) -> set[Row]:
    """Find the rows of a subset, verify that nothing dangles, and read them: as many as are explained."""
    schema = next(schemas)
    source = place.make(schema, network)
    chosen = tuple(
        Chosen(TableName(schema, f"t{table}"), where=f"id IN ({', '.join(map(str, [0, *sorted(ids)]))})")
        for table, ids in network.chosen.items()
    )
    subset = Subset(chosen, referencing=referencing, batch=batch)
    selection = Selection(include_schemas=(schema,)) if isinstance(place.shop, Shop) else Selection()
    target = replace(place.shop.target, source=source, subset=subset, rules=None, selection=selection)
    async with place.shop.harbor(target) as harbor:
        database = harbor.services.database(source)
        async with (
            database.view(target.selection, target.limits) as view,
            picking(harbor.services, target, view, report=ignore) as rows,
        ):
            await rows.verify()
            async with in_thread(view.reader()) as reader:
                found = await to_thread.run_sync(read, view, reader)
        told = await explain_subset(harbor.services, target.key, row=None, report=ignore)
    counts = Counter(f"t{table}" for table, _ in found)
    assert {one.table.name: one.after for one in told.tables if one.after} == counts
    place.drop(schema)
    return found


@SLOW
@given(networks())
def test_a_subset_without_what_refers_to_it_is_what_it_refers_to(place: Place, network: Network) -> None:
    found = anyio.run(partial(picked, place, network, "none", batch=2))
    assert found == network.closed(network.seeds)


@SLOW
@given(networks())
def test_a_subset_by_any_reference_is_the_least_that_holds_all_of_them(
    place: Place, network: Network
) -> None:
    assert anyio.run(partial(picked, place, network, "any", batch=2)) == network.any()


@SLOW
@given(networks())
def test_a_subset_by_every_reference_is_exact_without_circles_and_closed_with_them(
    place: Place, network: Network
) -> None:
    found = anyio.run(partial(picked, place, network, "every", batch=2))
    assert network.closed(found) == found
    assert network.seeds <= found <= network.any()
    if (exact := network.every()) is not None:
        assert found == exact
