"""Real PostgreSQL servers for tests: the newest that is installed, and the oldest beside it.

A missing server is a failure with one sentence, never a skip. Every test gets fresh databases.
"""

import re
import secrets
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Literal

import anyio
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from snapharbor.engine.database.postgres.cluster import Cluster, throwaway_cluster
from snapharbor.engine.database.postgres.session import parameters
from snapharbor.engine.database.postgres.tools import SERVER, Toolbox, discover
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.target import Limits
from snapharbor.engine.model.url import DatabaseUrl

PRIVILEGES = Path(__file__).parents[2] / "docs" / "guides" / "privileges.md"
TEMPLATES = Path(__file__).parents[2] / ".cache" / "postgres"
READER = "snapharbor_reader"

Age = Literal["newest", "oldest"]
NewDatabase = Callable[..., DatabaseUrl]
Reader = Callable[[DatabaseUrl], DatabaseUrl]


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server and its programs."""

    cluster: Cluster
    tools: Toolbox

    @property
    def url(self) -> DatabaseUrl:
        """Its maintenance database, as superuser."""
        return self.cluster.url()


def connect(url: DatabaseUrl) -> psycopg.Connection[tuple[object, ...]]:
    """Open an autocommit connection with the server's own settings."""
    conninfo = make_conninfo("", **parameters(url, Limits()))
    return psycopg.connect(conninfo, autocommit=True)


def execute(url: DatabaseUrl, *statements: str | sql.Composed) -> None:
    """Run SQL text, each piece in a round trip of its own."""
    with connect(url) as connection:
        for statement in statements:
            connection.execute(_query(statement))


def query(
    url: DatabaseUrl, statement: str | sql.Composed, values: Sequence[object] | None = None
) -> list[tuple[object, ...]]:
    """Run one SELECT and return its rows."""
    with connect(url) as connection:
        return connection.execute(_query(statement), values).fetchall()


def page_block(name: str) -> str:
    """Return an SQL block of docs/guides/privileges.md, exactly as it stands there."""
    found = re.search(rf"<!-- block: {name} -->\n```sql\n(.*?)```", PRIVILEGES.read_text(), re.DOTALL)
    assert found is not None, f"docs/guides/privileges.md has no block `{name}`"
    return found[1]


def _query(text: str | sql.Composed) -> bytes | sql.Composed:
    return text if isinstance(text, sql.Composed) else text.encode()


@pytest.fixture(scope="session")
def toolboxes() -> Sequence[Toolbox]:
    """Return every set of server programs on this machine, the oldest first."""
    boxes = [box for box in anyio.run(discover) if box.has(SERVER)]
    if not boxes:
        pytest.fail("No PostgreSQL server was found: `make test` installs the embedded one.")
    return boxes


@pytest.fixture(scope="session")
def start_postgres(
    toolboxes: Sequence[Toolbox], tmp_path_factory: pytest.TempPathFactory
) -> Generator[Callable[[Age], Postgres]]:
    """Start the newest or the oldest server once and keep it for the whole run."""
    running: dict[Path, Postgres] = {}
    with ExitStack() as stack:

        def start(age: Age) -> Postgres:
            tools = toolboxes[-1 if age == "newest" else 0]
            if tools.directory not in running:
                parent = tmp_path_factory.mktemp("postgres")
                cluster = throwaway_cluster(tools, parent, templates=TEMPLATES)
                running[tools.directory] = Postgres(stack.enter_context(cluster), tools)
            return running[tools.directory]

        yield start


@pytest.fixture
def postgres(start_postgres: Callable[[Age], Postgres]) -> Postgres:
    """Return the newest server."""
    return start_postgres("newest")


@pytest.fixture(params=["newest", "oldest"])
def each_postgres(request: pytest.FixtureRequest, start_postgres: Callable[[Age], Postgres]) -> Postgres:
    """Return the newest server, then the oldest."""
    return start_postgres(request.param)


@pytest.fixture
def new_database(postgres: Postgres) -> Generator[NewDatabase]:
    """Make databases on the newest server (or on another: `server=`); they are dropped after the test.

    `new_database(*statements, name=…, server=…)` returns the URL of a database in which the statements ran.
    """
    made: list[DatabaseUrl] = []
    numbers = count(1)

    def new(*statements: str, name: str | None = None, server: Postgres = postgres) -> DatabaseUrl:
        url = server.cluster.url(name or f"test_{secrets.token_hex(4)}_{next(numbers)}")
        execute(server.url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(url.database)))
        made.append(url)
        execute(url, *statements)
        return url

    yield new
    for url in made:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(url.database))
        execute(url.on("postgres"), drop)


@pytest.fixture(scope="session")
def reader() -> Reader:
    """Give a role the rights of docs/guides/privileges.md on a database and return the URL to use."""

    def grant(url: DatabaseUrl) -> DatabaseUrl:
        password = Secret(secrets.token_hex(16))
        if not query(url, f"SELECT FROM pg_roles WHERE rolname = '{READER}'"):
            execute(url, page_block("role"))
        change = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(READER), password.reveal())
        execute(url, change, page_block("reader"))
        return replace(url, user=READER, password=password)

    return grant


@pytest.fixture
def loader(postgres: Postgres) -> DatabaseUrl:
    """A role that may make databases, with the rights of docs/guides/privileges.md and no more."""
    if not query(postgres.url, "SELECT FROM pg_roles WHERE rolname = 'snapharbor_loader'"):
        execute(postgres.url, page_block("loader"))
    password = secrets.token_hex(8)
    execute(postgres.url, f"ALTER ROLE snapharbor_loader PASSWORD '{password}'")
    return replace(postgres.url, user="snapharbor_loader", password=Secret(password))
