"""Private copies in containers, where a server is not installed: a daemon of ours, servers that are real."""

import json
import re
import sys
from pathlib import Path

import pytest
from support.docker_daemon import DIGEST, Daemon
from support.small import MakeSmall, Small

from snapharbor.engine.database.container import daemon
from snapharbor.engine.database.container.daemon import destroy, docker_answers, tagged
from snapharbor.engine.database.container.server import Image, container_server
from snapharbor.engine.database.lease import reap
from snapharbor.engine.database.postgres.kit import PostgresKit
from snapharbor.engine.model.errors import ClientMissing, DatabaseFailed
from snapharbor.engine.model.settings import Programs, Settings
from snapharbor.engine.operations.requests import LoadRequest, SanitizeRequest

IMAGE = Image(
    "postgres:15", "postgres", "who", "postgres", 5432, "POSTGRES_PASSWORD_FILE", {"POSTGRES_USER": "who"}, ()
)
RULES = "UPDATE person SET email = 'user' || id || '@example.test' WHERE true"


@pytest.fixture
def person(make_small: MakeSmall) -> Small:
    return make_small(
        "CREATE TABLE person (id int PRIMARY KEY, email text)",
        "INSERT INTO person SELECT n, 'p' || n || '@corp.example' FROM generate_series(1, 20) n",
        rules=RULES,
    )


def without_server(small: Small, daemon: Daemon, directory: Path) -> Settings:
    """Return a configuration of a machine that has client programs and no server's."""
    for name in ("pg_dump", "pg_restore", "psql"):
        (directory / name).symlink_to(daemon.box.program(name))
    return small.settings(postgres_programs=Programs(directory, "`database_tools.postgresql.bin`"))


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    place = tmp_path / "client"
    place.mkdir()
    return place


async def test_rules_run_in_a_container_of_the_sources_version(
    person: Small, docker_daemon: Daemon, programs: Path
) -> None:
    settings = without_server(person, docker_daemon, programs)
    major = 0
    for _ in range(2):
        async with person.harbor(settings=settings) as harbor:
            made = await harbor.do(SanitizeRequest("shop", new=True, ephemeral=True))
            assert docker_daemon.machines == {}
            await harbor.do(LoadRequest(made["snapshot"]), confirmed=True)
            major = (await harbor.snapshot(made["snapshot"])).manifest.server_major
    assert person.here("SELECT email FROM person WHERE id = 7") == [("user7@example.test",)]
    # By its digest, from the first pull on.
    assert [machine.asked["Image"] for machine in docker_daemon.created] == [f"postgres@{DIGEST}"] * 2
    assert sum("images/create" in request for request in docker_daemon.requests) == 1
    pins = settings.working_directory / "images.json"
    assert json.loads(pins.read_text()) == {f"postgres:{major}": f"postgres@{DIGEST}"}
    assert pins.stat().st_mode & 0o777 == 0o600


async def test_the_password_is_in_no_argument_and_no_variable(
    person: Small, docker_daemon: Daemon, programs: Path
) -> None:
    settings = without_server(person, docker_daemon, programs)
    async with person.harbor(settings=settings) as harbor:
        await harbor.do(SanitizeRequest("shop", new=True, ephemeral=True))
    (machine,) = docker_daemon.created
    ((path, (mode, password)),) = machine.files.items()
    assert (path, mode) == ("/run/snapharbor-password", 0o444)
    assert password not in json.dumps(machine.asked)
    bound = machine.asked["HostConfig"]["PortBindings"]["5432/tcp"]
    assert [one["HostIp"] for one in bound] == ["127.0.0.1"]
    assert machine.asked["HostConfig"]["NetworkMode"] == "snapharbor"
    # It logs no statement, which would hold rows.
    assert "log_min_error_statement=panic" in machine.asked["Cmd"]


async def test_the_setup_check_names_the_container(
    person: Small, docker_daemon: Daemon, programs: Path
) -> None:
    settings = without_server(person, docker_daemon, programs)
    said = await PostgresKit().private_server(settings, 15)
    assert said == "PostgreSQL in a container of `postgres:15`"


def test_a_container_whose_owner_is_gone_is_removed_once_docker_answers(
    docker_daemon: Daemon, tmp_path: Path
) -> None:
    left = tmp_path / "container-left"
    left.mkdir()
    (left / "lease").write_text("")
    (left / "name").write_text("snapharbor-left")
    docker_daemon.add("snapharbor-left")
    docker_daemon.deaf = True
    reap(tmp_path, "container", destroy=destroy)
    assert left.exists()
    docker_daemon.deaf = False
    reap(tmp_path, "container", destroy=destroy)
    assert not left.exists()
    assert docker_daemon.machines == {}


def test_within_a_container_names_resolve_in_our_network(
    docker_daemon: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "INSIDE", (str(tmp_path),))
    monkeypatch.setattr(daemon.socket, "gethostname", lambda: "own")
    docker_daemon.add("own")
    with container_server(IMAGE, tmp_path) as (host, port, _):
        assert re.fullmatch(r"snapharbor-[0-9a-f]{16}", host)
        assert port == 5432
        assert not docker_daemon.machines[host].asked["HostConfig"].get("PortBindings")
        assert docker_daemon.machines["own"].asked["joined"] == "snapharbor"


def test_a_container_that_this_docker_does_not_know_is_as_good_as_none(
    docker_daemon: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "INSIDE", (str(tmp_path),))
    with container_server(IMAGE, tmp_path) as (host, _, _):
        assert host == "127.0.0.1"


def test_an_image_that_cannot_be_had_is_said(docker_daemon: Daemon, tmp_path: Path) -> None:
    docker_daemon.refuse = "toomanyrequests:\n try later"
    with (
        pytest.raises(DatabaseFailed, match="`postgres:15`: toomanyrequests: try later"),
        container_server(IMAGE, tmp_path),
    ):
        pass
    assert [*(tmp_path / "tmp").glob("container-*")] == []


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("unix:///nonexistent/docker.sock", "and no Docker"),
        ("tcp://127.0.0.1:2375", "another machine"),
        ("ssh://db.example", "another machine"),
    ],
)
def test_without_a_docker_of_this_machine_the_error_says_what_to_do(
    host: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    assert not docker_answers()
    with pytest.raises(ClientMissing, match=said) as raised, container_server(IMAGE, tmp_path):
        pass
    assert "install the programs of the database" in raised.value.hint.lower()


def test_without_the_library_nothing_is_tried_and_nothing_removed(
    docker_daemon: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "docker", None)
    with pytest.raises(ClientMissing, match="the library"), container_server(IMAGE, tmp_path):
        pass
    (tmp_path / "name").write_text("snapharbor-left")
    destroy(tmp_path)
    assert (tmp_path / "name").exists()
    assert docker_daemon.requests == []


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("postgres", "postgres:15"),
        ("postgres:17", "postgres:17"),
        ("registry.example:5000/team/postgres", "registry.example:5000/team/postgres:15"),
        (f"postgres@{DIGEST}", f"postgres@{DIGEST}"),
    ],
)
def test_an_image_without_a_tag_gets_the_sources_version(reference: str, expected: str) -> None:
    assert tagged(reference, "15") == expected
