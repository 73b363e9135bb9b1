"""Tables that are cut: every row once, in pieces that stay the same while their rows do."""

from pathlib import Path

import pytest
from anyio import to_thread
from support.captured import Captured, capture
from support.mysql import MysqlServer, NewSchema

from snapharbor.engine.database.mysql import slices
from snapharbor.engine.database.mysql.database import MysqlDatabase
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.target import Limits, Selection
from snapharbor.engine.model.url import DatabaseUrl

pytestmark = pytest.mark.both_products

KEYS = {
    "from below zero": ("int", "CAST(seq AS SIGNED) - 10000"),
    "up to the largest": ("bigint unsigned", "18446744073709551615 - seq * 3"),
    "with gaps": ("bigint", "seq * seq * seq"),
    "of texts": ("varchar(20)", "concat('k', seq)"),
}


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "SLICE_BYTES", 1 << 17)


async def take(url: DatabaseUrl, mysql: MysqlServer, directory: Path) -> tuple[Captured, int]:
    database = MysqlDatabase(url, mysql.settings(directory), readers=3)
    async with database.view(Selection(), Limits()) as view:
        return await to_thread.run_sync(capture, view), len(view.slices)


@pytest.mark.parametrize("key", KEYS)
async def test_every_row_of_a_cut_table_is_read_once(
    mysql: MysqlServer, new_schema: NewSchema, small_slices: None, tmp_path: Path, key: str
) -> None:
    type_, value = KEYS[key]
    url = new_schema(
        f"CREATE TABLE big (k {type_} PRIMARY KEY, note varchar(200));"
        f"INSERT INTO big SELECT {value}, repeat('x', 100) FROM seq_1_to_20000;"
        "ANALYZE TABLE big;"
    )
    captured, pieces = await take(url, mysql, tmp_path)
    lines = captured.tables[TableName(url.database, "big")].splitlines()
    expected = {
        str(found) for (found,) in mysql.query("SELECT CAST(k AS CHAR) FROM big", database=url.database)
    }
    assert (pieces > 5) == (key != "of texts")
    assert len(lines) == 20000
    assert {line.partition(b"\t")[0].decode() for line in lines} == expected


async def test_rows_that_did_not_change_are_in_the_same_piece(
    mysql: MysqlServer, new_schema: NewSchema, small_slices: None, tmp_path: Path
) -> None:
    url = new_schema(
        "CREATE TABLE big (k int PRIMARY KEY, note varchar(200));"
        "INSERT INTO big SELECT seq, repeat('x', 100) FROM seq_1_to_20000; ANALYZE TABLE big;"
    )
    database = MysqlDatabase(url, mysql.settings(tmp_path))
    async with database.view(Selection(), Limits()) as view:
        before = {piece.query for piece in view.slices}
    mysql.query("INSERT INTO big VALUES (20001, 'new')", database=url.database)
    async with database.view(Selection(), Limits()) as view:
        after = {piece.query for piece in view.slices}
    assert before == after
