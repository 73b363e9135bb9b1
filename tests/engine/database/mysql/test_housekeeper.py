"""A swap of databases whose tables are moved: it comes to its end, or nothing has changed."""

import pytest
from support.compare_mysql import facts
from support.mysql import MysqlServer, NewSchema

from snapharbor.engine.database.mysql.housekeeper import MysqlHousekeeper
from snapharbor.engine.model.errors import EngineError

pytestmark = [pytest.mark.server, pytest.mark.both_products]
OURS = """
CREATE TABLE people (id int PRIMARY KEY, name text);
INSERT INTO people VALUES (1, 'Ada');
CREATE TABLE log (what text);
CREATE VIEW names AS SELECT name FROM people;
CREATE TRIGGER noted AFTER INSERT ON people FOR EACH ROW INSERT INTO log VALUES (NEW.name);
"""


async def test_a_swap_that_cannot_finish_puts_everything_back(
    mysql: MysqlServer, new_schema: NewSchema
) -> None:
    there, elsewhere = new_schema(OURS), new_schema("CREATE TABLE t (a int)")
    housekeeper, fresh = MysqlHousekeeper(there), f"{there.database}_fresh"
    before = facts(mysql, there.database)
    await housekeeper.create(fresh, "fresh")
    # A view that can be read and moved, and not made again once what it reads is gone.
    view = f"CREATE TABLE people (id int); CREATE VIEW far AS SELECT a FROM {elsewhere.database}.t"
    mysql.load(fresh, view.encode())
    mysql.query(f"DROP TABLE {elsewhere.database}.t")
    databases = {name for (name,) in mysql.query("SHOW DATABASES")}
    with pytest.raises(EngineError):
        await housekeeper.swap(fresh, there.database, over="theirs", previous=None, note="new")
    assert facts(mysql, there.database) == before
    assert {name for (name,) in mysql.query("SHOW DATABASES")} == databases
    await housekeeper.drop(fresh)
