"""Let a plan become a job, unless another one works on the same thing."""

from secrets import token_hex

from ..ledger.base import Entry
from ..ledger.moment import now
from ..model.errors import JobConflict
from ..model.job import Job, Progress
from ..model.plan import Plan
from ..operations.audit import record
from ..services import Services
from .life import bury


async def admit(services: Services, plan: Plan, worker: str | None) -> Job:
    """Write down a new job: running if its worker is known, else queued.

    Raises:
        JobConflict: another one works on the same target or destination; `details` name it as `job`.
    """
    begun = now()
    job = Job(
        id=token_hex(16),
        plan=plan,
        principal=services.principal.subject,
        state="running" if worker else "queued",
        created_at=begun,
        heartbeat_at=begun,
        progress=Progress("starting"),
        worker=worker,
    )
    while holder := await services.ledger.add_job(job, _lock(plan)):
        if not await bury(services, holder):
            conflict = _conflict(services, holder)
            entry = Entry(job.principal, plan.verb, plan.target, conflict.code, {"plan": plan.id})
            await record(services, entry)
            raise conflict
    return job


def _lock(plan: Plan) -> str | None:
    if plan.verb in ("build", "sanitize", "adopt"):
        return f"snapshots of {plan.target}"
    if plan.verb in ("load", "script"):
        return f"database {plan.facts.get('identity')}"
    return None


def _conflict(services: Services, holder: Job) -> JobConflict:
    doing = f"{holder.plan.verb} of `{holder.plan.target}`"
    if holder.principal != services.principal.subject:
        return JobConflict(f"somebody else's {doing} is running", "Wait for its end.")
    return JobConflict(f"job `{holder.id}`, a {doing}, is running", job=holder.id)
