"""Snapshots of the original become ours: whatever is in the archive, and nothing of it is trusted."""

import secrets
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.mysqlshop import MysqlShop
from support.postgres import execute
from support.shop import do
from support.small import MakeSmall, Small

from snapharbor.engine.model.errors import ArgumentInvalid, EngineError
from snapharbor.engine.operations.requests import AdoptRequest, ExportRequest, LoadRequest, SanitizeRequest

pytestmark = pytest.mark.server

TABLES = (
    "CREATE SCHEMA extra",
    "CREATE TABLE person (id int PRIMARY KEY, email text, note text)",
    "CREATE TABLE extra.visit (id serial PRIMARY KEY, person int REFERENCES public.person (id))",
    "INSERT INTO person SELECT n, 'real' || n || '@example.com', E'a\\nb\\t''c'' $$ ' || n "
    "FROM generate_series(1, 20) n",
    "INSERT INTO extra.visit (person) SELECT id FROM person",
    "CREATE EXTENSION citext",
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $body$\nSELECT ';'\n||\n'x';\n$body$",
    "CREATE VIEW people AS SELECT id, f() AS f FROM person",
    "COMMENT ON TABLE person IS 'it''s -- \"x\"; GRANT'",
    "SELECT lo_from_bytea(0, 'large')",
)
RULES = "UPDATE person SET email = id || '@example.test'"
PUBLIC = ("--schema=public",)


@pytest.fixture
def small(make_small: MakeSmall) -> Small:
    made = make_small(*TABLES, rules=RULES)
    owner = f"owner_{secrets.token_hex(4)}"
    execute(
        made.owner,
        f"CREATE ROLE {owner}",
        f"ALTER TABLE person OWNER TO {owner}",
        f"GRANT SELECT ON person TO {owner}",
    )
    return made


def packed(to: Path, dumped: Path, inside: str = "") -> Path:
    """Zip a file or a directory."""
    files = [dumped] if dumped.is_file() else sorted(dumped.iterdir())
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, f"{inside}{file.name}")
    return to


ZIP = "1700000000_shop.zip"
FORMS: dict[str, Callable[[Small, Path], Path]] = {
    "directory": lambda small, at: packed(at / ZIP, small.dump(at / "d", "-Fd")),
    "directory inside": lambda small, at: packed(at / ZIP, small.dump(at / "d", "-Fd", "-Z0"), "a/b/"),
    "custom": lambda small, at: packed(at / ZIP, small.dump(at / "shop.dump", "-Fc")),
    "sql": lambda small, at: packed(at / ZIP, small.dump(at / "shop.sql")),
    "inserts": lambda small, at: packed(at / ZIP, small.dump(at / "shop.sql", "--inserts")),
    "bare sql": lambda small, at: small.dump(at / "shop.sql"),
    "bare custom": lambda small, at: small.dump(at / "shop.dump", "-Fc"),
}


@pytest.mark.parametrize("form", FORMS)
async def test_a_snapshot_of_any_form_is_adopted_listed_sanitized_and_loaded(
    small: Small, tmp_path: Path, form: str
) -> None:
    file = FORMS[form](small, tmp_path)
    async with small.harbor() as harbor:
        made = await do(harbor, AdoptRequest("shop", file, ("moved",)))
        (listed,) = await harbor.snapshots("shop")
        assert (listed.id, listed.manifest.kind, made["rows"]) == (made["snapshot"], "original", 40)
        assert listed.manifest.tags == ("moved", f"adopted:{file.name}")
        assert set(listed.manifest.schemas) == {"public", "extra"}
        if file.suffix == ".zip":
            assert listed.manifest.created_at == "2023-11-14T22:13:20.000Z"
            assert listed.id.startswith("20231114-221320")
        await do(harbor, LoadRequest("shop", original=True))
        assert small.here("SELECT * FROM person ORDER BY id") == small.there(
            "SELECT * FROM person ORDER BY id"
        )
        assert small.here("SELECT f FROM people LIMIT 1") == [(";x",)]
        assert small.here("SELECT obj_description('person'::regclass)") == [('it\'s -- "x"; GRANT',)]
        await do(harbor, SanitizeRequest("shop"))
        await do(harbor, LoadRequest("shop"))
    assert small.here("SELECT count(*) FROM person WHERE email LIKE '%@example.test'") == [(20,)]
    assert nothing_readable(small)


def nothing_readable(small: Small) -> bool:
    """Whether no directory of a parcel or private server was left."""
    return not [*(small.directory / "tmp").glob("parcel-*"), *(small.directory / "tmp").glob("cluster-*")]


async def test_what_the_original_dumped_of_one_schema_brings_that_schema_along(
    small: Small, tmp_path: Path
) -> None:
    for form in ("-Fd", "-Fc", "-Fp"):
        dumped = small.dump(tmp_path / f"dump{form}", form, *PUBLIC)
        if form == "-Fd":
            dumped = packed(tmp_path / "d.zip", dumped)
        async with small.harbor() as harbor:
            made = await do(harbor, AdoptRequest("shop", dumped))
        assert made["rows"] == 20


async def test_what_was_sanitized_elsewhere_is_raw_here_and_adopted_once(
    small: Small, tmp_path: Path
) -> None:
    file = packed(tmp_path / "1700000000_shop.san.zip", small.dump(tmp_path / "shop.sql"))
    async with small.harbor() as harbor:
        plan = await harbor.plan(AdoptRequest("shop", file))
        assert "RAW" in plan.warnings[0]
        await harbor.run(plan)
        assert (await harbor.snapshot("shop")).manifest.kind == "original"
        with pytest.raises(ArgumentInvalid):
            await harbor.plan(AdoptRequest("shop", file))


@pytest.mark.parametrize(
    "text",
    [
        "COPY (SELECT 1) TO PROGRAM 'touch {0}';",
        "COPY person FROM PROGRAM 'touch {0}';",
        "SELECT lo_export(lo_from_bytea(0, 'x'), '{0}');",
        "\\! touch {0}",
        "\\unrestrict `touch {0}`",
        "SET ROLE postgres; COPY (SELECT 1) TO PROGRAM 'touch {0}';",
        "ALTER SYSTEM SET archive_command = 'touch {0}';",
        "CREATE FUNCTION e() RETURNS int LANGUAGE c AS '{0}', 'e';",
    ],
)
async def test_sql_that_reaches_for_the_machine_is_refused(small: Small, tmp_path: Path, text: str) -> None:
    ran = tmp_path / "ran"
    file = tmp_path / "evil.sql"
    file.write_text(
        f"-- Dumped from database version 15.1\nCREATE TABLE person (id int);\n{text.format(ran)}\n"
    )
    async with small.harbor() as harbor:
        with pytest.raises(EngineError):
            await do(harbor, AdoptRequest("shop", packed(tmp_path / "evil.zip", file)))
        assert not await harbor.snapshots("shop")
    assert not ran.exists()
    assert nothing_readable(small)


async def test_an_archive_that_names_files_outside_of_itself_is_refused(small: Small, tmp_path: Path) -> None:
    directory = small.dump(tmp_path / "d", "-Fd", "-Z0")
    toc = (directory / "toc.dat").read_bytes()
    name = next(file.name for file in directory.iterdir() if file.suffix == ".dat" and file.name[0].isdigit())
    (directory / "toc.dat").write_bytes(toc.replace(name.encode(), b"../" + name.encode()[3:]))
    async with small.harbor() as harbor:
        with pytest.raises(ArgumentInvalid):
            await do(harbor, AdoptRequest("shop", packed(tmp_path / "out.zip", directory)))
    assert nothing_readable(small)


async def test_a_dump_of_mariadb_is_adopted_under_the_sources_own_name(
    mysql_shop: MysqlShop, tmp_path: Path
) -> None:
    shop = mysql_shop
    async with shop.harbor() as harbor:
        await do(harbor, AdoptRequest("shop", mysql_dump(tmp_path, "UNUSED")))
        found = await harbor.snapshot("shop")
        assert (found.manifest.rows, found.manifest.schemas) == (2, (shop.owner.database,))
        await do(harbor, LoadRequest("shop", original=True))
        assert shop.query(shop.destination, "SELECT id, name FROM person") == [(1, "Ada"), (2, "a;\n'b")]
        ran = tmp_path / "ran"
        for line in (
            "USE mysql;",
            f"SET GLOBAL general_log_file = '{ran}'; SET GLOBAL general_log = ON;",
            f"SELECT 1 INTO OUTFILE '{ran}';",
            "INSTALL SONAME 'ha_connect';",
            "CREATE TABLE mysql.t (id int);",
            "GRANT ALL ON *.* TO snapharbor_adopts@localhost;",
            f"\\! touch {ran}",
            "CREATE DEFINER=root@localhost PROCEDURE p() SET GLOBAL general_log = ON; CALL p();",
            "CREATE DEFINER=`root`@`localhost` PROCEDURE p() SET GLOBAL general_log = ON; CALL p();",
        ):
            with pytest.raises(EngineError):
                await do(harbor, AdoptRequest("shop", mysql_dump(tmp_path, line)))
        assert not exists(ran)
        exported = tmp_path / "exported"
        await do(harbor, ExportRequest("shop", exported, original=True))
        renamed = replace(shop.target, key="shop", name="again")
    async with shop.harbor(renamed) as harbor:
        again = await do(harbor, AdoptRequest("shop", next(exported.glob("*.sql"))))
    assert again["rows"] == 2


def exists(file: Path) -> bool:
    return file.exists()


def mysql_dump(directory: Path, line: str) -> Path:
    """Write what mariadb-dump writes, with one line more."""
    file = directory / f"{secrets.token_hex(4)}.sql"
    file.write_text(
        "/*M!999999\\- enable the sandbox mode */ \n"
        "-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)\n--\n"
        "-- Host: localhost    Database: elsewhere\n"
        "/*!40101 SET NAMES utf8mb4 */;\n"
        f"{'' if line == 'UNUSED' else line}\n"
        "CREATE TABLE `person` (`id` int NOT NULL, `name` text, PRIMARY KEY (`id`)) ENGINE=InnoDB;\n"
        "INSERT INTO `person` VALUES\n(1,'Ada'),\n(2,'a;\\n\\'b');\n"
        "/*!50003 CREATE*/ /*!50017 DEFINER=`app`@`%`*/ "
        "/*!50003 TRIGGER t BEFORE INSERT ON person FOR EACH ROW SET NEW.name = 'x' */;\n"
    )
    return packed(directory / f"{file.stem}.zip", file)
