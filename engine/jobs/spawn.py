"""Start the process that runs one queued job."""

import sys
from dataclasses import replace
from pathlib import Path

from ..database.process import spawn_detached
from ..ledger.moment import now
from ..model.errors import JobFailed
from ..model.job import Job
from ..services import Services
from .outcome import failure


async def spawn(services: Services, job: Job) -> None:
    """Start a worker that outlives us; its log is `logs/JOB.log` in the working directory.

    It reads the same configuration, and gets nothing but our environment and the job's id.

    Raises:
        JobFailed: the system starts no more processes; the job is finished with that.
    """
    logs = services.settings.working_directory / "logs"
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        spawn_detached(_command(services.settings.file, job.id), log=logs / f"{job.id}.log")
    except OSError as error:
        failed = JobFailed(f"no process could be started for job `{job.id}`", reason=error.strerror)
        end = replace(job, state="failed", finished_at=now(), failure=failure(failed))
        await services.ledger.finish_job(end)
        raise failed from error


def _command(config: Path | None, job_id: str) -> list[str | Path]:
    where: list[str | Path] = ["--config", config.absolute()] if config else []
    # -P: what lies in the current directory is not to be imported.
    return [sys.executable, "-P", "-m", "snapharbor", *where, "worker", job_id]
