"""A snapshot of MySQL is loaded into MariaDB, and the other way round; a dump of MySQL is adopted."""

import os
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest
from support.compare_mysql import differences, facts
from support.debian import run
from support.mysql import SOCKET, MysqlServer, StartMysql
from support.mysqlshop import MakeMysqlShop, MysqlShop
from support.shop import do

from snapharbor.engine.model.settings import Programs
from snapharbor.engine.operations.requests import AdoptRequest, BuildRequest, LoadRequest

pytestmark = pytest.mark.server

SCRIPT = """
SET NAMES utf8mb4;
CREATE TABLE person (
  id int PRIMARY KEY AUTO_INCREMENT, name varchar(40) COLLATE {collation}, note text, about json,
  born date, seen timestamp(3) NULL, amount decimal(12,2), state enum('a', 'b'), picture blob, place point,
  twice decimal(12,2) AS (amount * 2) STORED, CHECK (amount >= 0), UNIQUE KEY named (name)
) DEFAULT CHARSET = utf8mb4;
INSERT INTO person (name, note, about, born, seen, amount, state, picture, place) VALUES
  ('Ada', 'a\\tb\\n\\\\ ü😀', '{{"a": [1, "x"]}}', '1815-12-10', '2020-01-01 00:00:00.123', 1.50, 'a',
   X'00FF27', POINT(1, 2)),
  ('Grace', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE visit (
  id int PRIMARY KEY, person int, CONSTRAINT who FOREIGN KEY (person) REFERENCES person (id)
);
INSERT INTO visit VALUES (1, 1);
CREATE VIEW seen AS SELECT p.name, v.id FROM person p JOIN visit v ON v.person = p.id;
DELIMITER //
CREATE TRIGGER shout BEFORE INSERT ON visit FOR EACH ROW BEGIN SET NEW.person = COALESCE(NEW.person, 1); END//
CREATE FUNCTION twice(x int) RETURNS int DETERMINISTIC RETURN x * 2//
DELIMITER ;
"""
# Of either product alone, and what the other one has in its place.
COLLATIONS = {True: ("utf8mb4_uca1400_ai_ci", "0900_ai_ci"), False: ("utf8mb4_0900_ai_ci", "uca1400_ai_ci")}


@pytest.fixture
def other(mysql: MysqlServer, start_mysql: StartMysql) -> Generator[MysqlServer]:
    server = start_mysql("MySQL" if mysql.mariadb else "MariaDB")
    yield server
    for (name,) in server.query("SHOW DATABASES"):
        if str(name).startswith(("across_", "snapharbor_")):
            server.query(f"DROP DATABASE `{name}`")


@pytest.mark.both_products
async def test_the_other_product_holds_the_same_rows(
    make_mysql_shop: MakeMysqlShop, other: MysqlServer, tmp_path: Path
) -> None:
    first = make_mysql_shop(b"")
    collation, theirs = COLLATIONS[first.server.mariadb]
    shop = make_mysql_shop(SCRIPT.format(collation=collation).encode())
    away = other.url.on("across_copy")
    # Each client for its own server: MySQL's does not know how MariaDB's users are told apart.
    both = tmp_path / "clients"
    both.mkdir()
    for server in (shop.server, other):
        (both / server.build.client).symlink_to(server.build.bin / server.build.client)
    settings = shop.settings(
        replace(shop.target, destination=away), mysql_programs=Programs(both, "`database_tools.mysql.bin`")
    )
    async with shop.harbor(settings=settings) as harbor:
        await do(harbor, BuildRequest("shop"))
        await do(harbor, LoadRequest("shop", original=True))
    here, there = facts(shop.server, shop.owner.database), facts(other, away.database)
    rows = [name for name in here if name.startswith("rows of")]
    assert sorted(rows) == ["rows of person", "rows of seen", "rows of visit"]
    assert {name: there[name] for name in rows} == {name: here[name] for name in rows}
    assert theirs in str(there["definition of person"])
    assert other.query("SELECT twice(21)", database=away.database) == ((42,),)
    other.query("INSERT INTO visit (id) VALUES (2)", database=away.database)
    assert other.query("SELECT person FROM visit WHERE id = 2", database=away.database) == ((1,),)


@pytest.mark.parametrize("mysql", ["MySQL"], indirect=True)
async def test_what_mysqldump_writes_is_adopted(mysql_shop: MysqlShop, tmp_path: Path) -> None:
    shop, password = mysql_shop, mysql_shop.owner.password
    assert password is not None
    program = shop.server.build.bin / "mysqldump"
    argv = (str(program), "--no-defaults", f"--socket={Path(shop.owner.host) / SOCKET}", "--user=root")
    options = ("--single-transaction", "--routines", "--events", "--triggers", "--hex-blob")
    dumped = run(*argv, *options, shop.owner.database, env={**os.environ, "MYSQL_PWD": password.reveal()})
    file = tmp_path / "shop.sql"
    file.write_text(dumped)
    async with shop.harbor() as harbor:
        await do(harbor, AdoptRequest("shop", file))
        await do(harbor, LoadRequest("shop", original=True))
    copy = facts(shop.server, shop.destination.database)
    assert differences(facts(shop.server, shop.owner.database), copy) == []
