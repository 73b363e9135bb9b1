"""A real MariaDB server for tests, on a socket of its own.

One that is installed is used; else Debian's packages are unpacked below the checkout, which needs no rights
and changes nothing on the machine. A prepared data directory is kept there too, and copied for each run.
"""

import fcntl
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pymysql
import pytest

from snapharbor.engine.database.account import Account, fitting_account
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.settings import Programs
from snapharbor.engine.model.url import DatabaseUrl

CACHE = Path(__file__).parents[2] / ".cache" / "mariadb"
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
    """A running server. `url` is its root's, and its host the socket's directory; `bin` has the programs."""

    url: DatabaseUrl
    bin: Path

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
    with _alone():
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
                yield _with_password(sockets, _client(programs, directory))
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


def _with_password(sockets: Path, client: Path) -> MariaDb:
    password = Secret(secrets.token_hex(16))
    fresh = MariaDb(DatabaseUrl("mysql", str(sockets), 3306, "root", "mysql", Secret("")), client)
    fresh.query(f"ALTER USER root@localhost IDENTIFIED BY '{password.reveal()}'")
    return MariaDb(DatabaseUrl("mysql", str(sockets), 3306, "root", "mysql", password), client)


def _programs(account: Account) -> Path:
    """Return the directory that has sbin/mariadbd, which the account can reach."""
    if found := shutil.which("mariadbd", path=PLACES):
        return Path(found).resolve().parents[1]
    unpacked = CACHE / "unpacked"
    if not unpacked.exists():
        _unpack(unpacked)
    if not account.foreign:
        return unpacked / "usr"
    reachable = account.place(Path()) / "mariadb"
    if not reachable.exists():
        fresh = Path(tempfile.mkdtemp(prefix="copying-", dir=reachable.parent))
        shutil.copytree(unpacked, fresh, symlinks=True, dirs_exist_ok=True)
        fresh.chmod(0o755)
        fresh.rename(reachable)
    return reachable / "usr"


def _template(programs: Path, account: Account) -> Path:
    """Return a data directory that was made once."""
    version = _run(str(programs / "sbin" / "mariadbd"), "--version", env=_environment(programs))
    found = re.search(r"Ver (\S+)", version)
    assert found is not None
    template = CACHE / f"data-{found[1]}"
    if not template.exists():
        fresh = account.own(Path(tempfile.mkdtemp(dir=account.place(CACHE))))
        install = str(programs / "bin" / "mariadb-install-db")
        tables = account.own(Path(tempfile.mkdtemp(dir=account.place(CACHE))))
        argv = (install, *INSTALL, f"--basedir={programs}", f"--datadir={fresh}", f"--tmpdir={tables}")
        _run(*account.prefix, *argv, env=_environment(programs))
        shutil.rmtree(tables)
        shutil.move(fresh, template)
    return template


@contextmanager
def _alone() -> Generator[None]:
    """Keep other processes of this run from preparing the same things."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _environment(programs: Path) -> dict[str, str]:
    if programs == Path("/usr"):
        return dict(os.environ)
    libraries = sorted({str(path.parent) for path in programs.parent.rglob("*.so.*")})
    return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(libraries)}


def _unpack(unpacked: Path) -> None:
    """Fetch Debian's packages with the libraries they name, and unpack them."""
    fresh = Path(tempfile.mkdtemp(dir=unpacked.parent))
    try:
        if os.geteuid() == 0:
            _run("apt-get", "update", "-qq", directory=fresh)
        depends = _run("apt-cache", "depends", *PACKAGES, directory=fresh)
        libraries = set(re.findall(r"Depends: (lib\S+)", depends)) - {"libc6"}
        _run("apt-get", "download", "-qq", *PACKAGES, *sorted(libraries), directory=fresh)
        for package in fresh.glob("*.deb"):
            _run("dpkg", "-x", str(package), ".", directory=fresh)
            package.unlink()
    except (OSError, subprocess.CalledProcessError):
        shutil.rmtree(fresh)
        pytest.fail("MariaDB was not found and cannot be fetched: install the package `mariadb-server`.")
    fresh.chmod(0o755)
    fresh.rename(unpacked)


def _run(*argv: str, directory: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(argv, cwd=directory, env=env, check=True, capture_output=True, text=True)
    return done.stdout
