"""Everything that MariaDB can define, under names that nobody should give, sanitized and loaded."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.compare_mysql import differences, facts
from support.mysqlshop import MakeMysqlShop
from support.shop import do

from snapharbor.engine.model.target import Rules, Selection
from snapharbor.engine.operations.requests import BuildRequest, LoadRequest, SanitizeRequest

pytestmark = [pytest.mark.server, pytest.mark.both_products]

AWKWARD = (Path(__file__).parents[1] / "support" / "awkward_mysql.sql").read_bytes()
MARKER = {"definition of snapharbor_info", "rows of snapharbor_info"}
RULES = """
UPDATE `we``ird-"näme` SET `sel``ect` = concat('x', `id-1`) WHERE `id-1` = 3;
UPDATE moments SET y = 2000 WHERE d = '0000-00-00';
UPDATE old_engine SET note = NULL WHERE id = 1;
UPDATE versioned SET name = 'new';
UPDATE parted SET id = id + 10;
UPDATE bytes SET b = X'00' WHERE b IS NOT NULL;
"""


@pytest.mark.parametrize("name", [None, "we'ird-\"näme 1", "100%_sure\\"])
async def test_rules_change_what_they_name_and_nothing_else(
    make_mysql_shop: MakeMysqlShop, name: str | None
) -> None:
    shop = make_mysql_shop(AWKWARD, name=name)
    before = facts(shop.server, shop.owner.database)
    rules = Rules(override_query=RULES)
    async with shop.harbor(replace(shop.target, source=shop.owner, rules=rules)) as harbor:
        made = await do(harbor, SanitizeRequest("shop", new=True))
        await do(harbor, LoadRequest("shop"))
    told = any("history" in str(sentence) for sentence in made["left_out"])  # type: ignore[union-attr]
    assert told == shop.server.mariadb
    assert facts(shop.server, shop.owner.database) == before, "the source was changed"
    changed = {*differences(before, facts(shop.server, shop.destination.database))} - MARKER
    written = ('we`ird-"näme', "moments", "old_engine", "versioned", "parted", "bytes")
    assert changed == {f"rows of {table}" for table in written}
    stamped = "SELECT changed FROM moments ORDER BY changed"
    assert shop.query(shop.destination, stamped) == shop.query(shop.owner, stamped)
    assert shop.query(shop.destination, "SELECT count(*) FROM audit") == [(0,)]


async def test_what_runs_by_itself_is_left_out_of_a_neutralised_copy(make_mysql_shop: MakeMysqlShop) -> None:
    shop = make_mysql_shop(AWKWARD)
    rules = Rules(override_query="UPDATE texts SET n = n", neutralise=True)
    async with shop.harbor(replace(shop.target, source=shop.owner, rules=rules)) as harbor:
        await do(harbor, SanitizeRequest("shop", new=True))
        await do(harbor, LoadRequest("shop"))
    changed = {
        *differences(facts(shop.server, shop.owner.database), facts(shop.server, shop.destination.database))
    }
    assert changed - MARKER == {"events"}


async def test_filters_of_a_load_leave_out_what_cannot_stand_without_the_rest(
    make_mysql_shop: MakeMysqlShop,
) -> None:
    shop = make_mysql_shop(AWKWARD)
    own = replace(shop.target, source=shop.owner)
    async with shop.harbor(own) as harbor:
        await do(harbor, BuildRequest("shop"))
    database = shop.owner.database
    narrow = Selection(exclude_tables=(f"{database}.store",), exclude_data=(f"{database}.texts",))
    async with shop.harbor(replace(own, selection=narrow)) as harbor:
        loaded = await do(harbor, LoadRequest("shop", original=True))
    assert isinstance(loaded["left_out"], list)
    assert loaded["left_out"]
    gone = {"definition of store", "definition of a_view", "definition of z_view", "rows of store"}
    changed = {*differences(facts(shop.server, database), facts(shop.server, shop.destination.database))}
    assert {*gone, "rows of texts", "foreign keys", "definition of staff"} <= changed
    assert shop.query(shop.destination, "SELECT count(*) FROM texts") == [(0,)]
