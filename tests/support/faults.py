"""Faults on purpose: a small configured site, and commands that are hit by a signal at a stage of their work.

As a program, `python -m support.faults STAGE SIGNAL ARGUMENT…` is `snapharbor ARGUMENT…`, which gets the
signal at the very moment at which it writes that it has reached the stage.
"""

import io
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
from psycopg import sql

from snapharbor.cli.main import run_command
from snapharbor.cli.streams import guard_streams
from snapharbor.engine.harbor import Harbor
from snapharbor.engine.model.job import Progress, Report
from snapharbor.engine.model.json import JsonObject
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.operations.audit import verify_audit
from snapharbor.engine.operations.requests import Request, SanitizeRequest

from .cli import Ran
from .postgres import Age, Postgres, Reader, execute, query
from .repository import Person, somebody
from .shop import clean

TESTS = Path(__file__).parents[1]
PATIENCE = 300.0
TEMPLATE = "little_template"
LITTLE = """
CREATE TABLE owners (id int PRIMARY KEY, email text NOT NULL UNIQUE);
CREATE TABLE pets (id int PRIMARY KEY, owner int NOT NULL REFERENCES owners ON DELETE CASCADE, name text);
CREATE TABLE big (id int PRIMARY KEY, filler text NOT NULL);
INSERT INTO owners SELECT n, 'person' || n || '@real.example' FROM generate_series(1, 1000) AS n;
INSERT INTO pets SELECT n, 1 + n % 1000, 'Pet ' || n FROM generate_series(1, 3000) AS n;
INSERT INTO big SELECT n, repeat(md5(n::text), 60) FROM generate_series(1, 6000) AS n;
SELECT lo_from_bytea(0, 'a large object');
"""
RULES = "UPDATE owners SET email = 'user' || id || '@example.com'; DELETE FROM pets WHERE id % 2 = 0;"
SESSIONS = "SELECT query FROM pg_stat_activity WHERE datname = %s AND usesysid IS NOT NULL"
RAW = "SELECT count(*) FROM owners WHERE email LIKE '%real%'"
CONFIG = """\
keys: {{identity: "secret:file:keys/identity.txt", signing: "secret:file:keys/signing.pem"}}
defaults: {{working_directory: data, cpus: 2}}
targets:
  little:
    snapshot:
      src_url: secret:file:keys/source
      dst_url: secret:file:keys/destination
      schema_config: {{use_default_schema: false}}
    sanitize: {{query_file: rules.sql, policy: warn{work}}}
{more}
"""


@dataclass(frozen=True, slots=True)
class Site:
    """A directory with a configuration, and databases of its own: `owner` is the source as superuser."""

    root: Path
    server: Postgres
    owner: DatabaseUrl
    source: DatabaseUrl
    destination: DatabaseUrl
    person: Person = field(default_factory=somebody)

    @property
    def directory(self) -> Path:
        """The working directory."""
        return self.root / "data"

    @property
    def config(self) -> Path:
        """The configuration's file."""
        return self.root / "snapharbor.yml"

    def configure(
        self,
        *,
        source: DatabaseUrl | None = None,
        destination: DatabaseUrl | None = None,
        work: DatabaseUrl | None = None,
        rules: str = RULES,
        more: str = "",
    ) -> "Site":
        """Write the configuration; `more` is YAML that is added below the target."""
        keys = self.root / "keys"
        keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        _secret(keys / "identity.txt", self.person.identity.reveal())
        _secret(keys / "signing.pem", self.person.signing_key.reveal())
        _secret(keys / "source", spelled(source or self.source))
        _secret(keys / "destination", spelled(destination or self.destination))
        _secret(keys / "work", spelled(work) if work else "")
        words = ", dst_url: secret:file:keys/work" if work else ""
        _secret(self.config, CONFIG.format(work=words, more=more))
        (self.root / "rules.sql").write_text(rules)
        return self

    @asynccontextmanager
    async def harbor(self) -> AsyncGenerator[Harbor]:
        """Open what the configuration says."""
        async with Harbor.open(self.config) as harbor:
            yield harbor

    async def do(self, request: Request, report: Report | None = None) -> JsonObject:
        """Plan, confirm and run in this process."""
        async with self.harbor() as harbor:
            plan = await harbor.plan(request)
            if report is None:
                return await harbor.run(plan, confirmed=True)
            return await harbor.run(plan, confirmed=True, report=report)

    def start(
        self, *arguments: str, at: tuple[str, signal.Signals] | None = None, program: str = "snapharbor"
    ) -> "subprocess.Popen[str]":
        """Start `snapharbor --json` with pipes; `at` a stage, it gets a signal."""
        called = ["support.faults", at[0], str(int(at[1]))] if at else [program]
        return subprocess.Popen(
            [sys.executable, "-m", *called, "--json", "--config", str(self.config), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=TESTS,
            env={"PATH": os.environ["PATH"], "HOME": str(self.root), "LANG": "C.UTF-8"},
        )

    def run(
        self, *arguments: str, at: tuple[str, signal.Signals] | None = None, program: str = "snapharbor"
    ) -> Ran:
        """Run `snapharbor --json` to its end."""
        with self.start(*arguments, at=at, program=program) as process:
            out, err = process.communicate(timeout=PATIENCE)
        return Ran(process.returncode, out, err)

    def children(self) -> dict[int, str]:
        """Return the processes, but not this one, that have to do with the working directory."""
        return children(self.directory)

    def gone(self) -> list[str]:
        """Wait until no such process is left, and return those that do not end."""
        while found := self.children():
            if not _ended(found):
                break
        return list(self.children().values())

    def sessions(self) -> list[tuple[object, ...]]:
        """Wait until the server has ended every session on the source, and return those that stay."""
        deadline = time.monotonic() + 10
        while found := query(self.server.url, SESSIONS, [self.owner.database]):
            if time.monotonic() > deadline:
                break
        return found

    def scratch(self) -> list[str]:
        """Return what lies about in the working directory for the time of a run."""
        names = [*self.directory.glob("tmp/*"), *self.directory.glob("run/*")]
        return sorted(str(path.relative_to(self.directory)) for path in names if path.name != "spool.lock")


async def nothing_is_left(site: Site, harbor: Harbor) -> None:
    """Assert that nothing of any run is left, and that everything was written down."""
    assert site.gone() == []
    assert site.scratch() == []
    assert await harbor.services.ledger.leases() == []
    assert await harbor.services.ledger.jobs(unfinished=True) == []
    await verify_audit(harbor.services)
    assert site.sessions() == []


def spelled(url: DatabaseUrl) -> str:
    """Return a URL as people write it, its password included."""
    password = quote(url.password.reveal(), safe="") if url.password else ""
    options = "".join(f"&{key}={quote(value, safe='')}" for key, value in url.options.items())
    place = f"host={quote(url.host, safe='')}&port={url.port}{options}"
    return f"postgres://{quote(url.user, safe='')}:{password}@/{quote(url.database, safe='')}?{place}"


def at(stage: str, act: Callable[[], object]) -> Report:
    """Return a report that does something once, when a stage is reached."""
    waiting = [act]

    def report(progress: Progress, /) -> None:
        if progress.stage == stage and waiting:
            waiting.pop()()

    return report


def kill(found: Iterable[int], number: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to processes, some of which may have ended."""
    for pid in found:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def children(directory: Path) -> dict[int, str]:
    """Return command lines of other processes whose environment, arguments or directory name a directory."""
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / "cmdline").read_bytes()
            told = line + (entry / "environ").read_bytes() + os.fsencode((entry / "cwd").readlink())
        except OSError:
            continue
        if os.fsencode(directory) in told:
            found[int(entry.name)] = line.replace(b"\0", b" ").decode(errors="replace")
    return found


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


def _ended(found: Iterable[int], seconds: float = 10.0) -> bool:
    """Wait for processes to end."""
    for pid in found:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            if not select.select([descriptor], [], [], seconds)[0]:
                return False
        finally:
            os.close(descriptor)
    return True


def _secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


MakeSite = Callable[..., Site]


@pytest.fixture
def make_site(
    start_postgres: Callable[[Age], Postgres], reader: Reader, tmp_path: Path
) -> Generator[MakeSite]:
    """Make sites: `make_site(*statements, database=…, server=…, person=…)`; their databases go afterwards.

    Without statements the source is the little database.
    """
    made: dict[int, Postgres] = {}

    def make(
        *statements: str,
        database: str = "little",
        server: Postgres | None = None,
        person: Person | None = None,
    ) -> Site:
        chosen = server or start_postgres("newest")
        if id(chosen) not in made:
            clean(chosen)
        made[id(chosen)] = chosen
        owner = chosen.cluster.url(database)
        template = "template0" if statements else little_template(chosen)
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        execute(chosen.url, create.format(sql.Identifier(database), sql.Identifier(template)))
        execute(owner, *statements)
        site = Site(
            tmp_path / f"site{len(list(tmp_path.glob('site*')))}",
            chosen,
            owner,
            reader(owner),
            chosen.cluster.url("copy"),
            person or somebody(),
        )
        return site.configure()

    yield make
    for server in made.values():
        clean(server)


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """Return a site on the newest server."""
    return make_site()


def little_template(server: Postgres) -> str:
    """Fill the little database once per server."""
    if not query(server.url, f"SELECT FROM pg_database WHERE datname = '{TEMPLATE}'"):
        execute(server.url, f"CREATE DATABASE {TEMPLATE}")
        execute(server.cluster.url(TEMPLATE), LITTLE)
        execute(server.url, f"ALTER DATABASE {TEMPLATE} IS_TEMPLATE true")
    return TEMPLATE


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where a working directory with one original and one sanitized snapshot is kept for all tests."""

    directory: Path
    person: Person


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Return the shelf, which the first test fills."""
    return Shelf(tmp_path_factory.mktemp("shelf") / "data", somebody())


@pytest.fixture
async def stocked(make_site: MakeSite, shelf: Shelf) -> Site:
    """Return a site that has an original and a sanitized snapshot."""
    site = make_site(person=shelf.person)
    if shelf.directory.exists():
        shutil.copytree(shelf.directory, site.directory)
    else:
        await site.do(SanitizeRequest("little", original=True))
        shutil.copytree(site.directory, shelf.directory)
    return site


class _Tripwire(io.TextIOBase):
    """Standard output that signals its own process when a stage is written."""

    def __init__(self, out: io.TextIOBase, stage: str, number: int) -> None:
        self._out = out
        self._waiting = [number]
        self._word = f'"stage": "{stage}"'

    def write(self, text: str, /) -> int:
        written = self._out.write(text)
        if self._word in text and self._waiting:
            self._out.flush()
            os.kill(os.getpid(), self._waiting.pop())
        return written

    def flush(self) -> None:
        self._out.flush()


def _main(stage: str, number: str, arguments: Sequence[str]) -> int:
    guard_streams()
    sys.stdout = _Tripwire(sys.stdout, stage, int(number))  # pyright: ignore
    return run_command(arguments)


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1], sys.argv[2], sys.argv[3:]))
