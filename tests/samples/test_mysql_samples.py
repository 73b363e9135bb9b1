"""The same for the MySQL samples, on MariaDB: `make samples`."""

import gzip
from dataclasses import replace

import pytest
from support.compare_mysql import differences, facts
from support.mysqlshop import MakeMysqlShop, MysqlShop
from support.references import Spot
from support.references_mysql import MariaReferences
from support.shop import do

from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.subset import Chosen, Referencing, Subset
from snapharbor.engine.model.target import Rules
from snapharbor.engine.operations.requests import BuildRequest, LoadRequest, SanitizeRequest

from .test_samples import SAMPLES

FILES = SAMPLES.with_name("mysql")
NAMES = sorted(path.name.removesuffix(".sql.gz") for path in FILES.glob("*.sql.gz"))
MARKER = {"definition of snapharbor_info", "rows of snapharbor_info"}


def test_there_are_samples() -> None:
    assert NAMES, f"no samples in {FILES}"


@pytest.fixture(params=NAMES)
def sample(request: pytest.FixtureRequest, make_mysql_shop: MakeMysqlShop) -> MysqlShop:
    """Load one sample into a fresh database."""
    return make_mysql_shop(gzip.decompress((FILES / f"{request.param}.sql.gz").read_bytes()))


async def test_a_sample_comes_back_exactly(sample: MysqlShop) -> None:
    async with sample.harbor() as harbor:
        await do(harbor, BuildRequest("shop"))
        await do(harbor, LoadRequest("shop", original=True))
    source, copy = (facts(sample.server, url.database) for url in (sample.owner, sample.destination))
    assert differences(source, copy) == []


async def test_what_is_suggested_for_a_sample_decides_everything(sample: MysqlShop) -> None:
    bare = replace(sample.target, rules=None)
    async with sample.harbor(bare) as harbor:
        found = await harbor.suggest("shop")
    assert (found.left, found.outside) == ((), ())
    target = replace(bare, rules=Rules(override_query=f"sql:{found.sql}", policy="require"))
    async with sample.harbor(target) as harbor:
        told = await harbor.explain("shop")
        assert [finding for finding in told.findings if finding.severity != "info"] == []
        assert told.not_said == ()
        assert not [column for column in told.coverage if column.undecided]
        made = await do(harbor, SanitizeRequest("shop", new=True))
        assert made["clean"] is True
        await do(harbor, LoadRequest("shop"))
    source, copy = (facts(sample.server, url.database) for url in (sample.owner, sample.destination))
    changed = {*differences(source, copy)} - MARKER
    assert changed
    assert all(name.startswith("rows of ") for name in changed), changed


CHOSEN = {"sakila": ("customer", "customer_id % 20 = 3"), "chinook": ("Artist", "ArtistId % 10 = 1")}


async def test_a_subset_of_a_sample_is_exactly_what_its_keys_say(
    sample: MysqlShop, request: pytest.FixtureRequest
) -> None:
    chosen, where = CHOSEN[request.node.callspec.params["sample"]]
    references = MariaReferences(sample.server, sample.owner)
    seeds = references.rows(sample.owner, chosen, where)
    begun = Subset((Chosen(TableName(sample.owner.database, chosen), where),))
    taken: dict[Referencing, set[Spot]] = {}
    for way in ("none", "any", "every"):
        target = replace(sample.target, rules=None, subset=replace(begun, referencing=way))
        async with sample.harbor(target) as harbor:
            await do(harbor, BuildRequest("shop", subset=True))
            await do(harbor, LoadRequest("shop", original=True))
        tables = (references.rows(sample.destination, name) for name in references.keys)
        taken[way] = set().union(*tables)
    assert taken["none"] == references.closed(seeds)
    assert taken["any"] == references.any(seeds, chosen)
    assert taken["none"] < taken["every"] <= taken["any"]
    assert references.closed(taken["every"]) == taken["every"]
