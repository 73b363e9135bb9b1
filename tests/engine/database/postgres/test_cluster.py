"""A private server is private, starts anywhere, and is gone afterwards whatever happened."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import anyio
import psycopg
import pytest
from support.postgres import Postgres, connect, query

from snapharbor.engine.database.account import AS_NOBODY, Account, fitting_account
from snapharbor.engine.database.lease import reap
from snapharbor.engine.database.postgres import cluster as module
from snapharbor.engine.database.postgres.cluster import (
    PREFIX,
    Cluster,
    create,
    destroy,
    ephemeral_cluster,
    find,
    throwaway_cluster,
)
from snapharbor.engine.model.errors import DatabaseFailed
from snapharbor.engine.model.secret import Secret

START = """
import sys, anyio
from pathlib import Path
from snapharbor.engine.database.postgres.cluster import create, throwaway_cluster
from snapharbor.engine.database.postgres.tools import choose_server, discover
tools, parent = choose_server(anyio.run(discover)), Path(sys.argv[1])
def tell(cluster): print(cluster.directory, flush=True)
"""
THROWAWAY = "with throwaway_cluster(tools, parent) as cluster: tell(cluster); sys.stdin.read()"
LASTING = "(parent / 'cluster-kept').mkdir(); tell(create(parent / 'cluster-kept', tools))"


def mode(path: Path | str) -> int:
    return Path(path).stat().st_mode & 0o777


def assert_gone(cluster: Cluster, session: "psycopg.Connection[tuple[object, ...]]") -> None:
    with pytest.raises(psycopg.OperationalError):
        session.execute("SELECT pg_sleep(60)")
    session.close()
    assert find(cluster.directory) is None


def test_a_private_server_lets_in_nobody_else(each_postgres: Postgres, tmp_path: Path) -> None:
    with throwaway_cluster(each_postgres.tools, tmp_path) as cluster:
        assert (mode(cluster.directory), mode(cluster.host)) == (0o700, 0o700)
        assert {mode(path) for path in cluster.directory.iterdir() if path.is_file()} == {0o600}
        assert query(cluster.url(), "SHOW listen_addresses") == [("",)]
        for password in (None, Secret("guess")):
            with pytest.raises(psycopg.OperationalError):
                connect(replace(cluster.url(), password=password))


def test_nothing_is_left_afterwards(postgres: Postgres, tmp_path: Path) -> None:
    with ExitStack() as stack:
        cluster = stack.enter_context(throwaway_cluster(postgres.tools, tmp_path))
        session = connect(cluster.url())
        with pytest.raises(ZeroDivisionError), stack.pop_all():
            raise ZeroDivisionError
    assert_gone(cluster, session)
    assert not Path(cluster.host).exists()
    assert list(tmp_path.iterdir()) == []


def test_a_prepared_copy_is_a_server_of_its_own(postgres: Postgres, tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    with throwaway_cluster(postgres.tools, tmp_path, templates=templates) as one:
        (kept,) = templates.iterdir()
        made = kept.stat().st_mtime_ns
        with throwaway_cluster(postgres.tools, tmp_path, templates=templates) as other:
            with connect(one.url()) as session:
                session.execute("CREATE DATABASE mine")
            assert query(other.url(), "SELECT FROM pg_database WHERE datname = 'mine'") == []
    assert (mode(templates), mode(kept)) == (0o700, 0o700)
    assert kept.stat().st_mtime_ns == made


def test_it_knows_every_script_whatever_the_machine_knows(each_postgres: Postgres, tmp_path: Path) -> None:
    with throwaway_cluster(each_postgres.tools, tmp_path) as cluster:
        assert query(cluster.url(), "SELECT lower('ÄÉΩ'), upper('ß' || 'ж'), 'a' < 'B'") == [
            ("äéω", "ßЖ", False)
        ]


def test_no_row_value_reaches_its_log(postgres: Postgres, tmp_path: Path) -> None:
    with throwaway_cluster(postgres.tools, tmp_path) as cluster:
        with connect(cluster.url()) as session:
            session.execute("CREATE TABLE t (name text PRIMARY KEY); INSERT INTO t VALUES ('Ada Lovelace')")
            with pytest.raises(psycopg.errors.UniqueViolation):
                session.execute("INSERT INTO t VALUES ('Ada Lovelace')")
        assert "Lovelace" not in (cluster.directory / "log").read_text()


def test_it_starts_below_a_path_of_any_length(postgres: Postgres, tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e e" * 30)
    with throwaway_cluster(postgres.tools, deep) as cluster:
        assert query(cluster.url(), "SELECT 1") == [(1,)]


def test_a_server_that_does_not_start_is_named_and_leaves_nothing(postgres: Postgres, tmp_path: Path) -> None:
    wrong = {"shared_buffers": "nonsense"}
    with pytest.raises(DatabaseFailed), throwaway_cluster(postgres.tools, tmp_path, settings=wrong):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_kill_of_its_owner_ends_it_and_the_next_start_removes_its_data(
    postgres: Postgres, tmp_path: Path
) -> None:
    argv = [sys.executable, "-c", START + THROWAWAY, str(tmp_path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        directory = Path(owner.stdout.readline().strip())
        cluster = find(directory)
        assert cluster is not None
        session = connect(cluster.url())
        assert reap(tmp_path, PREFIX, destroy=destroy) == ()
        owner.kill()
    assert directory.exists()
    if sys.platform == "linux":  # elsewhere it ends at the next start
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT pg_sleep(60)")
    with throwaway_cluster(postgres.tools, tmp_path):
        assert_gone(cluster, session)
        assert not directory.exists()
        assert not Path(cluster.host).exists()


def test_a_lasting_server_outlives_its_maker_until_it_is_destroyed(
    postgres: Postgres, tmp_path: Path
) -> None:
    argv = [sys.executable, "-W", "error", "-c", START + LASTING, str(tmp_path)]
    directory = Path(subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip())
    cluster = find(directory)
    assert cluster is not None
    session = connect(cluster.url())
    assert session.execute("SELECT 1").fetchall() == [(1,)]
    destroy(directory)
    assert_gone(cluster, session)
    assert not directory.exists()
    destroy(directory)


def test_a_server_without_an_owner_is_ended_by_the_reaper(postgres: Postgres, tmp_path: Path) -> None:
    """As after a kill where the kernel does not tell children of their parent's death."""
    directory = tmp_path / f"{PREFIX}-left"
    directory.mkdir()
    cluster = create(directory, postgres.tools)
    session = connect(cluster.url())
    (directory / "lease").touch()
    assert reap(tmp_path, PREFIX, destroy=destroy) == (directory.name,)
    assert_gone(cluster, session)


async def test_cancelling_ends_an_ephemeral_server(postgres: Postgres, tmp_path: Path) -> None:
    sessions: list[tuple[Cluster, psycopg.Connection[tuple[object, ...]]]] = []
    with anyio.CancelScope() as scope:
        async with ephemeral_cluster(postgres.tools, tmp_path) as cluster:
            sessions.append((cluster, connect(cluster.url())))
            scope.cancel()
            await anyio.sleep_forever()
    for found in sessions:
        assert_gone(*found)
    assert len(sessions) == 1


@pytest.fixture
def open_directory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory for temporary files that another user can pass."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o711)
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    yield directory
    shutil.rmtree(directory)


def test_root_s_server_runs_as_nobody_where_namespaces_are_forbidden(
    postgres: Postgres, tmp_path: Path, open_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With programs in a directory that only root may enter; an ordinary user's runs as that user."""
    account = Account(AS_NOBODY, foreign=True) if os.geteuid() == 0 else fitting_account()
    monkeypatch.setattr(module, "fitting_account", lambda: account)
    private = tmp_path / "private" / postgres.tools.directory.parents[1].name
    private.mkdir(parents=True)
    private.parent.chmod(0o700)
    installed = postgres.tools.directory.parent
    shutil.copytree(installed, private / installed.name, symlinks=True)
    if (libraries := installed.parent.with_suffix(".libs")).is_dir():
        shutil.copytree(libraries, private.with_suffix(".libs"))
    tools = replace(postgres.tools, directory=private / installed.name / "bin")
    with throwaway_cluster(tools, tmp_path) as cluster:
        assert query(cluster.url(), "SELECT 1") == [(1,)]
        owner = (cluster.directory / "data").stat().st_uid
        assert owner == (os.geteuid() or 65534)
    assert not cluster.directory.exists()
    assert not Path(cluster.host).exists()
