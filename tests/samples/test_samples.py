"""Sample databases of others, which stand beside the checkout and are not part of it: `make samples`."""

import gzip
import os
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest
from support.compare import Facts, differences, facts
from support.postgres import Postgres, Reader, execute, query
from support.references import References, Spot
from support.shop import EVERY_SCHEMA, Shop, clean

from snapharbor.engine.database.postgres.session import session
from snapharbor.engine.database.process import run
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.job import ignore
from snapharbor.engine.model.subset import Chosen, Referencing, Subset
from snapharbor.engine.model.suggestion import Suggested
from snapharbor.engine.model.target import Limits, Rules, Target
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.operations.requests import BuildRequest, LoadRequest, SanitizeRequest
from snapharbor.engine.operations.subset import picking

ROOT = Path(__file__).parents[2]
SAMPLES = Path(os.environ.get("SNAPHARBOR_SAMPLES", ROOT.parent / "shared" / "samples")) / "pg"
NAMES = sorted(path.name.removesuffix(".sql.gz") for path in SAMPLES.glob("*.sql.gz"))

MARKER = "rows of public.snapharbor_info"
RULES = {
    "pagila": "UPDATE customer SET email = 'c' || customer_id || '@example.com'; TRUNCATE payment",
    "chinook": """UPDATE "Customer" SET "Email" = 'c' || "CustomerId" || '@example.com'""",
    "northwind": "UPDATE employees SET photo = NULL, home_phone = NULL WHERE true",
}


def test_there_are_samples() -> None:
    assert NAMES, f"no samples in {SAMPLES}: set SNAPHARBOR_SAMPLES to the directory that has `pg`"


@pytest.fixture
def sample(each_postgres: Postgres, tmp_path: Path) -> Generator[Shop]:
    """Load one sample into a fresh database of each server."""
    server = each_postgres
    execute(server.url, "CREATE DATABASE shop")
    yield Shop(
        server,
        owner=server.cluster.url("shop"),
        source=server.cluster.url("shop"),
        destination=server.cluster.url("shop_copy"),
        directory=tmp_path / "data",
    )
    clean(server)


async def fill(server: Postgres, url: DatabaseUrl, name: str, directory: Path) -> None:
    """Run the sample's SQL."""
    file = directory / f"{name}.sql"
    file.write_bytes(gzip.decompress((SAMPLES / f"{name}.sql.gz").read_bytes()))
    with session(url, Limits(), directory) as opened:
        argv = [
            server.tools.program("psql"),
            "-Xq",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            opened.conninfo,
            "-f",
            file,
        ]
        done = await run(argv, env=opened.environment)
    assert done.code == 0, done.stderr


@pytest.mark.parametrize("name", NAMES)
async def test_a_sample_comes_back_exactly(sample: Shop, name: str, reader: Reader, tmp_path: Path) -> None:
    await fill(sample.server, sample.owner, name, tmp_path)
    target = replace(sample.target, source=reader(sample.owner), selection=EVERY_SCHEMA)
    async with sample.harbor(target) as harbor:
        await harbor.run(await harbor.plan(BuildRequest("shop")))
        await harbor.run(await harbor.plan(LoadRequest("shop", original=True)), confirmed=True)
    tools = sample.server.tools
    assert differences(facts(sample.owner, tools), facts(sample.destination, tools)) == []


@pytest.mark.parametrize("name", NAMES)
async def test_a_sample_is_sanitized(sample: Shop, name: str, reader: Reader, tmp_path: Path) -> None:
    await fill(sample.server, sample.owner, name, tmp_path)
    rules = Rules(override_query=RULES[name])
    target = replace(sample.target, source=reader(sample.owner), rules=rules)
    async with sample.harbor(target) as harbor:
        made = await harbor.run(await harbor.plan(SanitizeRequest("shop", new=True)))
        await harbor.run(await harbor.plan(LoadRequest("shop")), confirmed=True)
    assert made["kind"] == "sanitized"
    changed = differences(facts(sample.owner), facts(sample.destination))
    assert changed
    assert all(name.startswith(("rows of", "large objects")) for name in changed), changed


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_suggested_for_a_sample_decides_everything(
    sample: Shop, name: str, reader: Reader, tmp_path: Path
) -> None:
    await fill(sample.server, sample.owner, name, tmp_path)
    bare = replace(sample.target, source=reader(sample.owner), selection=EVERY_SCHEMA, rules=None)
    async with sample.harbor(bare) as harbor:
        found = await harbor.suggest("shop")
    assert (found.left, found.outside) == ((), ())
    target = replace(bare, rules=Rules(override_query=f"sql:{found.sql}", policy="require"))
    loaded: list[Facts] = []
    for ephemeral in (False, True):
        async with sample.harbor(target) as harbor:
            told = await harbor.explain("shop")
            assert [finding for finding in told.findings if finding.severity != "info"] == []
            assert not [column for column in told.coverage if column.undecided]
            plan = await harbor.plan(SanitizeRequest("shop", new=True, ephemeral=ephemeral))
            assert plan.arguments["strategy"] == ("ephemeral" if ephemeral else "pushdown")
            made = await harbor.run(plan, confirmed=True)
            assert made["clean"] is True
            await harbor.run(await harbor.plan(LoadRequest("shop")), confirmed=True)
        loaded.append(facts(sample.destination))
    assert differences(*loaded) == [MARKER]
    changed = {*differences(loaded[0], facts(sample.owner))} - {MARKER}
    assert {f"rows of {_table(one)}" for one in found.covered} >= changed > set()


CHOSEN = {
    "pagila": ("public", "customer", "customer_id % 20 = 3"),
    "chinook": ("public", "Artist", '"ArtistId" % 10 = 1'),
    "northwind": ("public", "customers", "customer_id < 'C'"),
}


@pytest.mark.parametrize("name", NAMES)
async def test_a_subset_of_a_sample_is_exactly_what_its_keys_say_and_every_key_holds(
    sample: Shop, name: str, reader: Reader, tmp_path: Path
) -> None:
    await fill(sample.server, sample.owner, name, tmp_path)
    schema, chosen, where = CHOSEN[name]
    references = References(sample.owner)
    called = chosen if chosen.islower() else f'"{chosen}"'
    rows = query(sample.owner, f"SELECT tableoid::regclass::text, ctid::text FROM {called} WHERE {where}")
    seeds = {(str(one), str(place)) for one, place in rows}
    subset = Subset((Chosen(TableName(schema, chosen), where),))
    target = replace(sample.target, source=reader(sample.owner), selection=EVERY_SCHEMA, rules=None)
    taken: dict[Referencing, set[Spot]] = {
        way: await _taken(sample, replace(target, subset=replace(subset, referencing=way)))
        for way in ("none", "any", "every")
    }
    assert taken["none"] == references.closed(seeds)
    assert taken["any"] == references.any(seeds, called)
    assert taken["none"] < taken["every"] <= taken["any"]
    assert references.closed(taken["every"]) == taken["every"]
    async with sample.harbor(replace(target, subset=subset)) as harbor:
        await harbor.run(await harbor.plan(BuildRequest("shop", subset=True)))
        loaded = await harbor.run(await harbor.plan(LoadRequest("shop", original=True)), confirmed=True)
    assert loaded["rows"] == len(taken["every"])
    keys = "SELECT conname, convalidated FROM pg_constraint WHERE contype = 'f' ORDER BY 1"
    assert query(sample.destination, keys) == query(sample.owner, keys) != []


async def _taken(sample: Shop, target: Target) -> set[Spot]:
    """Return the rows of a subset by their places in the source."""
    async with sample.harbor(target) as harbor:
        database = harbor.services.database(sample.source)
        async with (
            database.view(target.selection, target.limits) as view,
            picking(harbor.services, target, view, report=ignore) as picked,
        ):
            await picked.verify()
            names = query(sample.owner, "SELECT oid::int8, oid::regclass::text FROM pg_class")
            return {
                (str(name), f"({place >> 16},{place & 0xFFFF})")
                for oid, name in names
                for place in picked.walk.rows.after(int(str(oid)), -1, 1_000_000)
            }


def _table(one: Suggested) -> str:
    name = one.table.name if one.table.name.islower() else f'"{one.table.name}"'
    return f"{one.table.schema}.{name}"
