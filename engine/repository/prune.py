"""Removing snapshots that no rule keeps and chunks that nothing needs, and never one that something does."""

import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from ..model.errors import JobConflict, SnapshotCorrupt
from ..model.job import Progress, Report
from ..model.snapshot import Snapshot
from ..storage.base import Storage, Stored
from .layout import CHUNKS, LEASES, manifest_key
from .lease import STALE, Lease, hold, remove_stale
from .parallel import each
from .retention import Retention, kept
from .values import PrunePlan, PruneResult, Survey

WORKERS = 8
Look = Callable[[], Awaitable[Survey]]


async def plan_prune(
    storage: Storage, survey: Survey, *, rules: Retention, target: str | None, grace_seconds: float
) -> PrunePlan:
    """Decide what goes, and estimate what that frees. Looks, and touches nothing."""
    snapshots = _all_read(survey)
    other = {s.id: ("another target",) for s in snapshots if target not in (None, s.manifest.target)}
    keep = {**kept((s for s in snapshots if s.id not in other), rules), **other}
    now = time.time()
    unneeded = await _unneeded(storage, tuple(s for s in snapshots if s.id in keep))
    old = [stored for stored in unneeded if stored.modified <= now - grace_seconds]
    builds = [s async for s in storage.list(f"{LEASES}write-") if s.modified > now - STALE]
    return PrunePlan(
        remove=tuple(s.id for s in snapshots if s.id not in keep),
        keep=keep,
        chunks=len(old),
        bytes=sum(stored.size for stored in old),
        young=len(unneeded) - len(old),
        builds=len(builds),
    )


async def run_prune(
    storage: Storage, look: Look, *, remove: Collection[str], grace_seconds: float, report: Report
) -> PruneResult:
    """Remove snapshots, then the chunks that nothing needs, as things are by then."""
    async with hold(storage, "prune") as mark:
        there = {snapshot.id for snapshot in _all_read(await look())}
        gone = tuple(snapshot_id for snapshot_id in remove if snapshot_id in there)
        for snapshot_id in gone:
            await storage.delete(manifest_key(snapshot_id))
        if writers := await mark.others("write"):
            waiting = f"{len(writers)} builds are running; the next prune removes what nobody needs then"
            return PruneResult(gone, 0, 0, waiting)
        now = await mark.now()
        await remove_stale(storage, now)
        unneeded = await _unneeded(storage, _all_read(await look()))
        old = [stored for stored in unneeded if stored.modified <= now - grace_seconds]
        await _Removal(storage, mark, report, len(old)).run(old)
        return PruneResult(gone, len(old), sum(stored.size for stored in old))


@dataclass(slots=True)
class _Removal:
    storage: Storage
    mark: Lease
    report: Report
    total: int
    done: int = 0

    async def run(self, chunks: list[Stored]) -> None:
        await each(chunks, self._remove, workers=WORKERS)

    async def _remove(self, stored: Stored) -> None:
        if self.mark.lapsed():
            raise JobConflict("prune was interrupted for too long to go on safely", "Run prune again.")
        await self.storage.delete(stored.key)
        self.done += 1
        self.report(Progress("prune", self.done, self.total, "chunks"))


async def _unneeded(storage: Storage, snapshots: tuple[Snapshot, ...]) -> list[Stored]:
    needed = {chunk.id for snapshot in snapshots for chunk in snapshot.manifest.chunks()}
    return [stored async for stored in storage.list(CHUNKS) if stored.key.rpartition("/")[2] not in needed]


def _all_read(survey: Survey) -> tuple[Snapshot, ...]:
    """Return the snapshots; a single one that cannot be read could need any chunk."""
    if not survey.unreadable:
        return survey.snapshots
    ids = sorted(survey.unreadable)
    raise SnapshotCorrupt(
        f"{len(ids)} snapshots cannot be read, so nobody knows which chunks they need",
        f"Delete `{ids[0]}` if it is damaged, or prune with the keys and the version that read it.",
        snapshots=ids,
        reasons=sorted({error.code for error in survey.unreadable.values()}),
    )
