"""The sample shop on a real server, and a harbor for it with everything real."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from psycopg import sql

from snapharbor.engine.harbor import Harbor
from snapharbor.engine.ledger.sqlite import SqliteLedger
from snapharbor.engine.model.json import JsonObject
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.settings import Settings
from snapharbor.engine.model.share import Principal, Recipient
from snapharbor.engine.model.target import Rules, Selection, Target
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.operations.requests import BuildRequest, LoadRequest, Request, SanitizeRequest
from snapharbor.engine.services import Services

from .postgres import Age, Postgres, Reader, execute
from .repository import Person, somebody
from .working import Working

DEMO = Path(__file__).parents[1] / "demo"
EVERY_SCHEMA = Selection(use_default_schema=False)
TEMPLATE = "shop_template"
MASKING_KEY = Secret("what the masks of all tests are keyed with")


@dataclass
class Shop:
    """A shop of its own for one test: a source read by a role that may only read, and a place to load to."""

    server: Postgres
    owner: DatabaseUrl
    source: DatabaseUrl
    destination: DatabaseUrl
    directory: Path
    person: Person = field(default_factory=somebody)

    @property
    def target(self) -> Target:
        """The target as configured, by the demo's own rules."""
        return Target(
            key="shop",
            name="Shop",
            source=self.source,
            destination=self.destination,
            cpus=2,
            selection=EVERY_SCHEMA,
            rules=Rules(query_file=DEMO / "rules.sql"),
        )

    def settings(self, target: Target | None = None, **changes: object) -> Settings:
        """Return a configuration with this one target."""
        plain = Settings(
            file=None,
            working_directory=self.directory,
            targets={"shop": target or self.target},
            storage_profiles={},
            identities=(self.person.identity,),
            signing_key=self.person.signing_key,
            masking_key=MASKING_KEY,
        )
        return replace(plain, **changes)  # type: ignore[arg-type]

    @asynccontextmanager
    async def harbor(
        self, target: Target | None = None, *, settings: Settings | None = None
    ) -> AsyncGenerator[Harbor]:
        """Open a harbor on this shop, with a ledger of its own."""
        chosen = settings or self.settings(target)
        async with SqliteLedger.open(chosen.working_directory / "ledger.sqlite") as ledger:
            yield Harbor(Services(chosen, ledger, Principal("ana"), read_only=False))


def recipient(person: Person, name: str = "ben") -> Recipient:
    """Return somebody as the one to share with."""
    from snapharbor.engine.keypair import recipient_of

    return Recipient(name, recipient_of(person.identity), groups=("dev",))


@pytest.fixture(scope="session")
def shop_template(start_postgres: Callable[[Age], Postgres]) -> Callable[[Postgres], str]:
    """Fill the shop once per server; every test copies it."""
    filled: set[int] = set()

    def fill(server: Postgres) -> str:
        if id(server) not in filled:
            execute(server.url, f"CREATE DATABASE {TEMPLATE}")
            execute(server.cluster.url(TEMPLATE), (DEMO / "shop.sql").read_text())
            filled.add(id(server))
        return TEMPLATE

    return fill


@pytest.fixture
def make_shop(
    shop_template: Callable[[Postgres], str], reader: Reader, working: Working, tmp_path: Path
) -> Generator[Callable[[Postgres], Shop]]:
    """Make shops; all databases on their servers are dropped before and after the test."""
    servers, directory = dict[int, Postgres](), working(tmp_path / "data")

    def make(server: Postgres) -> Shop:
        if id(server) not in servers:
            clean(server)
        servers[id(server)] = server
        execute(server.url, f"CREATE DATABASE shop TEMPLATE {shop_template(server)}")
        owner = server.cluster.url("shop")
        return Shop(server, owner, reader(owner), server.cluster.url("shop_copy"), directory)

    yield make
    for server in servers.values():
        clean(server)


@pytest.fixture
def shop(postgres: Postgres, make_shop: Callable[[Postgres], Shop]) -> Shop:
    """Return a shop on the newest server."""
    return make_shop(postgres)


@pytest.fixture
def each_shop(each_postgres: Postgres, make_shop: Callable[[Postgres], Shop]) -> Shop:
    """Return a shop on the newest server, then on the oldest."""
    return make_shop(each_postgres)


async def load_subset_of(harbor: Harbor, *, sanitized: bool) -> None:
    """Make the subset of the target `shop` and load it."""
    request = (
        SanitizeRequest("shop", new=True, subset=True) if sanitized else BuildRequest("shop", subset=True)
    )
    await do(harbor, request)
    await do(harbor, LoadRequest("shop", original=not sanitized))


async def do(harbor: Harbor, request: Request) -> JsonObject:
    """Plan, confirm and run."""
    return await harbor.run(await harbor.plan(request), confirmed=True)


def databases(server: Postgres) -> set[str]:
    """Return the names of all databases that are not the server's own."""
    from .postgres import query

    listed = query(
        server.url, "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'"
    )
    return {str(name) for (name,) in listed} - {TEMPLATE}


def clean(server: Postgres) -> None:
    """Drop every database that a test made."""
    for name in databases(server):
        execute(server.url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
