"""What a long verb answers: its job, or the plan that waits for a confirmation."""

import json
from collections.abc import Mapping
from typing import Annotated, Literal, cast

from pydantic import WithJsonSchema

from ..engine.model.errors import EngineError, every_error
from ..engine.model.fence import clean, fence
from ..engine.model.job import FINISHED, Failure, Job, Progress
from ..engine.model.json import JsonObject
from ..engine.model.plan import Plan
from ..engine.report.plan import plan_lines
from .views import View

OURS = frozenset(
    (
        *("snapshot", "target", "kind", "parent", "storage", "tables", "rows", "bytes", "raw_bytes"),
        *("stored_bytes", "timings", "seconds", "how", "chunks", "strategy", "tier", "statements", "digest"),
        *("share", "link", "expires_at", "revoked_at", "recipients", "destination", "previous", "removed"),
        *("kept", "freed_bytes", "tool", "signed_by", "clean"),
        *("attested", "manifest_sha256"),
    )
)
QUOTES_DATABASE = frozenset(
    kind.code
    for kind in every_error()
    if 20 <= kind.exit_code < 30 or kind.exit_code in (41, 44, 45, 46, 47, 53, 72)
)


State = Annotated[
    Literal["needs-confirmation", "queued", "running", "succeeded", "failed", "cancelled", "interrupted"],
    WithJsonSchema({"type": "string"}),  # eight tools say it, and `next` says what to do
]


class FailureView(View):
    """Why something failed, and what to do next."""

    code: str
    message: str
    hint: str
    retryable: bool
    details: dict[str, object] | None


class Outcome(View):
    """A job, or a plan that waits for its confirmation. `next` says what to do now."""

    state: State
    next: str
    job_id: str | None = None
    progress: str | None = None
    result: dict[str, object] | None = None
    failure: dict[str, object] | None = None
    plan: str | None = None
    confirmation: str | None = None


def of_job(job: Job) -> Outcome:
    """Return a job as an answer."""
    return Outcome(
        state=job.state,
        next=_next(job),
        job_id=job.id,
        progress=None if job.state in FINISHED else progress_line(job.progress),
        result=result_view(job.result) if job.result is not None else None,
        failure=failure_view(job.failure).model_dump() if job.failure else None,
    )


def of_plan(plan: Plan, confirmation: str) -> Outcome:
    """Return a plan that waits for the confirmation given with it."""
    return Outcome(
        state="needs-confirmation",
        next="Show the plan to the person. If they agree, call this tool again with `confirmation` (single "
        "use, 10 minutes); it runs exactly this plan.",
        plan=fence("\n".join(plan_lines(plan))),
        confirmation=confirmation,
    )


def result_view(result: JsonObject) -> dict[str, object]:
    """Return a result: our own fields as they are, all others inside a fence."""
    own: dict[str, object] = {
        key: value for key, value in result.items() if key in OURS and value is not None and _small(value)
    }
    rest = {key: value for key, value in result.items() if key not in own and value not in (None, [], (), {})}
    return {**own, "details": fence(_json(rest), 1200)} if rest else own


def failure_view(failure: Failure | EngineError) -> FailureView:
    """Return a failure. What may quote a database stands inside a fence, its hint is then the code's own."""
    message, hint = clean(failure.message, 600), clean(failure.hint, 400)
    details: dict[str, object] | None = dict(failure.details) or None
    if failure.code in QUOTES_DATABASE:
        hint = next(kind.default_hint for kind in every_error() if kind.code == failure.code)
        special = failure.hint not in ("", hint)
        message = fence(f"{failure.message}\n{failure.hint}" if special else failure.message, 900)
    if details and (failure.code in QUOTES_DATABASE or not _small(details)):
        details = {"data": fence(_json(details), 700)}
    return FailureView(
        code=failure.code, message=message, hint=hint, retryable=failure.retryable, details=details
    )


def progress_line(now: Progress) -> str:
    """Return progress as a few words of our own; its message is left out, it may name tables."""
    stage, of = clean(now.stage, 60), f" of {now.total}" if now.total else ""
    return f"{stage}: {now.done}{of} {now.unit}".strip() if now.done or now.total else stage


def _next(job: Job) -> str:
    if job.state == "succeeded" and job.result is not None and job.result.get("clean") is False:
        return "It is kept, but originals were found in it: see details. It cannot be shared; mask them."
    if job.state == "succeeded":
        return "Done."
    if job.state in FINISHED:
        return "Act on `failure.hint`; nothing half-made was kept." if job.failure else "Start it again."
    if job.cancel_requested:
        return "It was asked to stop; call get_job to see it end."
    return f"It goes on by itself. Call get_job with job_id {job.id} and wait_seconds 45."


def _small(value: object) -> bool:
    return len(_json(value)) <= 600


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain, separators=(",", ": "))


def _plain(value: object) -> object:
    return dict(cast(Mapping[str, object], value)) if isinstance(value, Mapping) else str(value)
