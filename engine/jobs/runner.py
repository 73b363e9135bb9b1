"""Jobs from outside: run, start, find, watch and cancel them."""

from collections.abc import Sequence

import anyio

from ..model.errors import JobUnknown
from ..model.job import FINISHED, Job, Progress, Report
from ..model.json import JsonObject
from ..model.plan import Plan, Verb
from ..operations.verbs import perform
from ..services import Services
from .admit import admit
from .attempt import attempt
from .life import SHARED, as_it_is, press, working
from .spawn import spawn

POLL_SECONDS = 0.25

ANEW: dict[Verb, str] = {
    "build": "a build's consistent view ended with its connection; stored chunks are not sent again",
    "sanitize": "the private database is destroyed with the run; the original snapshot is kept",
    "load": "the half-filled side database of a load is dropped; the destination is as it was",
    "script": "the half-filled side database is dropped; in an existing one the file begins again",
    "adopt": "the private server and what was unpacked are destroyed with the run; the file is kept",
    "prune": "a prune looks again at what is still needed; what was removed stays removed",
    "pull": "a pull looks again at what it has; chunks that arrived are not fetched again",
    "export": "the half-written archive of an export is removed",
    "verify": "a verification counts only as a whole",
    "share": "a share is made in one step",
    "revoke": "a share is revoked in one step",
    "rotate": "a repository's key object is replaced in one step",
}


async def run_here(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Run a plan as a job of this process and return its result.

    Raises:
        JobConflict: another job works on the same thing.
        EngineError: what the operation failed with; `Cancelled` if somebody asked the job to stop.
    """
    with working(services, SHARED) as worker:
        job = await admit(services, plan, worker)
        return await attempt(services, job, report, perform)


async def start_worker(services: Services, plan: Plan) -> Job:
    """Run a plan as a job of a process of its own, which outlives this one, and return the queued job.

    Raises:
        JobConflict: another job works on the same thing.
    """
    job = await admit(services, plan, None)
    await spawn(services, job)
    return job


async def find_job(services: Services, job_id: str) -> Job:
    """Return one's own job as it is now.

    Raises:
        JobUnknown: there is none of that id, or it is somebody else's.
    """
    job = await services.ledger.job(job_id)
    if job is None or job.principal != services.principal.subject:
        raise JobUnknown(f"no job `{job_id[:80]}`")
    press(services, job)
    return await as_it_is(services, job)


async def list_jobs(services: Services, limit: int) -> Sequence[Job]:
    """Return one's own jobs as they are now, newest first."""
    jobs = await services.ledger.jobs(limit=limit, principal=services.principal.subject)
    return [await as_it_is(services, job) for job in jobs]


async def wait_for_job(services: Services, job_id: str, seconds: float, report: Report) -> Job:
    """Watch a job until it ends or `seconds` are over; report progress that goes forward, and only that."""
    job = await find_job(services, job_id)
    seen: Progress | None = None
    with anyio.move_on_after(seconds):
        while True:
            if seen is None or _further(job.progress, seen):
                seen = job.progress
                report(seen)
            if job.state in FINISHED:
                break
            await anyio.sleep(POLL_SECONDS)
            job = await find_job(services, job_id)
    return job


async def cancel_job(services: Services, job_id: str) -> Job:
    """Ask a job to stop and return it as it is now.

    Its worker notices within a second. Whoever looks at the job later presses a worker that does not stop.
    """
    await find_job(services, job_id)
    await services.ledger.request_cancel(job_id)
    return await find_job(services, job_id)


def why_not_resume(job: Job) -> str:
    """Return a sentence that says why a job is run again from its start, or need not be."""
    if job.state == "succeeded":
        return "It is done."
    if job.state not in FINISHED:
        return "It is still running."
    return f"Run it again: {ANEW[job.plan.verb]}."


def _further(progress: Progress, seen: Progress) -> bool:
    return progress.stage != seen.stage or progress.done > seen.done
