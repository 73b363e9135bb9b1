"""Which values MySQL and MariaDB provably store as they are computed, told from their text alone."""

import pytest

from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.pushdown import ColumnFacts, TableFacts
from snapharbor.engine.rules.values_mysql import refused

TABLE = TableFacts(
    TableName("shop", "t"),
    "r",
    (
        ColumnFacts("name", "varchar(20)", 0, collation="utf8mb4_bin", charset="utf8mb4"),
        ColumnFacts("odd", "varchar(20)", 0),
        ColumnFacts("doc", "json", 0, collation="utf8mb4_bin", charset="utf8mb4"),
        ColumnFacts("n", "int(11)", 0, not_null=True),
        ColumnFacts("wide", "bigint(20) unsigned", 0),
        ColumnFacts("padded", "int(5) unsigned zerofill", 0),
        ColumnFacts("price", "decimal(10,2)", 0),
        ColumnFacts("ratio", "double", 0),
        ColumnFacts("born", "date", 0),
        ColumnFacts("seen", "timestamp(3)", 0),
        ColumnFacts("state", "enum('open','it''s')", 0, not_null=True),
        ColumnFacts("picture", "mediumblob", 0),
        ColumnFacts("place", "point", 0),
    ),
)
TAKEN = [
    ("name", "NULL"),
    ("name", "upper(name)"),
    ("name", "n"),
    ("name", "CASE WHEN n THEN 'a' END"),
    ("name", "snapharbor.email(name)"),
    ("name", "coalesce(snapharbor.email(name), '')"),
    ("name", "'now'"),
    ("doc", "'{}'"),
    ("doc", "json_set(doc, '$.a', 1)"),
    ("n", "NULL"),
    ("n", "(n + 1) * -2 % 7"),
    ("n", "snapharbor.key(n)"),
    ("wide", "if(n, wide, 0)"),
    ("price", "round(price * 1.1, 1)"),
    ("price", "n / 3"),
    ("born", "'2020-02-29'"),
    ("born", "born - INTERVAL 1 DAY"),
    ("seen", "'2020-02-29 10:00:00'"),
    ("seen", "born"),
    ("state", "'open'"),
    ("picture", "NULL"),
]
REFUSED = [
    ("name", "1.5"),
    ("name", "ratio"),
    ("name", "picture"),
    ("name", "concat(name, picture)"),
    ("name", "x'61'"),
    ("name", "CAST(name AS BINARY)"),
    ("name", "unhex(name)"),
    ("name", "name COLLATE utf8mb4_bin"),
    ("name", "snapharbor.key(n) + 1"),
    ("name", "DEFAULT"),
    ("name", "born"),
    ("name", "what(name)"),
    ("odd", "'x'"),
    ("doc", "n"),
    ("n", "'1'"),
    ("n", "price"),
    ("n", "1e3"),
    ("n", "n + ratio"),
    ("n", "12345678901234567890"),
    ("padded", "1"),
    ("padded", "padded"),
    ("price", "ratio"),
    ("price", "'1.5'"),
    ("born", "'2020-2-29'"),
    ("born", "'2021-02-29'"),
    ("born", "seen"),
    ("born", "if(n, born, '2020-01-01')"),
    ("born", "born + INTERVAL 1 HOUR"),
    ("seen", "'2020-02-29'"),
    ("state", "'OPEN'"),
    ("state", "NULL"),
    ("state", "name"),
    ("ratio", "1"),
    ("ratio", "NULL"),
    ("picture", "'x'"),
    ("place", "NULL"),
    ("place", "place"),
]


@pytest.mark.parametrize(("column", "text"), TAKEN)
def test_what_an_update_stores_as_it_is(column: str, text: str) -> None:
    assert _refused(column, text) is None


@pytest.mark.parametrize(("column", "text"), REFUSED)
def test_what_an_update_may_convert(column: str, text: str) -> None:
    assert _refused(column, text) is not None


def _refused(name: str, text: str) -> str | None:
    column = TABLE.column(name)
    assert column is not None
    return refused(column, text, TABLE, filtered=True)
