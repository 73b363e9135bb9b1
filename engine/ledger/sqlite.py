"""The ledger in one SQLite file, for any number of processes at once."""

import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ..model.job import Job, Progress
from ..model.json import JsonObject
from ..model.plan import Plan
from ..model.share import Share
from .base import Entry, Lease, LeaseKind, Record
from .chain import link
from .confirmation import fresh, refused, stored
from .encode import (
    columns,
    decode_job,
    decode_lease,
    decode_plan,
    decode_record,
    decode_share,
    dumps,
    encode,
)
from .file import Cursor, LedgerFile
from .moment import now

PATIENCE_SECONDS = 10.0
JOB = f"SELECT {', '.join(columns(Job))} FROM job"  # noqa: S608
ENDING = ("state", "heartbeat_at", "finished_at", "progress", "result", "failure")
RUNNING = "id = ? AND finished_at IS NULL"
REPLACE = "ON CONFLICT (id) DO UPDATE SET " + ", ".join(f"{x} = excluded.{x}" for x in columns(Share))


class SqliteLedger:
    """See `Ledger`."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, *, patience: float = PATIENCE_SECONDS) -> "AsyncGenerator[SqliteLedger]":
        """Open the file, or create it (mode 0600); close it at the end.

        Args:
            path: The file; its directory is created if need be (mode 0700).
            patience: Seconds to wait while another process writes.

        Raises:
            ConfigInvalid: it cannot be used, or a newer version wrote it.
            SpaceExhausted: the disk is full.
            TimedOut: another process keeps it locked.
        """
        async with LedgerFile.open(path, patience) as file:
            yield cls(file)

    async def add_plan(self, plan: Plan, principal: str, seconds: int) -> str:
        confirmation = fresh()
        row = (stored(confirmation), principal, now(seconds), dumps(plan))

        def add(cursor: Cursor) -> None:
            cursor.write("DELETE FROM confirmation WHERE expires_at <= ?", now())
            cursor.write("INSERT INTO confirmation VALUES (?, ?, ?, ?)", *row)

        await self._file.write(add)
        return confirmation

    async def take_plan(self, confirmation: str, principal: str) -> Plan:
        key = stored(confirmation)
        fitting = "FROM confirmation WHERE digest = ? AND principal = ? AND expires_at > ?"

        def take(cursor: Cursor) -> Plan | None:
            found = cursor.rows(f"SELECT plan {fitting}", key, principal, now())
            cursor.write(f"DELETE {fitting}", key, principal, now())
            return decode_plan(str(found[0]["plan"])) if found else None

        plan = await self._file.write(take)
        if plan is None:
            raise refused()
        return plan

    async def add_job(self, job: Job, lock: str | None = None) -> Job | None:
        row = {**encode(job), "lock": lock}

        def add(cursor: Cursor) -> Job | None:
            holders = cursor.rows(f"{JOB} WHERE lock = ? AND finished_at IS NULL", lock)
            if holders:
                return decode_job(holders[0])
            cursor.insert("job", row)
            return None

        return await self._file.write(add)

    async def claim_job(self, job_id: str, worker: str) -> Job | None:
        start = "UPDATE job SET state = 'running', worker = ?, heartbeat_at = ? WHERE state = 'queued'"

        def claim(cursor: Cursor) -> Job | None:
            if cursor.write(f"{start} AND {RUNNING}", worker, now(), job_id) == 0:
                return None
            return decode_job(cursor.rows(f"{JOB} WHERE id = ?", job_id)[0])

        return await self._file.write(claim)

    async def beat(self, job_id: str, progress: Progress) -> bool:
        alive = f"UPDATE job SET heartbeat_at = ?, progress = ? WHERE {RUNNING}"  # noqa: S608
        wanted = f"SELECT 1 FROM job WHERE {RUNNING} AND cancel_requested_at IS NULL"  # noqa: S608

        def beat(cursor: Cursor) -> bool:
            cursor.write(alive, now(), dumps(progress), job_id)
            return bool(cursor.rows(wanted, job_id))

        return await self._file.write(beat)

    async def finish_job(self, job: Job) -> bool:
        row = encode(job)
        change = ", ".join(f"{name} = ?" for name in ENDING)
        end = f"UPDATE job SET {change} WHERE {RUNNING}"  # noqa: S608
        values = (*(row[name] for name in ENDING), job.id)
        return await self._file.write(lambda cursor: cursor.write(end, *values)) == 1

    async def job(self, job_id: str) -> Job | None:
        rows = await self._file.read(f"{JOB} WHERE id = ?", job_id)
        return decode_job(rows[0]) if rows else None

    async def jobs(
        self, *, limit: int = 50, unfinished: bool = False, principal: str | None = None
    ) -> Sequence[Job]:
        which = "(? IS NULL OR principal = ?) AND (? = 0 OR finished_at IS NULL)"
        query = f"{JOB} WHERE {which} ORDER BY created_at DESC, rowid DESC LIMIT ?"
        rows = await self._file.read(query, principal, principal, int(unfinished), limit)
        return [decode_job(row) for row in rows]

    async def request_cancel(self, job_id: str) -> None:
        ask = f"UPDATE job SET cancel_requested_at = ? WHERE {RUNNING} AND cancel_requested_at IS NULL"  # noqa: S608
        await self._file.write(lambda cursor: cursor.write(ask, now(), job_id))

    async def save_share(self, share: Share) -> None:
        await self._file.write(lambda cursor: cursor.insert("share", encode(share), REPLACE))

    async def shares(self, *, principal: str | None = None) -> Sequence[Share]:
        query = "SELECT * FROM share WHERE ? IS NULL OR created_by = ? ORDER BY created_at DESC, rowid DESC"
        return [decode_share(row) for row in await self._file.read(query, principal, principal)]

    async def add_lease(self, kind: LeaseKind, owner: str, data: JsonObject) -> Lease:
        lease = Lease(secrets.token_hex(16), kind, owner, data, now())
        await self._file.write(lambda cursor: cursor.insert("lease", encode(lease)))
        return lease

    async def release(self, lease_id: str) -> None:
        await self._file.write(lambda cursor: cursor.write("DELETE FROM lease WHERE id = ?", lease_id))

    async def leases(self) -> Sequence[Lease]:
        return [decode_lease(row) for row in await self._file.read("SELECT * FROM lease ORDER BY rowid")]

    async def append(self, entry: Entry) -> Record:
        def add(cursor: Cursor) -> Record:
            last = cursor.rows("SELECT * FROM record ORDER BY number DESC LIMIT 1")
            record = link(entry, decode_record(last[0]) if last else None)
            cursor.insert("record", encode(record))
            return record

        return await self._file.write(add)

    async def records(self, after: int = 0, limit: int = 1000) -> Sequence[Record]:
        query = "SELECT * FROM record WHERE number > ? ORDER BY number LIMIT ?"
        return [decode_record(row) for row in await self._file.read(query, after, limit)]
