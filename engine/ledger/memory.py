"""A ledger that lasts as long as its process: the double for tests of whatever stands above."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from ..model.job import Job, Progress
from ..model.json import JsonObject
from ..model.plan import Plan
from ..model.share import Share
from .base import Entry, Lease, LeaseKind, Record
from .chain import link
from .confirmation import fresh, refused, stored
from .moment import now


class MemoryLedger:
    """See `Ledger`. For one event loop."""

    def __init__(self) -> None:
        self._plans: dict[str, tuple[str, str, Plan]] = {}
        self._jobs: dict[str, Job] = {}
        self._locks: dict[str, str] = {}
        self._shares: dict[str, Share] = {}
        self._leases: dict[str, Lease] = {}
        self._records: list[Record] = []

    async def add_plan(self, plan: Plan, principal: str, seconds: int) -> str:
        confirmation = fresh()
        self._plans[stored(confirmation)] = (principal, now(seconds), plan)
        return confirmation

    async def take_plan(self, confirmation: str, principal: str) -> Plan:
        key = stored(confirmation)
        owner, expires_at, plan = self._plans.get(key, ("", "", None))
        if plan is None or owner != principal or expires_at <= now():
            raise refused()
        del self._plans[key]
        return plan

    async def add_job(self, job: Job, lock: str | None = None) -> Job | None:
        if lock is not None:
            holder = self._unfinished(self._locks.get(lock, ""))
            if holder is not None:
                return holder
            self._locks[lock] = job.id
        self._jobs[job.id] = job
        return None

    async def claim_job(self, job_id: str, worker: str) -> Job | None:
        job = self._unfinished(job_id)
        if job is None or job.state != "queued":
            return None
        self._jobs[job_id] = replace(job, state="running", worker=worker, heartbeat_at=now())
        return self._jobs[job_id]

    async def beat(self, job_id: str, progress: Progress) -> bool:
        job = self._unfinished(job_id)
        if job is None:
            return False
        self._jobs[job_id] = replace(job, heartbeat_at=now(), progress=progress)
        return not job.cancel_requested

    async def finish_job(self, job: Job) -> bool:
        known = self._unfinished(job.id)
        if known is None:
            return False
        self._jobs[job.id] = replace(
            known,
            state=job.state,
            heartbeat_at=job.heartbeat_at,
            finished_at=job.finished_at,
            progress=job.progress,
            result=job.result,
            failure=job.failure,
        )
        return True

    async def job(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    async def jobs(
        self, *, limit: int = 50, unfinished: bool = False, principal: str | None = None
    ) -> Sequence[Job]:
        found = [
            job
            for job in reversed(self._jobs.values())
            if principal in (None, job.principal) and not (unfinished and job.finished_at)
        ]
        return sorted(found, key=lambda job: job.created_at, reverse=True)[:limit]

    async def request_cancel(self, job_id: str) -> None:
        job = self._unfinished(job_id)
        if job is not None and not job.cancel_requested:
            self._jobs[job_id] = replace(job, cancel_requested_at=now())

    async def save_share(self, share: Share) -> None:
        self._shares[share.id] = share

    async def shares(self, *, principal: str | None = None) -> Sequence[Share]:
        found = [share for share in reversed(self._shares.values()) if principal in (None, share.created_by)]
        return sorted(found, key=lambda share: share.created_at, reverse=True)

    async def add_lease(self, kind: LeaseKind, owner: str, data: JsonObject) -> Lease:
        lease = Lease(secrets.token_hex(16), kind, owner, data, now())
        self._leases[lease.id] = lease
        return lease

    async def release(self, lease_id: str) -> None:
        self._leases.pop(lease_id, None)

    async def leases(self) -> Sequence[Lease]:
        return list(self._leases.values())

    async def append(self, entry: Entry) -> Record:
        self._records.append(link(entry, self._records[-1] if self._records else None))
        return self._records[-1]

    async def records(self, after: int = 0, limit: int = 1000) -> Sequence[Record]:
        return self._records[after : after + limit]

    def _unfinished(self, job_id: str) -> Job | None:
        job = self._jobs.get(job_id)
        return job if job and job.finished_at is None else None
