"""A sample of a large table comes from all over it, and only what it takes is read."""

from pathlib import Path

import pytest
from support.mysql import MysqlServer, NewSchema

from snapharbor.engine.database.mysql.database import MysqlDatabase
from snapharbor.engine.discovery.sample import questions
from snapharbor.engine.discovery.types import Types

pytestmark = pytest.mark.both_products

READ = "SHOW SESSION STATUS WHERE variable_name IN ('Handler_read_next', 'Handler_read_rnd_next')"


async def test_only_what_a_sample_takes_is_read(
    mysql: MysqlServer, new_schema: NewSchema, tmp_path: Path
) -> None:
    url = new_schema(
        "CREATE TABLE t (id bigint unsigned PRIMARY KEY, name varchar(40));"
        "INSERT INTO t SELECT seq * 3, concat('n', seq) FROM seq_1_to_30000; ANALYZE TABLE t;"
    )
    catalog = await MysqlDatabase(url, mysql.settings(tmp_path), readers=1).inspect()
    (question,) = questions(catalog.tables[0], 30_000, Types.read(()), "mysql")
    with mysql.connect(url.database) as connection, connection.cursor() as cursor:
        cursor.execute(question.query)
        numbers = [int(str(name)[1:]) for (name,) in cursor.fetchall()]
        cursor.execute(READ)
        read = sum(int(str(value)) for _, value in cursor.fetchall())
    assert len(numbers) == 200
    assert {number // 2000 for number in numbers} == {*range(15)}
    assert read < 1000
