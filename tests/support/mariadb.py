"""A real MariaDB server for tests, on a socket of its own.

One that is installed is used; else Debian's packages are unpacked below the checkout, which needs no rights
and changes nothing on the machine. A prepared data directory is kept there too, and copied for each run.
"""

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

import pymysql
import pytest

from snapharbor.engine.database.account import Account, fitting_account
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.settings import Programs, Settings
from snapharbor.engine.model.url import DatabaseUrl

from .debian import CACHE, NotToBeHad, alone, environment, run, unpacked
from .workplace import settings_in

PLACE = CACHE / "mariadb"
PLACES = "/usr/sbin:/usr/local/sbin:/usr/local/mariadb/bin"
PACKAGES = ("mariadb-server-core", "mariadb-client-core")
SOCKET = "mysql.sock"
DURABLE = ("--innodb-flush-method=nosync", "--skip-innodb-doublewrite")
INSTALL = (
    *("--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"),
    *("--innodb-log-file-size=4M", "--innodb-buffer-pool-size=16M", *DURABLE),
)
SERVE = (
    *("--no-defaults", "--skip-networking", "--skip-log-bin", "--performance-schema=OFF"),
    *("--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M", *DURABLE),
)

NewSchema = Callable[..., DatabaseUrl]


@dataclass(frozen=True, slots=True)
class MariaDb:
    """A running server. `url` is its root's, and its host the socket's directory; `bin` has the programs.

    They are installed below `installed`, and `template` is a data directory of a server without a password.
    """

    url: DatabaseUrl
    bin: Path
    installed: Path
    template: Path

    def settings(self, directory: Path) -> Settings:
        """Return a configuration that has its programs, and a working directory."""
        return replace(settings_in(directory), mysql_programs=self.programs)

    @property
    def programs(self) -> Programs:
        """What makes ours use its client."""
        return Programs(self.bin, "`database_tools.mysql.bin`")

    def connect(self, database: str | None = None) -> "pymysql.Connection[pymysql.cursors.Cursor]":
        """Open an autocommit connection."""
        assert self.url.password is not None
        return pymysql.connect(
            unix_socket=str(Path(self.url.host) / SOCKET),
            user=self.url.user,
            password=self.url.password.reveal(),
            database=database,
            charset="utf8mb4",
            autocommit=True,
        )

    def load(self, database: str, script: bytes) -> None:
        """Give the stock client a script, with nothing of ours."""
        assert self.url.password is not None
        socket = f"--socket={Path(self.url.host) / SOCKET}"
        argv = [self.bin / "mariadb", "--no-defaults", socket, "--user=root", "--binary-mode", database]
        env = {**os.environ, "MYSQL_PWD": self.url.password.reveal()}
        subprocess.run(argv, input=script, env=env, check=True, stdout=subprocess.DEVNULL)

    def query(self, statement: str, *, database: str | None = None) -> Sequence[tuple[object, ...]]:
        """Run one statement and return its rows."""
        with self.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Generator[MariaDb]:
    """Start the server once and keep it for the whole run."""
    account = fitting_account()
    with alone("mariadb"):
        programs = _programs(account)
        _template(programs, account)
    with running(programs, tmp_path_factory.mktemp("mariadb"), account) as server:
        yield server


@pytest.fixture(scope="session")
def other_mariadb(mariadb: MariaDb, tmp_path_factory: pytest.TempPathFactory) -> Generator[MariaDb]:
    """Start a server beside the other one, which has no source."""
    del mariadb  # it has prepared what both need
    account = fitting_account()
    with running(_programs(account), tmp_path_factory.mktemp("mariadb"), account) as server:
        yield server


@pytest.fixture
def new_schema(mariadb: MariaDb) -> Generator[NewSchema]:
    """Make databases; they are dropped after the test.

    `new_schema(script, name=…)` returns the URL of a database in which the script ran.
    """
    made: list[str] = []

    def new(script: str = "", *, name: str | None = None) -> DatabaseUrl:
        chosen = name or f"test_{secrets.token_hex(4)}"
        mariadb.query(f"CREATE DATABASE `{chosen}`")
        made.append(chosen)
        mariadb.load(chosen, script.encode())
        return mariadb.url.on(chosen)

    yield new
    for name in made:
        mariadb.query(f"DROP DATABASE IF EXISTS `{name}`")


@contextmanager
def running(programs: Path, parent: Path, account: Account) -> Generator[MariaDb]:
    """Run a server with the programs below a directory; its data goes with it."""
    directory = account.own(Path(tempfile.mkdtemp(prefix="mariadb-", dir=account.place(parent))))
    sockets = account.own(Path(tempfile.mkdtemp(prefix="snapharbor-")))
    try:
        shutil.copytree(_template(programs, account), directory / "data")
        for path in (directory / "data").rglob("*"):
            account.own(path)
        account.own(directory / "data")
        share = programs / "share" / "mysql"
        argv = [
            *account.prefix,
            *(str(programs / "sbin" / "mariadbd"), *SERVE, f"--basedir={programs}"),
            *(f"--datadir={directory / 'data'}", f"--socket={sockets / SOCKET}"),
            *(f"--lc-messages-dir={share}", f"--character-sets-dir={share / 'charsets'}"),
            *(f"--pid-file={directory / 'pid'}", f"--tmpdir={directory}"),
        ]
        with subprocess.Popen(
            argv, stderr=subprocess.PIPE, text=True, env=_environment(programs), cwd="/"
        ) as child:
            assert child.stderr is not None
            try:
                assert any("ready for connections" in line for line in child.stderr)
                # Nobody reads what else it says, and a full pipe would stop it.
                Thread(target=deque, args=(child.stderr, 0), daemon=True).start()
                place = _client(programs, directory), programs, _template(programs, account)
                yield _with_password(sockets, *place)
            finally:
                child.kill()
    finally:
        shutil.rmtree(sockets, ignore_errors=True)
        shutil.rmtree(directory, ignore_errors=True)


def _client(programs: Path, directory: Path) -> Path:
    """Return a directory that has the programs, which find their libraries and messages by themselves."""
    if programs == Path("/usr"):
        return programs / "bin"
    wrapped = directory / "bin"
    wrapped.mkdir(mode=0o755)
    libraries, share = _environment(programs)["LD_LIBRARY_PATH"], programs / "share" / "mysql"
    messages = f"--lc-messages-dir={share} --character-sets-dir={share / 'charsets'}"
    for name, more in (
        ("bin/mariadb", ""),
        ("bin/mariadb-install-db", f"--basedir={programs}"),
        ("sbin/mariadbd", f"--basedir={programs} {messages}"),
    ):
        script = wrapped / Path(name).name
        script.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH="{libraries}" exec "{programs}/{name}" "$@" {more}\n')
        script.chmod(0o755)
    return wrapped


def _with_password(sockets: Path, *place: Path) -> MariaDb:
    password = Secret(secrets.token_hex(16))
    fresh = MariaDb(DatabaseUrl("mysql", str(sockets), 3306, "root", "mysql", Secret("")), *place)
    fresh.query(f"ALTER USER root@localhost IDENTIFIED BY '{password.reveal()}'")
    return replace(fresh, url=replace(fresh.url, password=password))


def _programs(account: Account) -> Path:
    """Return the directory that has sbin/mariadbd, which the account can reach."""
    if found := shutil.which("mariadbd", path=PLACES):
        return Path(found).resolve().parents[1]
    try:
        ours = unpacked(PLACE, *PACKAGES)
    except NotToBeHad:
        pytest.fail("MariaDB was not found and cannot be fetched: install the package `mariadb-server`.")
    if not account.foreign:
        return ours / "usr"
    reachable = account.place(Path()) / "mariadb"
    if not reachable.exists():
        fresh = Path(tempfile.mkdtemp(prefix="copying-", dir=reachable.parent))
        shutil.copytree(ours, fresh, symlinks=True, dirs_exist_ok=True)
        fresh.chmod(0o755)
        fresh.rename(reachable)
    return reachable / "usr"


def _template(programs: Path, account: Account) -> Path:
    """Return a data directory that was made once."""
    version = run(str(programs / "sbin" / "mariadbd"), "--version", env=_environment(programs))
    found = re.search(r"Ver (\S+)", version)
    assert found is not None
    template = PLACE / f"data-{found[1]}"
    if not template.exists():
        fresh = account.own(Path(tempfile.mkdtemp(dir=account.place(PLACE))))
        install = str(programs / "bin" / "mariadb-install-db")
        tables = account.own(Path(tempfile.mkdtemp(dir=account.place(PLACE))))
        argv = (install, *INSTALL, f"--basedir={programs}", f"--datadir={fresh}", f"--tmpdir={tables}")
        run(*account.prefix, *argv, env=_environment(programs))
        shutil.rmtree(tables)
        shutil.move(fresh, template)
    return template


def _environment(programs: Path) -> dict[str, str]:
    return dict(os.environ) if programs == Path("/usr") else environment(programs.parent)
