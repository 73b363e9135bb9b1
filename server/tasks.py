"""The extension `io.modelcontextprotocol/tasks` over the same jobs: a task is a job by another name.

A job is durable before it is answered, belongs to who started it, and goes on whatever happens to the
request, so nothing about tasks has to be kept here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import Extension, MethodBinding, require_client_extension
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, CallToolRequestParams, CallToolResult, RequestParams
from pydantic import Field

from ..engine.model.errors import JobUnknown
from ..engine.model.job import FINISHED, Job
from ..tools.carry import MODERN, TASKS
from ..tools.outcome import of_job, progress_line
from . import results
from .access import HarborAccess

HEADER_MISMATCH: Final = -32020
WEEK: Final = 7 * 24 * 3600 * 1000
POLL: Final = 1000

Ctx = ServerRequestContext[HarborAccess, Any]


class TaskParams(RequestParams):
    """Names a task."""

    task_id: str


class UpdateParams(TaskParams):
    """Answers to questions; a job never asks any, its confirmation comes before it exists."""

    input_responses: Mapping[str, object] = Field(default_factory=dict)


class Tasks(Extension):
    """Answers a long tool call with a task when the client declared that it understands tasks."""

    identifier = TASKS

    def __init__(self, access: HarborAccess) -> None:
        self._access = access

    def methods(self) -> Sequence[MethodBinding]:
        """Serve tasks/get, tasks/update and tasks/cancel on the revision that has them."""
        modern = frozenset((MODERN,))
        return (
            MethodBinding("tasks/get", TaskParams, self.get, modern),
            MethodBinding("tasks/update", UpdateParams, self.update, modern),
            MethodBinding("tasks/cancel", TaskParams, self.cancel, modern),
        )

    async def intercept_tool_call(
        self, params: CallToolRequestParams, ctx: Ctx, call_next: CallNext
    ) -> HandlerResult:
        """Answer with the task of a job that goes on; everything else passes."""
        result = await call_next(ctx)
        if not _declared(ctx) or params.name == "get_job" or not isinstance(result, CallToolResult):
            return result
        job_id = _running_job(result)
        if job_id is None:
            return result
        job = await (await self._access.harbor()).job(job_id)
        return {"resultType": "task", **_view(job)}

    async def get(self, ctx: Ctx, params: TaskParams) -> HandlerResult:
        """Return the task as it is now, with its result once it has one."""
        return {"resultType": "complete", **_view(await self._find(ctx, params))}

    async def update(self, ctx: Ctx, params: UpdateParams) -> HandlerResult:
        """Acknowledge; there is nothing to answer."""
        await self._find(ctx, params)
        return {"resultType": "complete"}

    async def cancel(self, ctx: Ctx, params: TaskParams) -> HandlerResult:
        """Ask the job to stop."""
        job = await self._find(ctx, params)
        if job.state not in FINISHED:
            await (await self._access.harbor()).cancel(job.id)
        return {"resultType": "complete"}

    async def _find(self, ctx: Ctx, params: TaskParams) -> Job:
        require_client_extension(ctx, TASKS)
        headers: Mapping[str, str] | None = getattr(ctx.request, "headers", None)
        if headers is not None and headers.get("mcp-name") != params.task_id:
            raise MCPError(code=HEADER_MISMATCH, message="Mcp-Name is not the task's id")
        try:
            return await (await self._access.harbor()).job(params.task_id)
        except JobUnknown:
            raise MCPError(code=INVALID_PARAMS, message="Task not found") from None


def _declared(ctx: Ctx) -> bool:
    known = ctx.session.client_capabilities
    return ctx.protocol_version == MODERN and bool(known and TASKS in (known.extensions or {}))


def _running_job(result: CallToolResult) -> str | None:
    content: Mapping[str, object] = result.structured_content or {}
    going_on = content.get("state") in ("queued", "running")
    return str(content["job_id"]) if going_on and "job_id" in content else None


def _view(job: Job) -> dict[str, object]:
    view: dict[str, object] = {
        "taskId": job.id,
        "status": _status(job),
        "statusMessage": progress_line(job.progress),
        "createdAt": job.created_at,
        "lastUpdatedAt": job.finished_at or job.heartbeat_at,
        "ttlMs": WEEK,
        "pollIntervalMs": POLL,
    }
    if view["status"] == "completed":
        answer = results.answer(of_job(job).model_dump(mode="json"), is_error=job.state == "failed")
        view["result"] = answer.model_dump(mode="json", by_alias=True, exclude_none=True)
    if view["status"] == "failed":
        view["error"] = {"code": INTERNAL_ERROR, "message": "the job ended without telling why"}
    return view


def _status(job: Job) -> str:
    """Return a job's state in the words of the extension: `failed` is only what is no answer of a tool."""
    if job.state == "cancelled":
        return "cancelled"
    if job.state == "interrupted" or (job.failure and job.failure.code == results.INTERNAL.code):
        return "failed"
    return "completed" if job.state in FINISHED else "working"
