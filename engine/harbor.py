"""The public face: every verb as a typed async call, the same for tools, command line and programs."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from .jobs.outcome import failure
from .jobs.runner import cancel_job, find_job, list_jobs, run_here, start_worker, wait_for_job
from .ledger.base import Entry, Record
from .model.attested import Attested
from .model.catalog import Catalog
from .model.comparison import Comparison
from .model.errors import (
    ArgumentInvalid,
    ConfirmationInvalid,
    ConfirmationRequired,
    EngineError,
    JobUnknown,
    NotAuthorized,
    ReadOnlyMode,
)
from .model.explanation import Explanation
from .model.job import Job, Report, ignore
from .model.json import JsonObject
from .model.plan import Plan, Verb
from .model.sensitive import ColumnCoverage
from .model.settings import Settings
from .model.share import Principal, Share
from .model.snapshot import Snapshot
from .model.subset import SubsetTold
from .model.suggestion import Suggestion
from .model.target import Target
from .operations import look
from .operations.audit import AuditReport, export_audit, record, verify_audit
from .operations.requests import Asks, BuildRequest, Request, SanitizeRequest, subject
from .operations.verbs import VERBS, decide
from .repository.values import Survey
from .services import Services, open_services

if TYPE_CHECKING:
    from .operations.check import Check
    from .operations.coverage import Examination
    from .operations.keys import StorageKeys

LOG = getLogger(__name__)
MANY = 1000
Result = TypeVar("Result")

SCOPE: dict[Verb, str] = {
    "verify": "read",
    "load": "load",
    "script": "load",
    "share": "share",
    "revoke": "share",
    "rotate": "share",
}
HARMLESS: frozenset[Verb] = frozenset(("verify",))


class Harbor:
    """One person's or agent's access to targets, snapshots, jobs and shares.

    ```python
    async with Harbor.open() as harbor:
        made = await harbor.do(SanitizeRequest("shop", new=True))
        plan = await harbor.plan(LoadRequest(made["snapshot"]))
        await harbor.run(plan, confirmed=True)
    ```
    """

    def __init__(self, services: Services) -> None:
        self.services = services

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        config: Path | None = None,
        *,
        principal: Principal | None = None,
        read_only: bool = False,
        partial: bool = False,
    ) -> "AsyncGenerator[Harbor]":
        """Read the configuration and open everything; `config` None follows the search order.

        `partial` leaves out targets and storages that cannot be used: to be checked; nothing can be planned.
        """
        async with open_services(
            config, principal=principal, read_only=read_only, partial=partial
        ) as services:
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
        return await look.snapshots(self.services, target)

    async def survey(self, target: str | None = None) -> Survey:
        """Return the same, and by id why the others cannot be read."""
        return await look.survey(self.services, target)

    async def snapshot(self, reference: str) -> Snapshot:
        """Return one snapshot by id, unique start of an id, `TARGET`, `TARGET:latest` or `TARGET:2`.

        `TARGET:N` counts sets from the newest, 0; the sanitized one of a set is taken if there is one.
        """
        return await look.snapshot(self.services, reference)

    async def compare(self, first: str, second: str) -> Comparison:
        """Say what two snapshots define differently, and where their tables have not the same rows."""
        from .operations.compare import compare

        return await compare(self.services, first, second)

    async def attested(self, reference: str) -> Attested:
        """Return a sanitized snapshot with the signed statement of what was done to it."""
        return await look.attested(self.services, reference)

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

    def subset_request(self, target: str, *, original: bool = False) -> BuildRequest | SanitizeRequest:
        """Return what makes a target's subset: sanitized where it has rules, or the `original`."""
        from .operations.subset import request_of

        return request_of(self.services, target, original=original)

    async def explain_subset(
        self,
        target: str,
        report: Report = ignore,
        *,
        row: tuple[str, tuple[str, ...]] | None = None,
    ) -> SubsetTold:
        """Find the rows of a target's subset in its source, and say how many of which table, and why.

        `row` is a table and the values of a primary key: why that one is taken is told too.
        """
        from .operations.subset import explain_subset

        return await explain_subset(self.services, target, row=row, report=report)

    async def shares(self) -> Sequence[Share]:
        """Return what one has shared, newest first, expired and revoked ones included."""
        return await self.services.ledger.shares(principal=self.services.principal.subject)

    async def keys(self) -> "tuple[StorageKeys, ...]":
        """Return whose keys open the repository of every configured storage."""
        from .operations.keys import keys

        return await keys(self.services)

    async def check(self, seconds: float = 30.0) -> "tuple[Check, ...]":
        """Try everything that is configured, each for at most so many seconds."""
        from .operations.check import check

        return await check(self.services, seconds)

    async def plan(self, request: Request) -> Plan:
        """Decide what a request would do. Looks, and touches nothing; a refusal is recorded."""
        try:
            for problem in self.settings.problems:
                raise problem
            return await decide(self.services, request)
        except Exception as error:
            await self._record(VERBS[type(request)], subject(request), failure(error).code)
            raise

    async def offer(self, plan: Plan, seconds: int = 600) -> str:
        """Remember a plan and return the single-use confirmation that runs exactly it."""
        return await self.services.ledger.add_plan(plan, self.services.principal.subject, seconds)

    async def confirmed(self, confirmation: str, request: Request) -> Plan:
        """Use up a confirmation that came with a request, and return its plan; a refusal is recorded.

        Raises:
            ConfirmationInvalid: it is unknown, used, expired, somebody else's, or of another verb.
        """
        verb = VERBS[type(request)]
        try:
            plan = await self.services.ledger.take_plan(confirmation, self.services.principal.subject)
            if plan.verb != verb:
                raise ConfirmationInvalid(f"the confirmation belongs to a `{plan.verb}`, not to a `{verb}`")
        except ConfirmationInvalid as refusal:
            await self._record(verb, subject(request), refusal.code)
            raise
        return plan

    async def decline(self, plan: Plan) -> None:
        """Record that somebody who was asked did not agree to a plan."""
        await self._record(plan.verb, plan.target, "declined", plan)

    async def do(self, request: Asks[Result], *, confirmed: bool = False, report: Report = ignore) -> Result:
        """Plan a request, run it in this process, and return the verb's typed result.

        Raises:
            ConfirmationRequired: the plan overwrites, exposes or deletes something, and was not confirmed.
        """
        plan = await self.plan(cast(Request, request))
        return cast(Result, await self.run(plan, confirmed=confirmed, report=report))

    async def run(self, plan: Plan, *, confirmed: bool = False, report: Report = ignore) -> JsonObject:
        """Run a plan in this process and return its result; it is a job like any other."""
        await self._allow(plan, confirmed)
        return await run_here(self.services, plan, report)

    async def start(self, plan: Plan, *, confirmed: bool = False) -> Job:
        """Run a plan in a worker process that outlives this one, and return its job."""
        await self._allow(plan, confirmed)
        if plan.arguments.get("given"):
            raise ArgumentInvalid(
                "a destination given as a URL cannot be handed to a background worker",
                "Run it in the foreground, or configure the destination.",
            )
        return await start_worker(self.services, plan)

    async def jobs(self, limit: int = 50) -> Sequence[Job]:
        """Return one's own jobs, newest first."""
        return await list_jobs(self.services, limit)

    async def last_job(self, verb: Verb, target: str) -> Job:
        """Return one's own last job of a verb on a target.

        Raises:
            TargetUnknown, JobUnknown: there is no such target, or nobody did that yet.
        """
        key = (await self.find_target(target)).key
        for job in await list_jobs(self.services, MANY):
            if (job.plan.verb, job.plan.target) == (verb, key):
                return job
        raise JobUnknown(f"you have no job that did `{verb}` on `{key}`", "Do it once, or explain it.")

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

    async def verify_audit(self, exported: Iterable[str] = ()) -> AuditReport:
        """Check every record of the audit chain, or raise AuditBroken with the first that does not hold.

        With lines of a former export, each of its records must still be there.
        """
        return await verify_audit(self.services, exported)

    async def export_audit(self) -> AsyncGenerator[str]:
        """Yield every record of the audit chain as a line of JSON, oldest first."""
        async for line in export_audit(self.services):
            yield line

    async def _allow(self, plan: Plan, confirmed: bool) -> None:
        try:
            self._refuse(plan, confirmed)
        except EngineError as refusal:
            await self._record(plan.verb, plan.target, refusal.code, plan)
            raise

    def _refuse(self, plan: Plan, confirmed: bool) -> None:
        scope = SCOPE.get(plan.verb, "build")
        if scope not in self.services.principal.scopes:
            raise NotAuthorized(f"`{self.services.principal.subject}` may not {plan.verb}", scope=scope)
        if self.services.read_only and plan.verb not in HARMLESS:
            raise ReadOnlyMode(f"`{plan.verb}` was refused in read-only mode")
        if plan.needs_confirmation and not confirmed:
            raise ConfirmationRequired(
                f"`{plan.verb}` needs a confirmation", effects=[effect.what for effect in plan.effects]
            )

    async def _record(self, verb: Verb, about: str, outcome: str, plan: Plan | None = None) -> None:
        """Record what never became a job; that this fails hides nothing."""
        details: JsonObject = {"plan": plan.id} if plan else {}
        entry = Entry(self.services.principal.subject, verb, about, outcome, details)
        try:
            await record(self.services, entry)
        except EngineError as unwritten:
            LOG.error("a refusal is missing in the audit chain: %s", unwritten.message)
