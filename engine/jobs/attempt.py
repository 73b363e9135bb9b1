"""Run one job from its start to its end, whatever that end is."""

from dataclasses import replace
from logging import getLogger

import anyio
from anyio import CancelScope

from ..ledger.base import Entry
from ..ledger.moment import now
from ..model.errors import Cancelled, EngineError
from ..model.job import Job, Progress, Report
from ..model.json import JsonObject
from ..operations.audit import record
from ..operations.verbs import Perform
from ..services import Services
from ..tasks import open_tasks
from .outcome import failure, meant, recorded, state
from .reaper import reap

BEAT_SECONDS = 0.5
LOG = getLogger(__name__)


async def attempt(services: Services, job: Job, report: Report, perform: Perform) -> JsonObject:
    """Perform a running job's plan and return its result; write down start, progress and end.

    A cancellation from outside is written down as well, and goes on.

    Raises:
        EngineError: what the operation failed with; `Cancelled` if somebody asked the job to stop.
    """
    run = _Run(services, job, report)
    try:
        await run.go(perform)
    except anyio.get_cancelled_exc_class():
        await run.end(Cancelled(f"job `{job.id}` was cancelled"))
        raise
    await run.end(run.error)
    if run.error:
        raise run.error
    return run.result or {}


class _Run:
    def __init__(self, services: Services, job: Job, report: Report) -> None:
        self.services = services
        self.job = job
        self.report = report
        self.progress = job.progress
        self.written = True
        self.result: JsonObject | None = None
        self.error: BaseException | None = Cancelled(f"job `{job.id}` was cancelled")

    async def go(self, perform: Perform) -> None:
        """Perform the plan while the heart beats; what it came to is `result` and `error`."""
        try:
            async with open_tasks() as group:
                # The first beat comes before all else: the job may have been cancelled in the queue.
                if not await self._beat():
                    return
                group.start_soon(self._keep_beating, group.cancel_scope)
                await self._record("started")
                await reap(self.services)
                self.result = await perform(self.services, self.job.plan, self._progressed)
                self.error = None
                group.cancel_scope.cancel()
        except Exception as error:
            self.error = meant(error)

    async def end(self, error: BaseException | None) -> None:
        """Write down how it ended, in the audit chain first: a job is finished when that is done."""
        remembered = failure(error) if error else None
        with CancelScope(shield=True):
            try:
                outcome = remembered.code if remembered else "succeeded"
                await self._record(outcome, recorded(self.result))
            except EngineError as unwritten:
                LOG.error(
                    "the end of job %s is missing in the audit chain: %s", self.job.id, unwritten.message
                )
            moment = now()
            await self.services.ledger.finish_job(
                replace(
                    self.job,
                    state=state(error),
                    heartbeat_at=moment,
                    finished_at=moment,
                    progress=self.progress,
                    result=self.result,
                    failure=remembered,
                )
            )

    async def _keep_beating(self, scope: CancelScope) -> None:
        while True:
            if not await self._beat():
                scope.cancel()
            await anyio.sleep(BEAT_SECONDS)

    async def _beat(self) -> bool:
        try:
            going = await self.services.ledger.beat(self.job.id, self.progress)
        except EngineError as unwritten:
            # A ledger that cannot be written for a while is no reason to throw hours of work away.
            if self.written:
                LOG.warning("job %s: %s", self.job.id, unwritten.message)
            self.written = False
            return True
        self.written = True
        return going

    def _progressed(self, progress: Progress, /) -> None:
        self.progress = progress
        self.report(progress)

    async def _record(self, outcome: str, more: JsonObject | None = None) -> None:
        plan = self.job.plan
        details = {"job": self.job.id, "plan": plan.id, **(more or {})}
        await record(self.services, Entry(self.job.principal, plan.verb, plan.target, outcome, details))
