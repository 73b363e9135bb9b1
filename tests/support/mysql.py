"""Real servers of MariaDB and MySQL for tests, each on a socket of its own.

A MariaDB that is installed is used; else Debian's packages are unpacked below the checkout, which needs no
rights and changes nothing on the machine. MySQL's own server is in Debian's next release alone. Prepared data
directories are kept there too, and copied for each run.
"""

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

import pymysql
import pytest

from snapharbor.engine.database.account import Account, fitting_account
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.settings import Programs, Settings
from snapharbor.engine.model.url import DatabaseUrl

from .debian import NotToBeHad, alone, environment, run, unpacked, unpacked_unstable
from .workplace import settings_in

PLACES = "/usr/sbin:/usr/local/sbin:/usr/local/mariadb/bin"
MARIADB = ("mariadb-server-core", "mariadb-client-core")
MYSQL = ("mysql-server-core", "mysql-client-core")
SOCKET = "mysql.sock"
INSTALL_MARIADB = (
    *("--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"),
    *("--innodb-log-file-size=4M", "--innodb-buffer-pool-size=16M"),
    *("--innodb-flush-method=nosync", "--skip-innodb-doublewrite"),
)
INSTALL_MYSQL = ("--initialize-insecure", "--innodb-redo-log-capacity=8M", "--innodb-flush-method=nosync")
SERVE = (
    *("--no-defaults", "--skip-networking", "--skip-log-bin", "--performance-schema=OFF"),
    *("--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M"),
    *("--innodb-flush-method=nosync", "--skip-innodb-doublewrite"),
)
SERVE_MYSQL = ("--mysqlx=OFF", "--cte-max-recursion-depth=1000000", "--secure-file-priv=NULL")
SEQUENCE = re.compile(rb"\bseq_(\d+)_to_(\d+)\b")

NewSchema = Callable[..., DatabaseUrl]
StartMysql = Callable[[str], "MysqlServer"]


@dataclass(frozen=True, slots=True)
class Build:
    """Programs of a product in `bin`, of files in `usr`; `template` is a data directory with no password."""

    product: str
    bin: Path
    daemon: str
    client: str
    usr: Path
    template: Path
    serve: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MysqlServer:
    """A running server. `url` is its root's, and its host the socket's directory."""

    url: DatabaseUrl
    build: Build

    @property
    def mariadb(self) -> bool:
        """Whether it is MariaDB, and not MySQL."""
        return self.build.product == "MariaDB"

    def settings(self, directory: Path) -> Settings:
        """Return a configuration that has its programs, and a working directory."""
        return replace(settings_in(directory), mysql_programs=self.programs)

    @property
    def programs(self) -> Programs:
        """What makes ours use its client."""
        return Programs(self.build.bin, "`database_tools.mysql.bin`")

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
        if not self.mariadb:
            script = SEQUENCE.sub(_numbers, script)
        argv = [
            self.build.bin / self.build.client,
            "--no-defaults",
            socket,
            "--user=root",
            "--binary-mode",
            database,
        ]
        env = {**os.environ, "MYSQL_PWD": self.url.password.reveal()}
        subprocess.run(argv, input=script, env=env, check=True, stdout=subprocess.DEVNULL)

    def query(self, statement: str, *, database: str | None = None) -> Sequence[tuple[object, ...]]:
        """Run one statement and return its rows."""
        with self.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()


@pytest.fixture(scope="session")
def start_mysql(tmp_path_factory: pytest.TempPathFactory) -> Generator[StartMysql]:
    """Start servers of either product when they are first asked for, and keep them for the whole run."""
    account, started = fitting_account(), dict[str, MysqlServer]()
    with ExitStack() as stack:

        def start(product: str) -> MysqlServer:
            if product not in started:
                build = build_mysql(account) if product == "MySQL" else build_mariadb(account)
                place = tmp_path_factory.mktemp("mysql")
                started[product] = stack.enter_context(running(build, place, account))
            return started[product]

        yield start


@pytest.fixture(scope="session")
def mysql(start_mysql: StartMysql, request: pytest.FixtureRequest) -> MysqlServer:
    """Return a MariaDB; where tests are marked `both_products`, a MySQL in another run."""
    return start_mysql(getattr(request, "param", "MariaDB"))


@pytest.fixture(scope="session")
def other_mysql(mysql: MysqlServer, tmp_path_factory: pytest.TempPathFactory) -> Generator[MysqlServer]:
    """Start a server beside the other one, which has no source."""
    with running(mysql.build, tmp_path_factory.mktemp("mariadb"), fitting_account()) as server:
        yield server


@pytest.fixture
def new_schema(mysql: MysqlServer) -> Generator[NewSchema]:
    """Make databases; they are dropped after the test."""
    with schemas(mysql) as new:
        yield new


@contextmanager
def schemas(server: MysqlServer) -> Generator[NewSchema]:
    """Give who makes databases, which are dropped at the end.

    `new(script, name=…)` returns the URL of a database in which the script ran.
    """
    made: list[str] = []

    def new(script: str = "", *, name: str | None = None) -> DatabaseUrl:
        chosen = name or f"test_{secrets.token_hex(4)}"
        server.query(f"CREATE DATABASE `{chosen}`")
        made.append(chosen)
        server.load(chosen, script.encode())
        return server.url.on(chosen)

    yield new
    for name in made:
        server.query(f"DROP DATABASE IF EXISTS `{name}`")


def _numbers(found: re.Match[bytes]) -> bytes:
    """Return what MariaDB has as a table of numbers in the words of MySQL."""
    name, first, last = (part.decode() for part in (found[0], found[1], found[2]))
    every = f"SELECT {first} UNION ALL SELECT seq + 1 FROM numbers WHERE seq < {last}"
    return f"(WITH RECURSIVE numbers (seq) AS ({every}) SELECT seq FROM numbers) {name}".encode()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests that ask for it with each of the two products; long ones only if that is wanted."""
    marked = metafunc.definition.get_closest_marker("both_products")
    if "mysql" not in metafunc.fixturenames or marked is None:
        return
    both = not marked.kwargs.get("long") or "SNAPHARBOR_LONG" in os.environ
    metafunc.parametrize("mysql", ["MariaDB", *(("MySQL",) if both else ())], indirect=True, scope="session")


@contextmanager
def running(build: Build, parent: Path, account: Account) -> Generator[MysqlServer]:
    """Run a server; its data goes with it."""
    directory = account.own(Path(tempfile.mkdtemp(prefix="mysql-", dir=account.place(parent))))
    sockets = account.own(Path(tempfile.mkdtemp(prefix="snapharbor-")))
    try:
        # Without the file, a server makes an identity of its own.
        nameless = shutil.ignore_patterns("auto.cnf")
        shutil.copytree(build.template, directory / "data", ignore=nameless)
        for path in (directory / "data").rglob("*"):
            account.own(path)
        account.own(directory / "data")
        argv = [
            *account.prefix,
            *(str(build.bin / build.daemon), *SERVE, *build.serve),
            *(f"--datadir={directory / 'data'}", f"--socket={sockets / SOCKET}"),
            *(f"--pid-file={directory / 'pid'}", f"--tmpdir={directory}"),
        ]
        with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, cwd="/") as child:
            assert child.stderr is not None
            try:
                assert any("ready for connections" in line for line in child.stderr)
                # Nobody reads what else it says, and a full pipe would stop it.
                Thread(target=deque, args=(child.stderr, 0), daemon=True).start()
                yield _with_password(sockets, build)
            finally:
                child.kill()
    finally:
        shutil.rmtree(sockets, ignore_errors=True)
        shutil.rmtree(directory, ignore_errors=True)


def _with_password(sockets: Path, build: Build) -> MysqlServer:
    password = Secret(secrets.token_hex(16))
    fresh = MysqlServer(DatabaseUrl("mysql", str(sockets), 3306, "root", "mysql", Secret("")), build)
    fresh.query(f"ALTER USER root@localhost IDENTIFIED BY '{password.reveal()}'")
    return replace(fresh, url=replace(fresh.url, password=password))


def build_mariadb(account: Account) -> Build:
    """Return the MariaDB that is installed, or else Debian's."""
    with alone("mariadb") as place:
        if found := shutil.which("mariadbd", path=PLACES):
            usr, start = Path(found).resolve().parents[1], "exec"
        else:
            try:
                usr = _reachable(unpacked(place, *MARIADB), account) / "usr"
            except NotToBeHad:
                pytest.fail("MariaDB was not found and cannot be had: install the package `mariadb-server`.")
            start = f'LD_LIBRARY_PATH="{environment(usr.parent)["LD_LIBRARY_PATH"]}" exec'
        share = usr / "share" / "mysql"
        messages = f"--lc-messages-dir={share} --character-sets-dir={share / 'charsets'}"
        programs = {
            "mariadb": ("bin/mariadb", ""),
            "mariadb-install-db": ("bin/mariadb-install-db", f"--basedir={usr}"),
            "mariadbd": ("sbin/mariadbd", f"--basedir={usr} {messages}"),
        }
        bin = _wrapped(place / "bin", usr, programs, start)
        install = (str(bin / "mariadb-install-db"), "--no-defaults", *INSTALL_MARIADB)
        template = _template(place, bin / "mariadbd", install, account)
        return Build("MariaDB", bin, "mariadbd", "mariadb", usr, template, ())


def build_mysql(account: Account) -> Build:
    """Return the MySQL of Debian's next release, with its own C library; skip where it is not to be had."""
    with alone("mysql") as place:
        try:
            usr = _reachable(unpacked_unstable(place, *MYSQL), account) / "usr"
        except NotToBeHad:
            pytest.skip("MySQL's own server cannot be had here")
        libraries = usr / "lib" / "x86_64-linux-gnu"
        start = f'exec "{libraries}/ld-linux-x86-64.so.2" --library-path "{libraries}"'
        share = usr / "share" / "mysql"
        messages = f"--lc-messages-dir={share} --character-sets-dir={share / 'charsets'}"
        programs = {
            "mysql": ("bin/mysql", ""),
            "mysqldump": ("bin/mysqldump", ""),
            "mysqld": ("sbin/mysqld", f"{messages} --plugin-dir={usr / 'lib' / 'mysql' / 'plugin'}"),
        }
        bin = _wrapped(place / "bin", usr, programs, start)
        install = (str(bin / "mysqld"), "--no-defaults", *INSTALL_MYSQL)
        template = _template(place, bin / "mysqld", install, account)
        return Build("MySQL", bin, "mysqld", "mysql", usr, template, SERVE_MYSQL)


def _wrapped(bin: Path, usr: Path, programs: Mapping[str, tuple[str, str]], start: str) -> Path:
    """Return a directory that has the programs, which find their libraries and messages by themselves."""
    bin.mkdir(mode=0o755, exist_ok=True)
    for name, (program, more) in programs.items():
        script = f'#!/bin/sh\n{start} "{usr / program}" "$@" {more}\n'
        fresh = bin / f".{name}"
        fresh.write_text(script)
        fresh.chmod(0o755)
        fresh.rename(bin / name)
    return bin


def _reachable(unpacked: Path, account: Account) -> Path:
    """Return programs that the account can reach, a copy if need be."""
    if not account.foreign:
        return unpacked
    reachable = account.place(Path()) / unpacked.parent.name
    if not reachable.exists():
        fresh = Path(tempfile.mkdtemp(prefix="copying-", dir=reachable.parent))
        shutil.copytree(unpacked, fresh, symlinks=True, dirs_exist_ok=True)
        fresh.chmod(0o755)
        fresh.rename(reachable)
    return reachable


def _template(place: Path, daemon: Path, install: Sequence[str], account: Account) -> Path:
    """Return a data directory that was made once."""
    found = re.search(r"Ver (\S+)", run(str(daemon), "--no-defaults", "--version"))
    assert found is not None
    template = place / f"data-{found[1]}"
    if not template.exists():
        fresh = account.own(Path(tempfile.mkdtemp(dir=account.place(place))))
        tables = account.own(Path(tempfile.mkdtemp(dir=account.place(place))))
        run(*account.prefix, *install, f"--datadir={fresh}", f"--tmpdir={tables}")
        shutil.rmtree(tables)
        shutil.move(fresh, template)
    return template
