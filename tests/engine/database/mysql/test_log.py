"""What mysqldump says of a binary log is left out, and nothing else that stands near it."""

import pytest

from snapharbor.engine.database.mysql.script import without_log


@pytest.mark.parametrize(
    "said",
    [
        b"SET @@SESSION.SQL_LOG_BIN= 0;\n",
        b"SET @@SESSION.SQL_LOG_BIN = @MYSQLDUMP_TEMP_LOG_BIN;\n",
        b"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '';\n",
        b"SET @@GLOBAL.GTID_PURGED='3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5,\n4e11fa47-71ca-11e1-9e33:1';\n",
    ],
)
def test_its_own_words_go_and_lines_keep_their_numbers(said: bytes) -> None:
    lines = [*said.splitlines(keepends=True), b"SELECT 1;\n"]
    assert [*without_log(lines)] == [b"\n"] * (len(lines) - 1) + [b"SELECT 1;\n"]


@pytest.mark.parametrize(
    "said",
    [
        b"SET @@SESSION.SQL_LOG_BIN=0; INSERT INTO t VALUES (1);\n",
        b"SET @@GLOBAL.GTID_PURGED=''; DROP TABLE t;\n",
        b"SET @@GLOBAL.GTID_PURGED=@other;\n",
        b"  SET @@SESSION.SQL_LOG_BIN= 0;\n",
    ],
)
def test_whatever_else_is_left_for_the_server(said: bytes) -> None:
    assert [*without_log([said])] == [said]


def test_a_body_is_left_as_it_is() -> None:
    lines = [b"DELIMITER ;;\n", b"SET @@SESSION.SQL_LOG_BIN= 0;\n", b"END;;\n", b"DELIMITER ;\n"]
    assert [*without_log(lines)] == lines
