"""Everything an operation needs, opened once and passed along; there are no globals."""

import getpass
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from logging import getLogger
from pathlib import Path
from secrets import token_hex

import anyio
from anyio import from_thread, to_thread

from .database.base import Artefact, ChunkSource, Database, Housekeeper, Workbench
from .database.engines import engine_of, kit
from .ledger.base import Lease, LeaseKind, Ledger
from .ledger.presence import present
from .ledger.sqlite import SqliteLedger
from .model.errors import EngineError
from .model.json import JsonObject
from .model.settings import Settings
from .model.share import Principal
from .model.snapshot import Snapshot
from .model.url import DatabaseUrl
from .repository.repository import Repository
from .repository.scratch import spool_directory
from .settings.load import load_settings
from .storage.base import Storage
from .storage.local import LocalStorage

UNFINISHED = ".snapharbor-"
LOG = getLogger(__name__)


class Services:
    """Settings, ledger, databases and repositories of one principal."""

    def __init__(self, settings: Settings, ledger: Ledger, principal: Principal, *, read_only: bool) -> None:
        self.settings = settings
        self.ledger = ledger
        self.principal = principal
        self.read_only = read_only
        self.given: dict[str, DatabaseUrl] = {}
        self._repositories: dict[str | None, Repository] = {}

    def give(self, url: DatabaseUrl) -> str:
        """Keep a URL for plans of this process, and return the text without password that finds it."""
        self.given[str(url)] = url
        return str(url)

    def database(self, url: DatabaseUrl) -> Database:
        """Return the database at a URL; nothing is connected yet."""
        return kit(url.engine).database(url, self.settings)

    def housekeeper(self, url: DatabaseUrl) -> Housekeeper:
        """Return who creates and swaps databases on the server of a URL."""
        return kit(url.engine).housekeeper(url)

    @asynccontextmanager
    async def side_database(
        self, url: DatabaseUrl, name: str, *, noted: str | None = None
    ) -> AsyncGenerator[None]:
        """Remember that a database is being filled, and drop it at the end if it is still there.

        Where others may make one of that name, only one with the note `noted` is dropped.
        """
        async with self._leased("database", {"url": str(url), "name": name, "noted": noted}) as lease:
            try:
                yield
            finally:
                with anyio.CancelScope(shield=True):
                    await self._drop(url, name, lease)

    async def drop_leased(self, url: DatabaseUrl, lease: Lease) -> bool:
        """Drop the database of a lease and end the lease; tell whether it still was that one."""
        housekeeper, name, noted = self.housekeeper(url), str(lease.data["name"]), lease.data.get("noted")
        if found := noted is None or await housekeeper.ours(name) == noted:
            await housekeeper.drop(name)
        await self.ledger.release(lease.id)
        return found

    @asynccontextmanager
    async def _leased(self, kind: LeaseKind, data: JsonObject) -> AsyncGenerator[Lease]:
        """Remember something that others have to remove if this process ends in the block."""
        with present(self.settings.working_directory / "run") as owner:
            yield await self.ledger.add_lease(kind, owner, data)

    async def _drop(self, url: DatabaseUrl, name: str, lease: Lease) -> None:
        """Drop a side database. What the run came to counts; the next one drops what could not be dropped."""
        try:
            await self.drop_leased(url, lease)
        except EngineError as error:
            LOG.warning("`%s` on %s could not be dropped yet: %s", name, url, error.message)

    @asynccontextmanager
    async def workbench(self, original: Snapshot, work: DatabaseUrl | None) -> AsyncGenerator[Workbench]:
        """Open an empty private database for one snapshot's sanitizing, destroyed at the end.

        Without `work` it stands on a throw-away server of the snapshot's major version or newer, else it is
        a new database on the server of `work`, which the caller has made sure holds no source.
        """
        manifest = original.manifest
        chosen = kit(engine_of(manifest))
        if work is None:
            async with chosen.ephemeral(manifest, self.settings) as url:
                yield chosen.workbench(url, self.settings, alone=True)
            return
        number, own = token_hex(8), chosen.copied_as(manifest.schemas[0])
        name, note = own or f"snapharbor_w_{number}", f"work copy {number} of {original.id}"
        async with self.side_database(work, name, noted=note if own else None):
            await self.housekeeper(work).create(name, note)
            yield chosen.workbench(work.on(name), self.settings, alone=False)

    async def export(self, source: ChunkSource, directory: Path, each: Callable[[int], None]) -> None:
        """Write a snapshot as the native archive of its engine, readable, mode 0600 in a 0700 directory.

        `each` is told the size of every block that is written, in a worker thread.
        """
        from .database.publishing import publish

        files = kit(engine_of(source.manifest)).files(source)

        def told(size: int) -> None:
            from_thread.check_cancelled()
            each(size)

        fresh = directory.with_name(f"{UNFINISHED}{token_hex(8)}")
        async with self._leased("directory", {"path": str(fresh)}) as lease:
            try:
                await to_thread.run_sync(partial(publish, files, directory, fresh=fresh, each=told))
            finally:
                with anyio.CancelScope(shield=True):
                    await self.ledger.release(lease.id)

    def artefact(self, source: ChunkSource) -> Artefact:
        """Return what of a snapshot is not the rows of its tables."""
        return kit(engine_of(source.manifest)).artefact(source)

    def storage(self, profile: str | None) -> Storage:
        """Return the storage of a profile; None is the directory `snapshots` of the working directory."""
        if profile is None:
            return LocalStorage(self.settings.working_directory / "snapshots")
        from .storage.open import open_storage

        return open_storage(self.settings.profile(profile))

    def repository(self, profile: str | None) -> Repository:
        """Return the repository of snapshots in a profile's storage."""
        if profile not in self._repositories:
            scratch = self.settings.working_directory / "tmp"
            self._repositories[profile] = self._repository(self.storage(profile), profile, scratch=scratch)
        return self._repositories[profile]

    def _repository(self, storage: Storage, profile: str | None, *, scratch: Path) -> Repository:
        return Repository(
            storage,
            profile=profile,
            identities=self.settings.identities,
            signing_key=self.settings.signing_key,
            scratch=scratch,
            trusted=self.settings.trusted_keys,
        )

    @asynccontextmanager
    async def private_repository(self) -> AsyncGenerator[Repository]:
        """Open an empty repository in a private directory of this machine, destroyed at the end."""
        async with spool_directory(self.settings.working_directory / "tmp") as directory:
            storage = LocalStorage(directory / "snapshots")
            yield self._repository(storage, None, scratch=directory)

    def repositories(self) -> tuple[Repository, ...]:
        """Return the repositories of every storage that the configuration names, the local one first."""
        return tuple(self.repository(name) for name in (None, *self.settings.storage_profiles))


def me() -> Principal:
    """Return the operating system's user as a principal."""
    return Principal(getpass.getuser())


@asynccontextmanager
async def open_services(
    config: Path | None = None,
    *,
    principal: Principal | None = None,
    read_only: bool = False,
    partial: bool = False,
) -> AsyncGenerator[Services]:
    """Read the configuration, open the ledger, and close it at the end; `partial` as in load_settings."""
    settings = load_settings(config, partial=partial)
    async with SqliteLedger.open(settings.working_directory / "ledger.sqlite") as ledger:
        yield Services(settings, ledger, principal or me(), read_only=read_only)
