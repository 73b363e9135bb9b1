"""What is remembered between calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..model.job import Job
from ..model.json import JsonObject
from ..model.plan import Plan
from ..model.share import Share


@dataclass(frozen=True, slots=True)
class Record:
    """One link of the audit chain: `digest` covers the content and the digest before it."""

    number: int
    at: str
    who: str
    what: str
    subject: str
    outcome: str
    details: JsonObject
    previous: str
    digest: str


class Ledger(Protocol):
    """Durable, shared by every process of this user. All times are ISO 8601 in UTC."""

    async def add_plan(self, plan: Plan, principal: str, seconds: int) -> str:
        """Remember a plan and return a confirmation: single use, bound to plan and principal."""
        ...

    async def take_plan(self, confirmation: str, principal: str) -> Plan:
        """Return the plan and use up its confirmation.

        Raises:
            ConfirmationInvalid: unknown, used, expired, or somebody else's.
        """
        ...

    async def save_job(self, job: Job) -> None:
        """Insert or replace a job."""
        ...

    async def job(self, job_id: str) -> Job | None:
        """Return one job."""
        ...

    async def jobs(self, *, limit: int = 50, unfinished: bool = False) -> Sequence[Job]:
        """Return jobs, newest first."""
        ...

    async def request_cancel(self, job_id: str) -> None:
        """Ask a job's worker to stop."""
        ...

    async def save_share(self, share: Share) -> None:
        """Insert or replace a share."""
        ...

    async def shares(self) -> Sequence[Share]:
        """Return all shares, newest first."""
        ...

    async def append(self, who: str, what: str, subject: str, outcome: str, details: JsonObject) -> Record:
        """Add a link to the audit chain."""
        ...

    async def records(self, after: int = 0, limit: int = 1000) -> Sequence[Record]:
        """Return links of the audit chain with a number greater than `after`, oldest first."""
        ...
