"""A database of a few statements, and everything real around it: cheap enough for a test of its own."""

import secrets
import subprocess
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from snapharbor.engine.harbor import Harbor
from snapharbor.engine.model.finding import Accepted
from snapharbor.engine.model.job import Report, ignore
from snapharbor.engine.model.json import JsonObject
from snapharbor.engine.model.plan import Plan
from snapharbor.engine.model.proof import LeakScan
from snapharbor.engine.model.snapshot import Sanitization
from snapharbor.engine.model.target import Rules, Target
from snapharbor.engine.operations.requests import LoadRequest, Request, SanitizeRequest

from .postgres import Postgres, Reader, execute, query
from .shop import Shop
from .working import Working

Rows = list[tuple[object, ...]]


@dataclass
class Small(Shop):
    """A shop that is not the demo's: `owner` is the source as superuser, its target has these rules."""

    rules: Rules = field(default_factory=Rules)

    @property
    def target(self) -> Target:
        """The target as configured."""
        return replace(super().target, rules=self.rules)

    def ruled(self, text: str | None = None, **changes: object) -> "Small":
        """Return the same with other rules, `text` as SQL."""
        told = {} if text is None else {"override_query": f"sql:{text}"}
        return replace(self, rules=replace(self.rules, **told, **changes))  # type: ignore[arg-type]

    async def accepting(self) -> "Small":
        """Return the same with every finding accepted that stops sanitizing."""
        async with self.harbor() as harbor:
            found = (await harbor.explain("shop")).blocking
        accepted = tuple(Accepted(one.fingerprint, "to see what happens", "ana") for one in found)
        assert accepted
        return self.ruled(accept=accepted)

    def dump(self, to: Path, *options: str) -> Path:
        """Dump the source with the stock program."""
        url = self.owner
        password = url.password.reveal() if url.password else ""
        argv = [self.server.tools.program("pg_dump"), *options, "-f", to, "-h", url.host, "-p", str(url.port)]
        subprocess.run([*argv, "-U", url.user, url.database], env={"PGPASSWORD": password}, check=True)
        return to

    async def plan(self, request: Request) -> Plan:
        """Plan something with the target as it is."""
        async with self.harbor() as harbor:
            return await harbor.plan(request)

    async def do(self, request: Request, report: Report = ignore) -> JsonObject:
        """Plan, confirm and run something in this process."""
        async with self.harbor() as harbor:
            return await self.run(harbor, request, report)

    async def run(self, harbor: Harbor, request: Request, report: Report = ignore) -> JsonObject:
        """Plan, confirm and run something by a harbor that is open."""
        return await harbor.run(await harbor.plan(request), confirmed=True, report=report)

    async def sanitize(self, report: Report = ignore, *, ephemeral: bool = False) -> Sanitization:
        """Read the source afresh, sanitize it, and return what was done."""
        async with self.harbor() as harbor:
            request = SanitizeRequest("shop", new=True, ephemeral=ephemeral)
            made = await self.run(harbor, request, report)
            found = await harbor.snapshot(str(made["snapshot"]))
        assert found.manifest.sanitization is not None
        return found.manifest.sanitization

    async def scan(self, *, ephemeral: bool = False) -> LeakScan:
        """Sanitize, and return what the search of the result says."""
        scan = (await self.sanitize(ephemeral=ephemeral)).scan
        assert scan is not None
        return scan

    async def loaded(self, *, ephemeral: bool = False) -> "Small":
        """Sanitize and load."""
        await self.sanitize(ephemeral=ephemeral)
        await self.do(LoadRequest("shop"))
        return self

    def there(self, statement: str) -> Rows:
        """Return rows of the source."""
        return query(self.owner, statement)

    def here(self, statement: str) -> Rows:
        """Return rows of the loaded copy."""
        return query(self.destination, statement)


MakeSmall = Callable[..., Small]


def small(server: Postgres, reader: Reader, directory: Path, *statements: str, options: str = "") -> Small:
    """Make a database in which statements ran, on a server; its target has no rules yet."""
    name = f"small_{secrets.token_hex(4)}"
    execute(server.url, f"CREATE DATABASE {name} {options}")
    owner = server.cluster.url(name)
    execute(owner, *statements)
    return Small(server, owner, reader(owner), server.cluster.url(f"{name}_copy"), directory)


def drop(made: Small) -> None:
    """Drop a small database and its copy."""
    for url in (made.owner, made.destination):
        execute(made.server.url, f"DROP DATABASE IF EXISTS {url.database} WITH (FORCE)")


@pytest.fixture
def make_small(postgres: Postgres, reader: Reader, working: Working, tmp_path: Path) -> Generator[MakeSmall]:
    """Make small databases: `make_small(*statements, rules=…)`; they are dropped after the test.

    `server` is another than the newest, `options` are for CREATE DATABASE.
    """
    made: list[Small] = []

    def make(*statements: str, rules: str = "", server: Postgres = postgres, options: str = "") -> Small:
        directory = working(tmp_path / f"data{len(made)}")
        made.append(small(server, reader, directory, *statements, options=options))
        return made[-1].ruled(rules)

    yield make
    for one in made:
        drop(one)
