"""The public face: every verb as a typed async call, the same for tools, command line and programs."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .jobs.runner import cancel_job, find_job, list_jobs, run_here, start_worker, wait_for_job
from .ledger.base import Record
from .model.catalog import Catalog
from .model.errors import ArgumentInvalid, ConfirmationRequired, NotAuthorized, ReadOnlyMode
from .model.explanation import Explanation
from .model.job import Job, Report, ignore
from .model.json import JsonObject
from .model.plan import Plan, Verb
from .model.sensitive import ColumnCoverage
from .model.settings import Settings
from .model.share import Principal, Share
from .model.snapshot import Snapshot
from .model.suggestion import Suggestion
from .model.target import Target
from .operations import look
from .operations.requests import Request
from .operations.verbs import decide
from .repository.values import Survey
from .services import Services, open_services

if TYPE_CHECKING:
    from .operations.coverage import Examination
    from .operations.keys import StorageKeys

SCOPE: dict[Verb, str] = {
    "verify": "read",
    "load": "load",
    "share": "share",
    "revoke": "share",
    "rotate": "share",
}
HARMLESS: frozenset[Verb] = frozenset(("verify",))


class Harbor:
    """One person's or agent's access to targets, snapshots, jobs and shares.

    ```python
    async with Harbor.open() as harbor:
        plan = await harbor.plan(BuildRequest("shop"))
        snapshot = await harbor.run(plan)
    ```
    """

    def __init__(self, services: Services) -> None:
        self.services = services

    @classmethod
    @asynccontextmanager
    async def open(
        cls, config: Path | None = None, *, principal: Principal | None = None, read_only: bool = False
    ) -> "AsyncGenerator[Harbor]":
        """Read the configuration and open everything; `config` None follows the search order."""
        async with open_services(config, principal=principal, read_only=read_only) as services:
            yield cls(services)

    @property
    def settings(self) -> Settings:
        """The configuration as it counts; `settings.effective` is fit to be shown."""
        return self.services.settings

    def targets(self) -> tuple[Target, ...]:
        """Return the configured targets, by key."""
        return tuple(sorted(self.services.settings.targets.values(), key=lambda target: target.key))

    def target(self, key: str) -> Target:
        """Return one configured target, or raise TargetUnknown with the closest name."""
        return self.services.settings.target(key)

    async def find_target(self, key: str) -> Target:
        """Return the same, or a target of type `share` that only pulled snapshots tell of."""
        return await look.known_target(self.services, key)

    async def snapshots(self, target: str | None = None) -> Sequence[Snapshot]:
        """Return the snapshots in all storages that can be read, newest first."""
        return (await self.survey(target)).snapshots

    async def survey(self, target: str | None = None) -> Survey:
        """Return the same, and by id why the others cannot be read."""
        return await look.survey(self.services, target)

    async def snapshot(self, reference: str) -> Snapshot:
        """Return one snapshot by id, unique start of an id, `TARGET`, `TARGET:latest` or `TARGET:2`.

        `TARGET:N` counts sets from the newest, 0; the sanitized one of a set is taken if there is one.
        """
        return await look.snapshot(self.services, reference)

    async def schema(self, target: str) -> Catalog:
        """Connect to a target's source and read its structure."""
        return await look.schema(self.services, target)

    async def explain(self, target: str) -> Explanation:
        """Connect to a target's source and say what its rules would do, with findings; nothing runs."""
        from .operations.explain import explain

        return await explain(self.services, target)

    async def coverage(self, target: str) -> tuple[ColumnCoverage, ...]:
        """Connect to a target's source and say what its rules, if it has any, leave of every column."""
        from .operations.coverage import coverage

        return await coverage(self.services, target)

    async def examination(self, target: str) -> "Examination":
        """Connect to a target's source and read its structure, with what every column looks like."""
        from .operations.coverage import structure

        return await structure(self.services, target)

    async def suggest(self, target: str, template: str = "pii") -> Suggestion:
        """Connect to a target's source and write rules for what looks personal and is undecided."""
        from .operations.suggest import suggest

        return await suggest(self.services, target, template)

    async def shares(self) -> Sequence[Share]:
        """Return what one has shared, newest first, expired and revoked ones included."""
        return await self.services.ledger.shares(principal=self.services.principal.subject)

    async def keys(self) -> "tuple[StorageKeys, ...]":
        """Return whose keys open the repository of every configured storage."""
        from .operations.keys import keys

        return await keys(self.services)

    async def plan(self, request: Request) -> Plan:
        """Decide what a request would do. Looks, and touches nothing."""
        return await decide(self.services, request)

    async def offer(self, plan: Plan, seconds: int = 600) -> str:
        """Remember a plan and return the single-use confirmation that runs exactly it."""
        return await self.services.ledger.add_plan(plan, self.services.principal.subject, seconds)

    async def confirmed(self, confirmation: str) -> Plan:
        """Use up a confirmation and return its plan."""
        return await self.services.ledger.take_plan(confirmation, self.services.principal.subject)

    async def run(self, plan: Plan, *, confirmed: bool = False, report: Report = ignore) -> JsonObject:
        """Run a plan in this process and return its result; it is a job like any other."""
        self._allow(plan, confirmed)
        return await run_here(self.services, plan, report)

    async def start(self, plan: Plan, *, confirmed: bool = False) -> Job:
        """Run a plan in a worker process that outlives this one, and return its job."""
        self._allow(plan, confirmed)
        if plan.arguments.get("given"):
            raise ArgumentInvalid(
                "a destination given as a URL cannot be handed to a background worker",
                "Run it in the foreground, or configure the destination.",
            )
        return await start_worker(self.services, plan)

    async def jobs(self, limit: int = 50) -> Sequence[Job]:
        """Return one's own jobs, newest first."""
        return await list_jobs(self.services, limit)

    async def job(self, job_id: str, wait_seconds: float = 0, report: Report = ignore) -> Job:
        """Return a job, waiting up to `wait_seconds` for its end and reporting progress meanwhile."""
        if wait_seconds:
            return await wait_for_job(self.services, job_id, wait_seconds, report)
        return await find_job(self.services, job_id)

    async def cancel(self, job_id: str) -> Job:
        """Ask a job to stop and return it as it is now."""
        return await cancel_job(self.services, job_id)

    async def audit(self, after: int = 0, limit: int = 1000) -> Sequence[Record]:
        """Return records of the audit chain, oldest first."""
        return await self.services.ledger.records(after, limit)

    def _allow(self, plan: Plan, confirmed: bool) -> None:
        scope = SCOPE.get(plan.verb, "build")
        if scope not in self.services.principal.scopes:
            raise NotAuthorized(f"`{self.services.principal.subject}` may not {plan.verb}", scope=scope)
        if self.services.read_only and plan.verb not in HARMLESS:
            raise ReadOnlyMode(f"`{plan.verb}` was refused in read-only mode")
        if plan.needs_confirmation and not confirmed:
            raise ConfirmationRequired(
                f"`{plan.verb}` needs a confirmation", effects=[effect.what for effect in plan.effects]
            )
