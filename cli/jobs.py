"""`snapharbor jobs`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ..engine.model.job import FINISHED, Job
from ..engine.model.json import JsonObject
from . import output
from .failures import remembered
from .params import JOB
from .progress import event, sentence, shown
from .results import described
from .session import Session, run

if TYPE_CHECKING:
    from ..engine.harbor import Harbor

WAIT_SECONDS = 3600.0


@click.command()
@click.argument("job_id", type=JOB, metavar="[ID]", required=False)
@click.option("--wait", is_flag=True, help="Watch the job until it ends, and leave with its exit code.")
@click.option("--cancel", is_flag=True, help="Ask the job to stop.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, metavar="N", help="List so many."
)
@click.pass_obj
def jobs(session: Session, job_id: str | None, *, wait: bool, cancel: bool, limit: int) -> None:
    """List, watch and cancel jobs."""
    if job_id is None and (wait or cancel):
        raise click.UsageError("Name the ID of the job to wait for or to cancel.")

    async def work() -> None:
        async with session.harbor() as harbor:
            if job_id is None:
                found = await harbor.jobs(limit)
                output.result(session, [view(job) for job in found], lambda: text(found))
                return
            job = await (harbor.cancel(job_id) if cancel else harbor.job(job_id))
            if wait:
                job = await _ended(session, harbor, job)
                if job.failure:
                    raise remembered(asdict(job.failure))
            output.result(session, view(job), lambda: details(job))

    run(work)


async def _ended(session: Session, harbor: "Harbor", job: Job) -> Job:
    with shown(session) as report:
        while job.state not in FINISHED:
            job = await harbor.job(job.id, WAIT_SECONDS, report)
    return job


def view(job: Job) -> JsonObject:
    """Return a job as JSON."""
    return {
        "job": job.id,
        "verb": job.plan.verb,
        "target": job.plan.target,
        "summary": job.plan.summary,
        "state": job.state,
        "principal": job.principal,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
        "cancel_requested": job.cancel_requested,
        "progress": event(job.progress),
        "result": job.result,
        "error": asdict(job.failure) if job.failure else None,
    }


def text(found: Sequence[Job]) -> str:
    """Return jobs as a table."""
    if not found:
        return "No jobs yet."
    rows = [
        (job.id, job.plan.verb, job.plan.target, output.moment(job.created_at)[5:], _standing(job))
        for job in found
    ]
    return output.table(("ID", "VERB", "TARGET", "CREATED (UTC)", "STATE"), rows, folded=("TARGET", "STATE"))


def details(job: Job) -> str:
    """Return one job for a person."""
    head = output.facts(
        {
            "job": job.id,
            "plan": job.plan.summary,
            "state": _standing(job),
            "created": f"{output.moment(job.created_at)} UTC by {job.principal}",
            "finished": f"{output.moment(job.finished_at)} UTC" if job.finished_at else "",
            "error": job.failure.message if job.failure else "",
            "hint": job.failure.hint if job.failure else "",
        }
    )
    return f"{head}\n\n{described(job.result)}" if job.result else head


def _standing(job: Job) -> str:
    if job.failure and job.state == "failed":
        return f"failed: {job.failure.code}"
    if job.state in FINISHED:
        return job.state
    return f"{job.state}, {'asked to stop' if job.cancel_requested else sentence(job.progress)}"
