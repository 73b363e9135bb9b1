"""One attempt at a plan."""

from dataclasses import dataclass
from typing import Literal, Protocol

from .json import JsonObject
from .plan import Plan

State = Literal["queued", "running", "succeeded", "failed", "cancelled", "interrupted"]
FINISHED: frozenset[State] = frozenset(("succeeded", "failed", "cancelled", "interrupted"))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage is. `total` is 0 while it is not known; `unit` is `bytes`, `tables` or empty."""

    stage: str
    done: int = 0
    total: int = 0
    unit: str = ""
    message: str = ""


class Report(Protocol):
    """Takes progress; safe to call from any thread, and cheap."""

    def __call__(self, progress: Progress, /) -> None: ...


def ignore(_progress: Progress, /) -> None:
    """A `Report` for those who do not watch."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An `EngineError` as it is remembered."""

    code: str
    message: str
    hint: str
    exit_code: int
    retryable: bool
    details: JsonObject


@dataclass(frozen=True, slots=True)
class Job:
    """`interrupted` is derived: the worker is gone without an end. The next run's reaper writes it down."""

    id: str
    plan: Plan
    principal: str
    state: State
    created_at: str
    heartbeat_at: str
    progress: Progress
    finished_at: str | None = None
    result: JsonObject | None = None
    failure: Failure | None = None
    cancel_requested_at: str | None = None
    worker: str | None = None

    @property
    def cancel_requested(self) -> bool:
        """Whether somebody asked it to stop."""
        return self.cancel_requested_at is not None
