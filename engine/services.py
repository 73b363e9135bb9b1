"""Everything an operation needs, opened once and passed along; there are no globals."""

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from .database.base import Database, Housekeeper
from .ledger.base import Ledger
from .ledger.sqlite import SqliteLedger
from .model.errors import ConfigInvalid
from .model.settings import Settings
from .model.share import Principal
from .model.url import DatabaseUrl
from .repository.repository import Repository
from .settings.load import load_settings
from .storage.base import Storage


class Services:
    """Settings, ledger, databases and repositories of one principal."""

    def __init__(self, settings: Settings, ledger: Ledger, principal: Principal, *, read_only: bool) -> None:
        self.settings = settings
        self.ledger = ledger
        self.principal = principal
        self.read_only = read_only
        self._repositories: dict[str | None, Repository] = {}

    def database(self, url: DatabaseUrl) -> Database:
        """Return the database at a URL; nothing is connected yet."""
        if url.engine == "postgres":
            from .database.postgres.database import PostgresDatabase

            return PostgresDatabase(url, self.settings.postgres_bin, self.settings.working_directory)
        raise ConfigInvalid(f"`{url.engine}` databases are not supported yet", "Use a PostgreSQL database.")

    def housekeeper(self, url: DatabaseUrl) -> Housekeeper:
        """Return who creates and swaps databases on the server of a URL."""
        if url.engine == "postgres":
            from .database.postgres.housekeeper import PostgresHousekeeper

            return PostgresHousekeeper(url)
        raise ConfigInvalid(f"`{url.engine}` databases are not supported yet", "Use a PostgreSQL database.")

    def storage(self, profile: str | None) -> Storage:
        """Return the storage of a profile; None is the directory `snapshots` of the working directory."""
        if profile is None:
            from .storage.local import LocalStorage

            return LocalStorage(self.settings.working_directory / "snapshots")
        from .storage.open import open_storage

        return open_storage(self.settings.profile(profile))

    def repository(self, profile: str | None) -> Repository:
        """Return the repository of snapshots in a profile's storage."""
        if profile not in self._repositories:
            self._repositories[profile] = Repository(
                self.storage(profile),
                profile=profile,
                identities=self.settings.identities,
                signing_key=self.settings.signing_key,
                scratch=self.settings.working_directory / "tmp",
            )
        return self._repositories[profile]

    def repositories(self) -> tuple[Repository, ...]:
        """Return the repositories of every storage that the configuration names, the local one first."""
        return tuple(self.repository(name) for name in (None, *self.settings.storage_profiles))


def me() -> Principal:
    """Return the operating system's user as a principal."""
    return Principal(getpass.getuser())


@asynccontextmanager
async def open_services(
    config: Path | None = None, *, principal: Principal | None = None, read_only: bool = False
) -> AsyncIterator[Services]:
    """Read the configuration, open the ledger, and close it at the end."""
    settings = load_settings(config)
    async with SqliteLedger.open(settings.working_directory / "ledger.sqlite") as ledger:
        yield Services(settings, ledger, principal or me(), read_only=read_only)
