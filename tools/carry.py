"""From a request to a running job: decide, let a person confirm what needs it, start, wait a little."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import anyio
from mcp.shared.exceptions import NoBackChannelError
from mcp_types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from pydantic import BaseModel, Field

from ..engine.harbor import Harbor
from ..engine.model.errors import ConfirmationRequired
from ..engine.model.job import Progress
from ..engine.model.plan import Plan
from ..engine.operations.requests import Request
from ..engine.report.plan import plan_lines
from ..engine.tasks import open_tasks
from .call import Call, harbor_of
from .outcome import Outcome, of_job, of_plan, progress_line

TASKS: Final = "io.modelcontextprotocol/tasks"
MODERN: Final = "2026-07-28"
PATIENCE: Final = 6.0
ANSWER_TIME: Final = 300.0
QUESTION: Final = "approve"
Result = TypeVar("Result")


class Approval(BaseModel):
    """Agree to what is described above, or do not."""

    approve: bool = Field(title="Go ahead", description="Do exactly what is described above")


async def start(call: Call, request: Request) -> Outcome:
    """Start what overwrites and exposes nothing, and wait a little for its end."""
    harbor = await harbor_of(call)
    return await _begin(call, harbor, await harbor.plan(request))


async def carry_out(call: Call, request: Request, confirmation: str = "") -> Outcome | InputRequiredResult:
    """Do what was asked, or answer with what must be confirmed first.

    Raises:
        ConfirmationRequired: the person who was asked did not agree.
        ConfirmationInvalid: the confirmation is not one of this verb, or used, expired, somebody else's.
    """
    harbor = await harbor_of(call)
    if given := confirmation or await _approved(call, harbor, request):
        return await _begin(call, harbor, await harbor.confirmed(given, request))
    plan = await harbor.plan(request)
    if not plan.needs_confirmation:
        return await _begin(call, harbor, plan)
    return await _ask(call, harbor, plan)


async def follow(call: Call, job_id: str, seconds: float) -> Outcome:
    """Wait for a job's end for some seconds, telling the client of its progress."""
    harbor = await harbor_of(call)
    send, receive = anyio.create_memory_object_stream[Progress](1000)

    def report(progress: Progress) -> None:
        if send.statistics().current_buffer_used < 1000:
            send.send_nowait(progress)

    with receive:
        async with open_tasks() as group:
            group.start_soon(_tell, call, receive)
            with send:
                await harbor.job(job_id, wait_seconds=seconds, report=report)
    return of_job(await harbor.job(job_id))


async def accompany(call: Call, words: str, work: Callable[[], Awaitable[Result]]) -> Result:
    """Do what takes a while and is no job, telling the client every few seconds that it goes on."""

    async def tell() -> None:
        number = 0
        while True:
            await anyio.sleep(PATIENCE)
            number += 1
            await call.report_progress(number, message=words)

    async with open_tasks() as group:
        group.start_soon(tell)
        done = await work()
        group.cancel_scope.cancel()
    return done


async def _tell(call: Call, progress: "anyio.abc.ObjectReceiveStream[Progress]") -> None:
    number, last = 0, ""
    async for now in progress:
        if (line := progress_line(now)) != last:
            number, last = number + 1, line
            await call.report_progress(number, message=line)


async def _begin(call: Call, harbor: Harbor, plan: Plan) -> Outcome:
    job = await harbor.start(plan, confirmed=plan.needs_confirmation)
    return of_job(job) if _wants_task(call) else await follow(call, job.id, PATIENCE)


async def _ask(call: Call, harbor: Harbor, plan: Plan) -> Outcome | InputRequiredResult:
    if not _can_ask(call):
        return of_plan(plan, await harbor.offer(plan))
    question = "\n".join(plan_lines(plan))
    if (call.protocol_version or "") >= MODERN:
        form = ElicitRequestFormParams(message=question, requested_schema=Approval.model_json_schema())
        return InputRequiredResult(
            input_requests={QUESTION: ElicitRequest(params=form)}, request_state=await harbor.offer(plan)
        )
    return await _ask_now(call, harbor, plan, question)


async def _ask_now(call: Call, harbor: Harbor, plan: Plan, question: str) -> Outcome:
    try:
        with anyio.fail_after(ANSWER_TIME):
            answer = await call.elicit(question, Approval)
    except NoBackChannelError:
        return of_plan(plan, await harbor.offer(plan))
    except TimeoutError:
        await harbor.decline(plan)
        raise _not_agreed("no answer") from None
    if answer.action != "accept" or not answer.data.approve:
        await harbor.decline(plan)
        raise _not_agreed(answer.action)
    return await _begin(call, harbor, plan)


async def _approved(call: Call, harbor: Harbor, request: Request) -> str:
    """Return the confirmation that a person agreed to in the round before, if there was one.

    A declined one is used up.
    """
    answer = (call.input_responses or {}).get(QUESTION)
    if not call.request_state or not isinstance(answer, ElicitResult):
        return ""
    if answer.action != "accept" or (answer.content or {}).get(QUESTION) is not True:
        await harbor.decline(await harbor.confirmed(call.request_state, request))
        raise _not_agreed(answer.action)
    return call.request_state


def _not_agreed(answer: str) -> ConfirmationRequired:
    return ConfirmationRequired(
        "the question was declined, or the client could not show it",
        "If the person saw no question: let them run `snapharbor load`, `share` or `revoke` in a terminal, "
        "or start the server with `--confirm token`.",
        answer=answer,
    )


def _can_ask(call: Call) -> bool:
    known = call.client_capabilities
    asks = known.elicitation if known else None
    form = asks is not None and (asks.form is not None or asks.url is None)
    return form and call.request_context.lifespan_context.asks_people


def _wants_task(call: Call) -> bool:
    known = call.client_capabilities
    return (call.protocol_version or "") >= MODERN and bool(known and TASKS in (known.extensions or {}))
