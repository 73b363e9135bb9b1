"""Removing snapshots that no rule keeps and chunks that nothing needs, and never one that something does."""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from ..model.errors import EngineError, JobConflict, SnapshotCorrupt
from ..model.job import Progress, Report
from ..model.snapshot import Snapshot
from ..storage.base import Storage, Stored
from .layout import CHUNKS, LEASES, manifest_key
from .lease import Lease, hold, is_live, remove_stale
from .parallel import each
from .retention import Retention, kept
from .values import PrunePlan, PruneResult, Survey

WORKERS = 8
Look = Callable[[], Awaitable[Survey]]


async def plan_prune(
    storage: Storage,
    survey: Survey,
    *,
    rules: Retention,
    target: str | None,
    damaged: bool,
    grace_seconds: float,
) -> PrunePlan:
    """Decide what goes, and estimate what that frees. Looks, and touches nothing."""
    broken = _damaged(survey) if damaged else dict[str, EngineError]()
    snapshots = _all_read(survey, broken)
    other = {s.id: ("another target",) for s in snapshots if target not in (None, s.manifest.target)}
    keep = {**kept((s for s in snapshots if s.id not in other), rules), **other}
    now = time.time()
    unneeded = await _unneeded(storage, tuple(s for s in snapshots if s.id in keep))
    old = [stored for stored in unneeded if stored.modified <= now - grace_seconds]
    builds = [s async for s in storage.list(f"{LEASES}write-") if is_live(s, now)]
    return PrunePlan(
        remove=tuple(s.id for s in snapshots if s.id not in keep),
        keep=keep,
        damaged=broken,
        chunks=len(old),
        bytes=sum(stored.size for stored in old),
        young=len(unneeded) - len(old),
        young_bytes=sum(stored.size for stored in unneeded) - sum(stored.size for stored in old),
        builds=len(builds),
    )


async def run_prune(
    storage: Storage,
    look: Look,
    *,
    remove: Collection[str],
    damaged: Collection[str],
    grace_seconds: float,
    report: Report,
) -> PruneResult:
    """Remove snapshots, then the chunks that nothing needs, as things are by then."""
    async with hold(storage, "prune") as mark:
        survey = await look()
        broken = tuple(key for key in damaged if key in _damaged(survey))
        there = {snapshot.id for snapshot in _all_read(survey, broken)}
        gone = (*(key for key in remove if key in there), *broken)
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


def _damaged(survey: Survey) -> Mapping[str, EngineError]:
    """Return what nobody will ever read; other keys or a newer version may read the rest."""
    return {key: error for key, error in survey.unreadable.items() if isinstance(error, SnapshotCorrupt)}


def _all_read(survey: Survey, going: Collection[str] = ()) -> tuple[Snapshot, ...]:
    """Return the snapshots; a single one that stays and cannot be read could need any chunk."""
    ids = sorted(survey.unreadable.keys() - going)
    if not ids:
        return survey.snapshots
    raise SnapshotCorrupt(
        f"{len(ids)} snapshots cannot be read, so nobody knows which chunks they need",
        "Remove what is damaged with `snapharbor prune --damaged`."
        if _damaged(survey).keys() - going
        else "Prune with the keys and the version that read them.",
        snapshots=ids,
        reasons=sorted({survey.unreadable[key].code for key in ids}),
    )
