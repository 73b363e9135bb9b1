"""A file of SQL in a MariaDB destination: what runs, what is refused, and what is left of it."""

from pathlib import Path

import pytest
from support.mysqlshop import MysqlShop
from support.shop import do

from snapharbor.engine.model.errors import DatabaseFailed, EngineError, RuleRefused
from snapharbor.engine.operations.requests import ScriptRequest

pytestmark = [pytest.mark.server, pytest.mark.both_products(long=True)]

DUMP = """\
/*M!999999\\- enable the sandbox mode */
CREATE TABLE made (id int);
INSERT INTO made VALUES (1),(2);
DELIMITER ;;
CREATE TRIGGER t BEFORE INSERT ON made FOR EACH ROW BEGIN SET NEW.id = NEW.id + 1; END ;;
DELIMITER ;
"""


def written(shop: MysqlShop, text: str) -> Path:
    shop.directory.mkdir(exist_ok=True)
    path = shop.directory / "made.sql"
    path.write_text(text)
    return path


async def test_a_file_replaces_the_destination_or_runs_in_it(mysql_shop: MysqlShop) -> None:
    shop = mysql_shop
    async with shop.harbor() as harbor:
        file = written(shop, DUMP)
        await do(harbor, ScriptRequest("shop", file))
        written(shop, "INSERT INTO made VALUES (10);")
        done = await do(harbor, ScriptRequest("shop", file, append=True))
    assert done["how"] == "in what was there"
    assert shop.query(shop.destination, "SELECT id FROM made ORDER BY id") == [(1,), (2,), (11,)]


async def test_a_file_that_fails_leaves_the_destination_as_it_was(mysql_shop: MysqlShop) -> None:
    shop = mysql_shop
    async with shop.harbor() as harbor:
        await do(harbor, ScriptRequest("shop", written(shop, DUMP)))
        with pytest.raises(DatabaseFailed) as failure:
            await do(harbor, ScriptRequest("shop", written(shop, "CREATE TABLE half (id int);\nno sql;\n")))
    assert failure.value.details["line"] == 2
    assert shop.query(shop.destination, "SELECT count(*) FROM made") == [(2,)]
    assert shop.databases() == {shop.owner.database, shop.destination.database}


@pytest.mark.parametrize(
    "line", ["USE mysql;", "  use `mysql`;", "/*!40000 DROP DATABASE x */;", "CREATE SCHEMA x;"]
)
async def test_a_file_that_leads_to_another_database_is_refused_before_anything_runs(
    mysql_shop: MysqlShop, line: str
) -> None:
    file = written(mysql_shop, f"CREATE TABLE a (id int);\n{line}\n")
    async with mysql_shop.harbor() as harbor:
        with pytest.raises(RuleRefused):
            await harbor.plan(ScriptRequest("shop", file))


@pytest.mark.parametrize(
    "line", ["\\! touch {0}", "system touch {0};", "tee {0}", "\\. other.sql", "source other.sql"]
)
async def test_no_file_makes_the_client_do_anything_but_send_sql(mysql_shop: MysqlShop, line: str) -> None:
    ran = mysql_shop.directory / "ran"
    file = written(mysql_shop, f"CREATE TABLE a (id int);\n{line.format(ran)}\n")
    async with mysql_shop.harbor() as harbor:
        with pytest.raises(EngineError):
            await do(harbor, ScriptRequest("shop", file))
    assert not ran.exists()
