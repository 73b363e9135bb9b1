"""A machine with Docker alone, and a real one: nothing of ours or of the database's is made up."""

import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest
from support.mysqlshop import MysqlShop
from support.real_docker import Docker
from support.shop import do
from support.small import MakeSmall, Small

from snapharbor.engine.database.container import daemon
from snapharbor.engine.database.container.program import Contained, contain
from snapharbor.engine.database.lease import reap
from snapharbor.engine.database.process import run, stream
from snapharbor.engine.operations.requests import AdoptRequest, LoadRequest, SanitizeRequest

pytestmark = pytest.mark.server
ROOT = Path(__file__).parents[2]


@pytest.fixture
def bare(real_docker: Docker, no_programs: None) -> Docker:
    """Make this a machine without any program of a database."""
    del no_programs
    return real_docker


@pytest.fixture
def person(make_small: MakeSmall) -> Small:
    return make_small(
        "CREATE TABLE person (id int PRIMARY KEY, email text)",
        "INSERT INTO person SELECT n, 'p' || n || '@corp.example' FROM generate_series(1, 5000) n",
        "CREATE TABLE picture (id int PRIMARY KEY, content bytea)",
        "INSERT INTO picture SELECT n, convert_to(repeat('x', 100000), 'UTF8') FROM generate_series(1, 9) n",
        rules="UPDATE person SET email = 'user' || id || '@example.test' WHERE true",
    )


@pytest.mark.parametrize("ephemeral", [False, True], ids=["while reading", "in a copy"])
async def test_docker_alone_is_enough(person: Small, bare: Docker, ephemeral: bool) -> None:
    async with person.harbor(settings=person.settings(images=bare.images)) as harbor:
        made = await do(harbor, SanitizeRequest("shop", new=True, ephemeral=ephemeral))
        await do(harbor, LoadRequest(str(made["snapshot"])))
        manifest = (await harbor.snapshot(str(made["snapshot"]))).manifest
    assert manifest.tool.endswith(" (container)")
    assert manifest.sanitization is not None
    assert manifest.sanitization.strategy == ("ephemeral" if ephemeral else "pushdown")
    assert person.here("SELECT email FROM person WHERE id = 77") == [("user77@example.test",)]
    assert person.here("SELECT sum(length(content)) FROM picture") == [(900_000,)]
    assert bare("ps", "--all", "--quiet") == ""


async def test_mariadb_is_sanitized_in_a_copy_and_loaded(mysql_shop: MysqlShop, bare: Docker) -> None:
    settings = mysql_shop.settings(mysql_programs=None, images=bare.images)
    async with mysql_shop.harbor(settings=settings) as harbor:
        made = await do(harbor, SanitizeRequest("shop", new=True, ephemeral=True))
        await do(harbor, LoadRequest(str(made["snapshot"])))
        manifest = (await harbor.snapshot(str(made["snapshot"]))).manifest
    assert manifest.sanitization is not None
    assert manifest.sanitization.strategy == "ephemeral"
    assert manifest.tool == f"mariadb {manifest.server_version} (container)"
    counted = "SELECT count(*), count(DISTINCT email), count(note) FROM customers"
    ((rows, _, notes),) = mysql_shop.query(mysql_shop.owner, counted)
    assert notes != 0
    assert mysql_shop.query(mysql_shop.destination, counted) == [(rows, rows, 0)]
    assert bare("ps", "--all", "--quiet") == ""


@pytest.mark.parametrize("form", ["custom", "sql"])
async def test_a_dump_of_others_is_adopted(person: Small, bare: Docker, tmp_path: Path, form: str) -> None:
    file = person.dump(tmp_path / "shop.dump", f"--format={'c' if form == 'custom' else 'p'}")
    async with person.harbor(settings=person.settings(images=bare.images)) as harbor:
        made = await do(harbor, AdoptRequest("shop", file))
    assert made["rows"] == 5009


async def test_a_dump_of_mariadb_is_adopted(mysql_shop: MysqlShop, bare: Docker, tmp_path: Path) -> None:
    settings = mysql_shop.settings(mysql_programs=None, images=bare.images)
    ((version,),) = mysql_shop.query(mysql_shop.owner, "SELECT @@version")
    file = tmp_path / "shop.sql"
    file.write_text(
        f"-- MariaDB dump 10.19\n-- Server version\t{version}\n"
        "CREATE TABLE t (a int);\nINSERT INTO t VALUES (1), (2);\n"
    )
    async with mysql_shop.harbor(settings=settings) as harbor:
        made = await do(harbor, AdoptRequest("shop", file))
    assert made["rows"] == 2


def shell(bare: Docker, directory: Path) -> Contained:
    directory.mkdir(exist_ok=True)
    return contain(whole_name(bare), directory, ())


def whole_name(bare: Docker) -> str:
    """Return the image of PostgreSQL with its tag."""
    return bare("images", "--format", "{{.Repository}}:{{.Tag}}", bare.images["postgres"]).strip()


async def test_what_a_program_says_and_how_it_ends_is_told(bare: Docker, tmp_path: Path) -> None:
    ours = shell(bare, tmp_path / "work")
    said = await run([*ours.command("sh"), "-c", "echo one; echo two >&2; exit 7"])
    assert (said.code, said.stdout, said.stderr) == (7, b"one\n", "two")
    with stream([*ours.command("sh"), "-c", 'while read line; do echo "<$line>"; done'], stdin=True) as child:
        child.give(b"a\nb\n")
        assert b"".join(os.read(child.stdout.fileno(), 4) for _ in range(2)) == b"<a>\n<b>\n"
        child.stdin.close()
        assert os.read(child.stdout.fileno(), 1) == b""
        assert child.wait().code == 0
    missing = await run([*ours.command("nothing")])
    assert missing.code == 125
    assert "nothing" in missing.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["ended", "killed"])
def test_a_container_does_not_outlive_who_started_it(bare: Docker, tmp_path: Path, number: int) -> None:
    work = tmp_path / "work"
    ours = shell(bare, work)
    with stream([*ours.command("sh"), "-c", "while :; do :; done"]) as child:
        deadline = time.monotonic() + 30
        while not bare("ps", "--quiet"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(child.pid, number)
        child.wait()
        if number == signal.SIGKILL:
            assert bare("ps", "--quiet") != ""
            assert reap(work / "tmp", daemon.PREFIX, destroy=daemon.destroy)
    assert bare("ps", "--all", "--quiet") == ""
    assert [*(work / "tmp").iterdir()] == []


WITHIN = """
import sys
from pathlib import Path

import anyio

from snapharbor.engine.database.container.server import Image, contained
from snapharbor.engine.database.postgres.database import PostgresDatabase
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.settings import Settings

file, place = "POSTGRES_PASSWORD_FILE", Path("/tmp/work")
image = Image(sys.argv[1], "postgres", "who", "postgres", 5432, file, {"POSTGRES_USER": "who"}, ())


async def main() -> None:
    place.mkdir()
    settings = Settings(None, place, {}, {}, (), Secret(""))
    async with contained(image, place, lambda url: PostgresDatabase(url, settings)) as url:
        print(url.host, (await PostgresDatabase(url, settings).identify()).product)


anyio.run(main)
"""


def test_within_a_container_a_server_beside_it_is_found_by_name(bare: Docker, tmp_path: Path) -> None:
    (tmp_path / "within.py").write_text(WITHIN)
    here = {"/usr", "/lib", "/lib64", "/bin", sys.base_prefix, sys.prefix, str(ROOT), str(tmp_path)}
    places = [part for place in here for part in ("--volume", f"{place}:{place}")]
    places += ["--volume", f"{bare.url.removeprefix('unix://')}:/var/run/docker.sock"]
    bare("network", "create", "elsewhere")
    image = whole_name(bare)
    said = bare(
        *("run", "--rm", "--network", "elsewhere", "--user", "0", "--entrypoint", sys.executable),
        *(*places, image, str(tmp_path / "within.py"), image),
    )
    assert re.fullmatch(r"snapharbor-[0-9a-f]{16} PostgreSQL", said.strip())
    assert bare("ps", "--all", "--quiet") == ""


async def test_nothing_of_what_passes_is_in_a_log_of_dockers(bare: Docker, tmp_path: Path) -> None:
    ours = shell(bare, tmp_path / "work")
    with stream([*ours.command("sh"), "-c", "echo row; while :; do :; done"]) as child:
        assert os.read(child.stdout.fileno(), 4) == b"row\n"
        about = ("inspect", "--format", "{{.HostConfig.LogConfig.Type}} {{.LogPath}}.")
        assert bare(*about, *bare("ps", "--quiet").split()).strip() == "none ."
