"""`snapharbor://jobs/{id}`: one attempt at a plan."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TypeVar

from mcp.server.mcpserver import MCPServer

from ..engine.harbor import Harbor
from ..engine.model.fence import clean, fence
from ..engine.model.job import Job

Lifespan = TypeVar("Lifespan")


def register(server: MCPServer[Lifespan], harbor: Callable[[], Awaitable[Harbor]]) -> None:
    """Add the resources of jobs."""

    @server.resource("snapharbor://jobs/{id}", title="Job", mime_type="application/json")
    async def job(id: str) -> str:
        """What a job does, how far it is, and how it ended; what may quote a database stands in `data`."""
        return json.dumps(_view(await (await harbor()).job(id)), ensure_ascii=False, indent=1)


def _view(job: Job) -> dict[str, object]:
    told = {
        "summary": job.plan.summary,
        "message": job.progress.message,
        "result": job.result,
        "failure": asdict(job.failure) if job.failure else None,
    }
    text = json.dumps(told, ensure_ascii=False, indent=1, default=dict)
    return {
        "job_id": job.id,
        "verb": job.plan.verb,
        "target": job.plan.target,
        "plan": job.plan.id,
        "state": job.state,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
        "stage": clean(job.progress.stage, 60),
        "done": job.progress.done,
        "total": job.progress.total,
        "unit": job.progress.unit,
        "failure": job.failure.code if job.failure else None,
        "data": fence(text, 20_000),
    }
