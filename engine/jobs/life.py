"""Whether a job's worker lives, and how one that will not stop is ended."""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from ..ledger.base import Entry
from ..ledger.moment import now, seconds_since
from ..ledger.presence import alive, here, present, process_id
from ..model.errors import JobFailed
from ..model.job import FINISHED, Job
from ..operations.audit import record
from ..services import Services
from .outcome import failure

STALE_SECONDS = 15.0
TERM_SECONDS = 10.0
KILL_SECONDS = 20.0

# A job runs in a worker process of its own, or within a process that does more than that.
OWN, SHARED = "own/", "shared/"


@contextmanager
def working(services: Services, kind: str) -> Generator[str]:
    """Be the worker of a job for the block; yield what the job is marked with."""
    with present(_presences(services)) as token:
        yield kind + token


def lost(services: Services, job: Job) -> bool:
    """Whether an unfinished job will never be finished, as nobody works on it any more."""
    if job.worker is None:
        return seconds_since(job.heartbeat_at) > STALE_SECONDS
    return dead(services, _token(job.worker), since=job.heartbeat_at)


def dead(services: Services, token: str, *, since: str) -> bool:
    """Whether a process is gone that last gave a sign of life `since` a moment.

    Its lock tells it at once if it was on this machine; elsewhere it must have been silent as well.
    """
    if alive(_presences(services), token):
        return False
    return here(token) or seconds_since(since) > STALE_SECONDS


async def as_it_is(services: Services, job: Job) -> Job:
    """Return the job with the state that it really is in."""
    if job.state in FINISHED or not lost(services, job):
        return job
    # It may have ended well between the two looks.
    later = await services.ledger.job(job.id) or job
    return later if later.state in FINISHED else _interrupted(later)


async def bury(services: Services, job: Job) -> bool:
    """Write down that a job was interrupted, if it was, and return whether it is finished now."""
    if job.state not in FINISHED and not lost(services, job):
        return False
    if await services.ledger.finish_job(replace(_interrupted(job), finished_at=now())):
        details = {"job": job.id, "plan": job.plan.id}
        await record(services, Entry(job.principal, job.plan.verb, job.plan.target, "interrupted", details))
    return True


def press(services: Services, job: Job) -> None:
    """Signal a worker that was asked to stop and has not: TERM after 10 s, KILL after 20 s.

    Only a process that certainly is that job's own worker is ever signalled.
    """
    if job.state in FINISHED or job.cancel_requested_at is None or not (job.worker or "").startswith(OWN):
        return
    waited = seconds_since(job.cancel_requested_at)
    pid = process_id(_presences(services), _token(job.worker or "")) if waited > TERM_SECONDS else None
    if pid is None:
        return
    with suppress(ProcessLookupError):
        if waited <= KILL_SECONDS:
            os.kill(pid, signal.SIGTERM)
        elif os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)


def _interrupted(job: Job) -> Job:
    reason = "did not stop when asked and was ended" if job.cancel_requested else "ended without telling why"
    error = JobFailed(f"the worker of job `{job.id}` {reason}", log=f"logs/{job.id}.log")
    return replace(job, state="interrupted", failure=failure(error))


def _token(worker: str) -> str:
    return worker.rpartition("/")[2]


def _presences(services: Services) -> Path:
    return services.settings.working_directory / "run"
