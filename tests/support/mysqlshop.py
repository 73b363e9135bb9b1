"""The sample shop on a real MariaDB server, and a harbor for it with everything real."""

import secrets
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from snapharbor.engine.harbor import Harbor
from snapharbor.engine.ledger.sqlite import SqliteLedger
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.settings import Settings
from snapharbor.engine.model.share import Principal
from snapharbor.engine.model.target import Rules, Target
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.services import Services

from .mysql import MysqlServer, NewSchema
from .repository import Person, somebody
from .shop import MASKING_KEY
from .working import Working

SCRIPT = Path(__file__).with_name("mysql_shop.sql")
RULES = """
UPDATE customers SET
    email = snapharbor.email(email),
    First_Name = snapharbor.first_name(first_name),
    last_name = snapharbor.last_name(last_name),
    phone = snapharbor.phone(phone),
    born = NULL,
    profile = snapharbor.json(profile, '$.contact.backup', email),
    note = NULL;
UPDATE orders SET email = snapharbor.email(email);
DELETE FROM audit WHERE true;
TRUNCATE TABLE mail_queue;
"""
MakeMysqlShop = Callable[..., "MysqlShop"]
READING = "SELECT, SHOW VIEW, TRIGGER, EVENT"


@dataclass
class MysqlShop:
    """A shop of its own for one test: a source read by a role that may only read, and a place to load to."""

    server: MysqlServer
    owner: DatabaseUrl
    source: DatabaseUrl
    destination: DatabaseUrl
    directory: Path
    person: Person = field(default_factory=somebody)

    @property
    def target(self) -> Target:
        """The target as configured."""
        return Target(
            key="shop",
            name="Shop",
            source=self.source,
            destination=self.destination,
            cpus=2,
            rules=Rules(override_query=RULES),
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
            mysql_programs=self.server.programs,
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

    def query(self, url: DatabaseUrl, statement: str) -> list[tuple[object, ...]]:
        """Run one statement in a database as root and return its rows."""
        return [*self.server.query(statement, database=url.database)]

    def databases(self) -> set[str]:
        """Return the names of the databases that this shop and Snapharbor made."""
        found = {str(name) for (name,) in self.server.query("SHOW DATABASES")}
        ours = {self.owner.database, self.destination.database}
        return {name for name in found if name in ours or name.startswith(("snapharbor_", *ours))}


@pytest.fixture
def make_mysql_shop(
    mysql: MysqlServer, new_schema: NewSchema, working: Working, tmp_path: Path
) -> Generator[MakeMysqlShop]:
    """Make shops of scripts; everything on their server is dropped after the test."""
    made, directory = list[MysqlShop](), working(tmp_path / "data")

    def make(script: bytes, name: str | None = None) -> MysqlShop:
        owner = new_schema(name=name)
        mysql.load(owner.database, script)
        role, password = f"reader_{secrets.token_hex(4)}", secrets.token_hex(12)
        mysql.query(f"CREATE USER {role}@localhost IDENTIFIED BY '{password}'")
        mysql.query(f"GRANT {READING} ON `{owner.database}`.* TO {role}@localhost")
        routines = "SELECT ON mysql.proc" if mysql.mariadb else "SHOW_ROUTINE ON *.*"
        mysql.query(f"GRANT {routines} TO {role}@localhost")
        mysql.query(f"GRANT RELOAD ON *.* TO {role}@localhost")
        source = replace(owner, user=role, password=Secret(password))
        shop = MysqlShop(mysql, owner, source, owner.on(f"{owner.database}_copy"), directory)
        made.append(shop)
        return shop

    yield make
    for shop in made:
        for name in shop.databases():
            mysql.query(f"DROP DATABASE `{name}`")
        mysql.query(f"DROP USER {shop.source.user}@localhost")


@pytest.fixture
def mysql_shop(make_mysql_shop: MakeMysqlShop) -> MysqlShop:
    """Return a shop by the script beside this file."""
    return make_mysql_shop(SCRIPT.read_bytes())
