"""Client programs in containers, where they are not installed: a daemon of ours, programs that are real."""

import json
import os
import signal
import socket
import time
from pathlib import Path

import anyio
import pytest
from support.docker_daemon import DIGEST, Daemon, Machine
from support.mysqlshop import MysqlShop
from support.shop import do
from support.small import MakeSmall, Small

from snapharbor.engine.database.container import daemon
from snapharbor.engine.database.container.program import Contained, contain, require_docker
from snapharbor.engine.database.lease import reap
from snapharbor.engine.database.mysql.errors import from_program as from_mysql
from snapharbor.engine.database.mysql.kit import MysqlKit
from snapharbor.engine.database.postgres import tools
from snapharbor.engine.database.postgres.errors import from_program as from_postgres
from snapharbor.engine.database.postgres.kit import PostgresKit
from snapharbor.engine.database.process import run, stream
from snapharbor.engine.model.errors import ClientMissing, ClientTooOld, DatabaseFailed, EngineError
from snapharbor.engine.operations.requests import (
    AdoptRequest,
    BuildRequest,
    LoadRequest,
    SanitizeRequest,
    ScriptRequest,
)

RULES = "UPDATE person SET email = 'user' || id || '@example.test' WHERE true"


@pytest.fixture
def bare(docker_daemon: Daemon, no_programs: None) -> Daemon:
    """Make this a machine with Docker and without any program of a database."""
    del no_programs
    return docker_daemon


@pytest.fixture
def person(make_small: MakeSmall, docker_daemon: Daemon) -> Small:
    del docker_daemon
    return make_small(
        "CREATE TABLE person (id int PRIMARY KEY, email text)",
        "INSERT INTO person SELECT n, 'p' || n || '@corp.example' FROM generate_series(1, 5000) n",
        "CREATE TABLE picture (id int PRIMARY KEY, content bytea)",
        "INSERT INTO picture SELECT n, convert_to(repeat('x', 100000), 'UTF8') FROM generate_series(1, 9) n",
        "SELECT lo_from_bytea(0, 'large')",
        rules=RULES,
    )


@pytest.mark.parametrize("ephemeral", [False, True], ids=["while reading", "in a copy"])
async def test_docker_alone_is_enough_to_sanitize_and_load(
    person: Small, bare: Daemon, ephemeral: bool
) -> None:
    async with person.harbor() as harbor:
        made = await do(harbor, SanitizeRequest("shop", new=True, ephemeral=ephemeral))
        await do(harbor, LoadRequest(str(made["snapshot"])))
        manifest = (await harbor.snapshot(str(made["snapshot"]))).manifest
    assert manifest.tool == f"pg_dump {bare.box.version} (container)"
    assert person.here("SELECT email FROM person WHERE id = 77") == [("user77@example.test",)]
    assert person.here("SELECT sum(length(content)) FROM picture") == [(900_000,)]
    assert bare.machines == {}
    assert {machine.asked["Entrypoint"][0] for machine in programs(bare)} == {"pg_dump", "pg_restore", "psql"}


def programs(bare: Daemon) -> list[Machine]:
    return [machine for machine in bare.created if machine.asked.get("Entrypoint")]


async def test_a_program_may_read_what_it_needs_and_nothing_is_logged(person: Small, bare: Daemon) -> None:
    async with person.harbor() as harbor:
        made = await do(harbor, BuildRequest("shop"))
        await do(harbor, LoadRequest(str(made["snapshot"]), original=True))
    assert person.here("SELECT count(*) FROM pg_largeobject_metadata") == [(1,)]
    tmp, place = str(person.directory / "tmp"), person.source.host
    assert person.source.password is not None
    for machine in programs(bare):
        asked, host = machine.asked, machine.asked["HostConfig"]
        assert asked["Image"] == f"postgres@{DIGEST}"
        assert asked["User"] == f"{os.geteuid()}:{os.getegid()}"
        assert host["LogConfig"] == {"Type": "none", "Config": {}}
        assert (host["NetworkMode"], host["ReadonlyRootfs"], host["CapDrop"]) == ("host", True, ["ALL"])
        mounts = {(one["Source"], one["Target"], one["ReadOnly"]) for one in host["Mounts"]}
        assert mounts >= {(tmp, tmp, False)}
        assert mounts - {(tmp, tmp, False)} <= {(place, place, True), (str(tools.OWN_FILES),) * 2 + (True,)}
        assert person.source.password.reveal() not in json.dumps(asked)
        assert {one.split("=")[0] for one in asked["Env"]} >= {"HOME", "LANG"}


async def test_mariadb_is_read_and_loaded_by_its_own_image(mysql_shop: MysqlShop, bare: Daemon) -> None:
    bare.programs["mariadb"] = mysql_shop.server.build.bin / "mariadb"
    settings = mysql_shop.settings(mysql_programs=None)
    async with mysql_shop.harbor(settings=settings) as harbor:
        made = await do(harbor, BuildRequest("shop"))
        await do(harbor, LoadRequest(str(made["snapshot"]), original=True))
        manifest = (await harbor.snapshot(str(made["snapshot"]))).manifest
    counted = "SELECT count(*), count(DISTINCT email) FROM customers"
    assert mysql_shop.query(mysql_shop.destination, counted) == mysql_shop.query(mysql_shop.owner, counted)
    series = ".".join(manifest.server_version.split(".")[:2])
    assert manifest.tool == f"mariadb {manifest.server_version} (container)"
    assert any(f"images/mariadb:{series}/json" in request for request in bare.requests)
    assert bare.machines == {}


async def test_a_dump_of_others_is_adopted(person: Small, bare: Daemon, tmp_path: Path) -> None:
    del bare
    file = person.dump(tmp_path / "shop.dump", "-Fc")
    async with person.harbor() as harbor:
        made = await do(harbor, AdoptRequest("shop", file))
    assert made["rows"] == 5009


async def test_a_file_of_sql_is_run_and_an_error_names_its_line(
    person: Small, bare: Daemon, tmp_path: Path
) -> None:
    del bare
    file = tmp_path / "more.sql"
    async with person.harbor() as harbor:
        file.write_text("CREATE TABLE one (a int);\nSELECT nothing;\n")
        with pytest.raises(EngineError) as failure:
            await do(harbor, ScriptRequest("shop", file))
        assert failure.value.details["line"] == 2
        file.write_text("CREATE TABLE one (a int);\n")
        await do(harbor, ScriptRequest("shop", file))
    assert person.here("SELECT count(*) FROM one") == [(0,)]


def contained(bare: Daemon, directory: Path) -> Contained:
    directory.mkdir(exist_ok=True)
    bare.programs["sleep"] = Path("/bin/sleep")
    bare.programs["cat"] = Path("/bin/cat")
    return contain("postgres:15", directory, ())


async def test_what_goes_in_comes_out_and_so_does_the_exit_code(bare: Daemon, tmp_path: Path) -> None:
    ours = contained(bare, tmp_path / "work")
    content = os.urandom(3_000_000)
    with stream(ours.command("cat"), stdin=True) as child:
        pipe = child.stdout.fileno()

        async def give() -> None:
            await anyio.to_thread.run_sync(child.give, content)
            child.stdin.close()

        said = bytearray()

        def listen() -> None:
            while block := os.read(pipe, 1 << 16):
                said.extend(block)

        async with anyio.create_task_group() as group:
            group.start_soon(give)
            group.start_soon(anyio.to_thread.run_sync, listen)
        assert child.wait().code == 0
    assert bytes(said) == content
    failed = await run([*ours.command("cat"), "/nonexistent"])
    assert failed.code == 1
    assert "No such file" in failed.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["ended", "killed"])
def test_a_container_does_not_outlive_who_started_it(bare: Daemon, tmp_path: Path, number: int) -> None:
    work = tmp_path / "work"
    ours = contained(bare, work)
    with stream([*ours.command("sleep"), "600"]) as child:
        deadline = time.monotonic() + 30
        while not any(machine.program for machine in bare.machines.values()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(child.pid, number)
        child.wait()
        if number == signal.SIGKILL:
            assert len(bare.machines) == 1
            assert reap(work / "tmp", daemon.PREFIX, destroy=daemon.destroy)
    assert bare.machines == {}
    assert [*(work / "tmp").iterdir()] == []


async def test_what_docker_refuses_is_told_as_the_programs_complaint(bare: Daemon, tmp_path: Path) -> None:
    ours = contained(bare, tmp_path / "work")
    bare.deaf = True
    done = await run([*ours.command("cat")])
    assert done.code == 125
    assert "busy" in done.stderr or "Docker" in done.stderr


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"OperatingSystem": "Docker Desktop"}, "a machine of its own"),
        ({"SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]}, "other users"),
        ({"SecurityOptions": ["name=userns"]}, "other users"),
    ],
)
def test_a_docker_that_sees_neither_files_nor_network_is_not_used(
    bare: Daemon, tmp_path: Path, about: dict[str, object], said: str
) -> None:
    bare.about = about
    with pytest.raises(ClientMissing, match=said):
        contain("postgres:15", tmp_path, ())
    with pytest.raises(ClientMissing, match=said):
        require_docker("postgres")


async def test_an_image_of_programs_that_cannot_be_had_is_said(person: Small, bare: Daemon) -> None:
    bare.refuse = "toomanyrequests: try later"
    async with person.harbor() as harbor:
        with pytest.raises(DatabaseFailed, match=r"`postgres:\d+`: toomanyrequests: try later"):
            await do(harbor, BuildRequest("shop"))


def test_a_docker_that_ends_in_the_middle_is_told_on_one_line(bare: Daemon, tmp_path: Path) -> None:
    ours = contained(bare, tmp_path / "work")
    with stream([*ours.command("cat")], stdin=True) as child:
        child.give(b"row")
        assert os.read(child.stdout.fileno(), 3) == b"row"
        (machine,) = bare.machines.values()
        assert machine.line is not None
        bare.broken = True
        machine.line.sendall(b"\1\0")
        machine.line.shutdown(socket.SHUT_RDWR)
        done = child.wait()
    assert done.code == 125
    assert done.stderr.startswith("Docker refused a container of `postgres@")
    assert "\n" not in done.stderr
    for error in (from_mysql("mysql", done), from_postgres("psql", done)):
        assert error.message.startswith("Docker refused a container of `postgres@")


def test_within_a_container_programs_have_to_be_installed(
    bare: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "INSIDE", (str(tmp_path),))
    with pytest.raises(ClientMissing, match="other containers") as failure:
        contain("postgres:15", tmp_path, ())
    assert failure.value.hint == "Install the client programs."
    assert bare.requests == []


async def test_an_image_of_an_older_version_is_refused(person: Small, bare: Daemon) -> None:
    settings = person.settings(images={"postgres": "postgres:9"})
    (bare.place.parent / "old").write_text('#!/bin/sh\necho "pg_dump (PostgreSQL) 9.6.1"\n')
    (bare.place.parent / "old").chmod(0o755)
    bare.programs["pg_dump"] = bare.place.parent / "old"
    async with person.harbor(settings=settings) as harbor:
        with pytest.raises(ClientTooOld, match="`postgres:9`") as failure:
            await do(harbor, BuildRequest("shop"))
    assert "docker.images.postgres" in failure.value.hint


async def test_an_image_without_the_programs_is_refused(person: Small, bare: Daemon) -> None:
    bare.programs["pg_dump"] = Path("/bin/true")
    async with person.harbor() as harbor:
        with pytest.raises(ClientMissing, match="has none"):
            await do(harbor, BuildRequest("shop"))


async def test_without_docker_the_error_says_what_to_install(
    person: Small, bare: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    del bare
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    async with person.harbor() as harbor:
        with pytest.raises(ClientMissing) as failure:
            await do(harbor, BuildRequest("shop"))
    assert "Docker" in failure.value.hint


async def test_the_setup_check_says_where_programs_come_from(person: Small, bare: Daemon) -> None:
    del bare
    settings = person.settings(mysql_programs=None)
    assert await PostgresKit().programs(settings) == (("postgresql", "in containers of `postgres`"),)
    assert await MysqlKit().programs(settings) == (("mysql", "MySQL or MariaDB in containers"),)
