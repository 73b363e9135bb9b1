"""Answers about rows, which come in blocks that end anywhere."""

from pathlib import Path

from snapharbor.engine.database.base import Slice
from snapharbor.engine.database.mysql.conditions import Comparing
from snapharbor.engine.database.mysql.naming import naming, open_book
from snapharbor.engine.database.mysql.places import MysqlFinder
from snapharbor.engine.model.catalog import Catalog, Column, Table, TableName

TEXTS, NUMBERS = TableName("d", "a"), TableName("d", "b")


def test_an_answer_may_be_cut_anywhere_and_keys_come_back_as_they_were(tmp_path: Path) -> None:
    tables = (
        Table(TEXTS, "table", (Column("k", "varchar(9)", False), Column("n", "date", False)), ("k", "n")),
        Table(NUMBERS, "table", (Column("k", "bigint(20) unsigned", False),), ("k",)),
    )
    with open_book(tmp_path) as book:
        namings = {table.name: naming(table, {"k": "latin1"}, book) for table in tables}
        finder = MysqlFinder(Comparing(Catalog(("d",), tables), {}), tables, namings, b"")
        for name, answer, found, condition in (
            (
                TEXTS,
                b"41\t2020-01-01\t3\n\t0000-00-00\t0\n41\t2020-01-01\t3\n",
                [(0, 1, 3), (0, 2, 0), (0, 1, 3)],
                "(`k`, `n`) IN ((_latin1 X'41', '2020-01-01'),(_latin1 X'', '0000-00-00'))",
            ),
            (
                NUMBERS,
                b"0\t1\n18446744073709551615\t0\n",
                [(1, -(1 << 63), 1), (1, (1 << 63) - 1, 0)],
                "`k` IN (0,18446744073709551615)",
            ),
        ):
            piece = Slice(name, ("place", "uses"), 0, "", 0)
            for end in range(len(answer) + 1):
                blocks = iter((answer[:end], answer[end:]))
                assert [row for rows in finder.answer(piece, blocks) for row in rows] == found
            assert namings[name].condition([place for _, place, _ in found[:2]]) == condition
