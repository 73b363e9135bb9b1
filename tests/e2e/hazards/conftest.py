"""A database with one of everything that makes rules go wrong, sanitized both ways and loaded once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from secrets import token_hex
from tempfile import gettempdir
from typing import Literal

import anyio
import pytest
from support.postgres import Age, Postgres, Reader, execute
from support.small import Rows, Small, small

HERE = Path(__file__).parent
EVIL = 'a"b.\n\\! touch {marker}\n-- ☃; DROP'
Way = Literal["reading", "copying"]
SETTINGS: Mapping[str, str] = {
    "timezone": "Asia/Kolkata",
    "datestyle": "German",
    "intervalstyle": "sql_standard",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "search_path": "pg_catalog",
    "session_replication_role": "replica",
    "standard_conforming_strings": "off",
}


@dataclass(frozen=True, slots=True)
class World:
    """The source, what came of it, and a file that nothing may have made."""

    source: Small
    copy: Small
    marker: Path
    way: Way

    def there(self, statement: str) -> Rows:
        """Return rows of the source."""
        return self.source.there(statement)

    def here(self, statement: str) -> Rows:
        """Return rows of the copy."""
        return self.copy.here(statement)


@pytest.fixture(scope="session")
def worlds(
    start_postgres: Callable[[Age], Postgres], reader: Reader, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Way], World]:
    """Sanitize and load the database once each way; nothing here changes it afterwards."""
    server, directory = start_postgres("newest"), tmp_path_factory.mktemp("world")
    # A name of the server has 63 bytes.
    marker = Path(gettempdir(), f"m{token_hex(4)}")

    @cache
    def source() -> Small:
        execute(server.url, "CREATE ROLE hazard_tenant", 'CREATE ROLE "hazard ""odd"", TO x"')
        made = small(server, reader, directory, *_statements(marker))
        name = made.owner.database
        settings = (f"ALTER DATABASE {name} SET {key} = '{value}'" for key, value in SETTINGS.items())
        execute(server.url, *settings, f"ALTER DATABASE {name} IS_TEMPLATE true")
        return made.ruled((HERE / "rules.sql").read_text() + _evil(marker, "UPDATE {} SET {} = 'masked';"))

    @cache
    def world(way: Way) -> World:
        made = source()
        # The reader has another password since the last database that a test made.
        mine = replace(
            made,
            source=reader(made.owner),
            directory=directory / way,
            destination=server.cluster.url(f"world_{way}"),
        )
        loaded = anyio.run(lambda: mine.loaded(ephemeral=way == "copying"))
        # It outlives the test.
        execute(server.url, f"ALTER DATABASE world_{way} IS_TEMPLATE true")
        return World(made, loaded, marker, way)

    return world


def _statements(marker: Path) -> tuple[str, ...]:
    """Return what makes the source."""
    world = (HERE / "world.sql").read_text().replace("{marker}", str(marker))
    weird = (
        _evil(marker, "CREATE TABLE {} (id int, {} text)"),
        _evil(marker, "INSERT INTO {} ({}) VALUES ('Ann')"),
    )
    return (world, *weird, "ANALYZE")


def _evil(marker: Path, statement: str) -> str:
    """Return a statement about a table and a column whose names are commands of other programs."""
    names = (EVIL.replace("{marker}", str(marker)), "co\nl.☃")
    return statement.format(*('"' + name.replace('"', '""') + '"' for name in names))


@pytest.fixture(params=["reading", "copying"])
def world(request: pytest.FixtureRequest, worlds: Callable[[Way], World]) -> World:
    """Return the world and its copy, made while reading, then in a private copy."""
    return worlds(request.param)
