"""A harbor without servers: memory for all that is kept, a database made of words, jobs in this process."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import cast

import anyio
from anyio.abc import TaskGroup

from snapharbor.engine.database.base import Database, Rewrite
from snapharbor.engine.harbor import Harbor
from snapharbor.engine.jobs.admit import admit
from snapharbor.engine.jobs.attempt import attempt
from snapharbor.engine.jobs.life import SHARED, working
from snapharbor.engine.keypair import new_identity, new_signing_key
from snapharbor.engine.ledger.memory import MemoryLedger
from snapharbor.engine.model.catalog import Catalog
from snapharbor.engine.model.errors import EngineError
from snapharbor.engine.model.job import Job, Report, ignore
from snapharbor.engine.model.json import JsonObject
from snapharbor.engine.model.plan import Effect, Plan, Verb
from snapharbor.engine.model.pushdown import ColumnFacts, Facts, Rewritten, TableFacts
from snapharbor.engine.model.settings import Setting, Settings
from snapharbor.engine.model.share import Principal
from snapharbor.engine.model.snapshot import Manifest, Sanitization
from snapharbor.engine.model.target import Limits, Rules, Selection, StorageProfile, Target
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.operations.requests import LoadRequest, Request, RevokeRequest, ShareRequest
from snapharbor.engine.operations.verbs import VERBS
from snapharbor.engine.services import Services
from snapharbor.engine.storage.base import Storage
from snapharbor.engine.storage.memory import MemoryStorage

CANARY = "canary-4f1d9b-never-shown"
SHOP = Target(
    key="shop",
    name="The shop",
    source=DatabaseUrl.parse(f"postgres://reader:{CANARY}@db.example:5432/shop"),
    destination=DatabaseUrl.parse(f"postgres://writer:{CANARY}@127.0.0.1:5432/shop_dev"),
    rules=Rules(override_query="UPDATE customers SET email = 'x'"),
    groups=("dev",),
)
EMPTY = Catalog((), ())
ANA = Principal("ana")
EFFECTS: dict[type[Request], tuple[Effect, ...]] = {
    LoadRequest: (Effect("overwrites", "database `shop_dev` on 127.0.0.1:5432, loaded by us earlier"),),
    ShareRequest: (Effect("exposes", "snapshot `20261122-100000-0badcafe` to `ana` for 15 minutes"),),
    RevokeRequest: (Effect("revokes", "share `s1`"),),
}
Perform = Callable[[Services, Plan, Report], Awaitable[JsonObject]]


async def done(_services: Services, plan: Plan, _report: Report) -> JsonObject:
    """Succeed at once."""
    return {"target": plan.target, "rows": 3}


@dataclass
class World:
    """What a memory harbor is made of; a test changes what it is about."""

    directory: Path
    targets: Sequence[Target] = (SHOP,)
    catalog: Catalog = EMPTY
    perform: Perform = done
    effects: dict[type[Request], tuple[Effect, ...]] = field(default_factory=lambda: dict(EFFECTS))
    warnings: tuple[str, ...] = ()
    source_error: EngineError | None = None
    read_only: bool = False
    principal: Principal = ANA
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    storages: dict[str | None, Storage] = field(default_factory=lambda: {None: MemoryStorage()})
    started: list[Plan] = field(default_factory=list[Plan])

    @cached_property
    def settings(self) -> Settings:
        """The configuration of this world, the same however often its harbor is opened."""
        return Settings(
            file=None,
            working_directory=self.directory,
            targets={target.key: target for target in self.targets},
            storage_profiles=dict[str, StorageProfile](),
            identities=(new_identity(),),
            signing_key=new_signing_key(),
            effective=(Setting("targets.shop.snapshot.src_url", "********", "snapharbor.yml:3"),),
        )

    def open(self) -> "AbstractAsyncContextManager[MemoryHarbor]":
        """Open a harbor on this world: what build_server() takes as its factory."""
        return _open(self)


class MemoryServices(Services):
    """Services whose every database is the world's catalog, and every storage in memory."""

    def __init__(self, world: World) -> None:
        super().__init__(world.settings, world.ledger, world.principal, read_only=world.read_only)
        self.world = world

    def database(self, url: DatabaseUrl) -> Database:
        return cast(Database, Words(self.world))

    def storage(self, profile: str | None) -> Storage:
        return self.world.storages[profile]


class Words:
    """A database that has a structure and no rows: every question finds nothing."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def inspect(self) -> Catalog:
        if self._world.source_error:
            raise self._world.source_error
        return self._world.catalog

    async def probe(self, queries: Sequence[str], limits: Limits) -> list[list[tuple[object, ...]]]:
        return [[] for _ in queries]

    async def rewritten(self, selection: Selection, limits: Limits, rewrite: Rewrite) -> Rewritten:
        catalog = self._world.catalog
        tables = {
            table.name: TableFacts(
                table.name, "r", tuple(ColumnFacts(column.name, column.type, 25) for column in table.columns)
            )
            for table in catalog.tables
        }
        return rewrite(catalog, Facts(tables, frozenset(tables)))


class MemoryHarbor(Harbor):
    """Plans are written by the world, and jobs are tasks of this process."""

    def __init__(self, world: World, tasks: TaskGroup) -> None:
        super().__init__(MemoryServices(world))
        self._world = world
        self._tasks = tasks

    async def plan(self, request: Request) -> Plan:
        if self._world.source_error:
            raise self._world.source_error
        verb: Verb = VERBS[type(request)]
        effects = self._world.effects.get(type(request), ())
        about: JsonObject = {"snapshot": getattr(request, "snapshot", None)}
        told = f"{verb} something of `shop`"
        return Plan(verb, "shop", told, about, effects=effects, warnings=self._world.warnings)

    async def start(self, plan: Plan, *, confirmed: bool = False) -> Job:
        await self._allow(plan, confirmed)
        self._world.started.append(plan)
        job = await admit(self.services, plan, None)
        self._tasks.start_soon(self._work, job)
        return job

    async def _work(self, job: Job) -> None:
        with working(self.services, SHARED) as worker:
            claimed = await self.services.ledger.claim_job(job.id, worker)
            assert claimed is not None
            try:
                await attempt(self.services, claimed, ignore, self._world.perform)
            except Exception:
                return  # it stands in the job


@asynccontextmanager
async def _open(world: World) -> AsyncGenerator[MemoryHarbor]:
    async with anyio.create_task_group() as tasks:
        yield MemoryHarbor(world, tasks)
        tasks.cancel_scope.cancel()


async def add_snapshot(harbor: Harbor, manifest: Manifest) -> None:
    """Put a snapshot without chunks into the local repository."""
    async with harbor.services.repository(None).writer() as writer:
        await writer.commit(manifest)


def manifest(number: int = 0, **changes: object) -> Manifest:
    """Return the manifest of a sanitized snapshot of the shop; a higher number is newer."""
    plain = Manifest(
        id=f"20261122-10{number // 60:02d}{number % 60:02d}-0badcafe",
        target="shop",
        kind="sanitized",
        created_at=f"2026-11-22T10:{number // 60:02d}:{number % 60:02d}Z",
        engine="PostgreSQL",
        server_version="18.1",
        server_major=18,
        source="7/shop",
        tool="pg_dump 18.1",
        made_by="snapharbor 0.0.0",
        schemas=("public",),
        parts=(),
        tables=(),
        settings_digest="0" * 64,
        sanitization=Sanitization(
            "sanitize.query_file", "1" * 64, "2" * 64, {"public.users": "ephemeral"}, 3
        ),
    )
    return partial(replace, plain)(**changes)  # type: ignore[arg-type]
