"""What is remembered between calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from ..model.job import Job, Progress
from ..model.json import JsonObject
from ..model.plan import Plan
from ..model.share import Share

LeaseKind = Literal["database", "directory"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to write down for good: who did what to which subject, and how it ended.

    `details` hold ids and counts, never a value out of a table and never a secret.
    """

    who: str
    what: str
    subject: str
    outcome: str
    details: JsonObject


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


@dataclass(frozen=True, slots=True)
class Lease:
    """Something outside that has to be removed if its owner, of `presence`, is gone without releasing it."""

    id: str
    kind: LeaseKind
    owner: str
    data: JsonObject
    created_at: str


class Ledger(Protocol):
    """Durable, shared by every process of this user. All times are ISO 8601 in UTC.

    Every method is one transaction: it happens as a whole or not at all, whoever else is writing.

    Raises:
        TimedOut: another process kept the ledger locked.
        SpaceExhausted: the disk is full.
        ConfigInvalid: the file cannot be used.
    """

    async def add_plan(self, plan: Plan, principal: str, seconds: int) -> str:
        """Remember a plan and return a confirmation: single use, bound to plan and principal."""
        ...

    async def take_plan(self, confirmation: str, principal: str) -> Plan:
        """Return the plan and use up its confirmation.

        Raises:
            ConfirmationInvalid: unknown, used, expired, or somebody else's.
        """
        ...

    async def add_job(self, job: Job, lock: str | None = None) -> Job | None:
        """Insert a job that holds `lock` until it is finished.

        Return None, or the unfinished job that holds the lock; then nothing was inserted.
        """
        ...

    async def claim_job(self, job_id: str, worker: str) -> Job | None:
        """Turn a queued job into a running one, for exactly one worker; None for every other."""
        ...

    async def beat(self, job_id: str, progress: Progress) -> bool:
        """Remember that the job's worker lives and how far it is; return whether it may go on."""
        ...

    async def finish_job(self, job: Job) -> bool:
        """Write down how a job ended. The first end counts: return whether this was it."""
        ...

    async def job(self, job_id: str) -> Job | None:
        """Return one job."""
        ...

    async def jobs(
        self, *, limit: int = 50, unfinished: bool = False, principal: str | None = None
    ) -> Sequence[Job]:
        """Return jobs, newest first: everybody's, or those of one principal."""
        ...

    async def request_cancel(self, job_id: str) -> None:
        """Ask a job's worker to stop; asking again changes nothing."""
        ...

    async def save_share(self, share: Share) -> None:
        """Insert or replace a share."""
        ...

    async def shares(self, *, principal: str | None = None) -> Sequence[Share]:
        """Return shares, newest first: everybody's, or those that one principal created."""
        ...

    async def add_lease(self, kind: LeaseKind, owner: str, data: JsonObject) -> Lease:
        """Remember something that is to go when its owner (a token of `present`) has gone."""
        ...

    async def release(self, lease_id: str) -> None:
        """Forget a lease; an unknown one is fine."""
        ...

    async def leases(self) -> Sequence[Lease]:
        """Return all leases, oldest first."""
        ...

    async def append(self, entry: Entry) -> Record:
        """Add a link to the audit chain. Operations call `record` of engine/operations/audit.py instead."""
        ...

    async def records(self, after: int = 0, limit: int = 1000) -> Sequence[Record]:
        """Return links of the audit chain with a number greater than `after`, oldest first."""
        ...
