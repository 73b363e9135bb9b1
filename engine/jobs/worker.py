"""The process that runs one job and ends."""

import signal
import traceback
from logging import getLogger
from pathlib import Path

import anyio
from anyio import CancelScope

from ..model.errors import EngineError, JobUnknown
from ..model.job import Job, ignore
from ..model.share import Principal
from ..operations.verbs import Perform, perform
from ..services import Services, open_services
from .attempt import attempt
from .life import OWN, working

SIGNALS = (signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGTERM))
LOG = getLogger(__name__)


async def work(config: Path | None, job_id: str) -> None:
    """Run a queued job, as its principal, and return when it has ended, however it did.

    Raises:
        JobUnknown: it is not in the queue: unknown, or another worker has it.
    """
    async with open_services(config) as services:
        await work_on(services, job_id, perform)


async def work_on(services: Services, job_id: str, perform: Perform) -> None:
    """Run a queued job; a signal that asks the process to end cancels it."""
    with working(services, OWN) as worker:
        job = await services.ledger.claim_job(job_id, worker)
        if job is None:
            raise JobUnknown(f"no job `{job_id[:80]}` is queued")
        services.principal = Principal(job.principal)
        async with anyio.create_task_group() as group:
            await group.start(_obey, group.cancel_scope)
            await _attempt(services, job, perform)
            group.cancel_scope.cancel()


async def _attempt(services: Services, job: Job, perform: Perform) -> None:
    try:
        await attempt(services, job, ignore, perform)
    except EngineError as error:
        LOG.warning("job %s: %s (%s)", job.id, error.message, error.code)
    except Exception as error:
        # Where it happened, without the exception's own words: they may quote a row.
        where = "".join(traceback.format_tb(error.__traceback__))
        LOG.error("job %s: unexpected %s\n%s", job.id, type(error).__qualname__, where)


async def _obey(
    scope: CancelScope, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED
) -> None:
    with anyio.open_signal_receiver(*SIGNALS) as signals:
        task_status.started()
        async for number in signals:
            LOG.warning("asked to stop by %s", number.name)
            scope.cancel()
