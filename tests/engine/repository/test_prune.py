import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.repository import blocks, build, content, keys_in, manifest, somebody

from snapharbor.engine.model.errors import ObjectMissing, SnapshotCorrupt
from snapharbor.engine.model.snapshot import Kind, Part, Snapshot, snapshot
from snapharbor.engine.repository import lease
from snapharbor.engine.repository.retention import Retention, kept
from snapharbor.engine.repository.values import PruneResult
from snapharbor.engine.storage.local import LocalStorage
from snapharbor.engine.storage.memory import MemoryStorage

ME = somebody()
OLD, NEW, KEPT = b"old\n" * 500, b"new\n" * 500, b"kept\n" * 500


def taken(moment: datetime, *, target: str = "shop", kind: Kind = "original") -> Snapshot:
    name = f"{target}-{kind}-{moment:%Y%m%dt%H%M}"
    whole = manifest(name, kind=kind, created_at=moment.isoformat())
    return snapshot(replace(whole, target=target), None)


NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NIGHTLY = [taken(NOON - timedelta(hours=12 * number)) for number in range(120)]


def moments(rules: Retention) -> list[str]:
    return sorted((name.removeprefix("shop-original-") for name in kept(NIGHTLY, rules)), reverse=True)


def test_the_last_ones_are_kept() -> None:
    assert moments(Retention(last=3)) == ["20261122t1200", "20261122t0000", "20261121t1200"]


def test_of_a_day_a_week_a_month_the_newest_is_kept() -> None:
    assert moments(Retention(daily=3)) == ["20261122t1200", "20261121t1200", "20261120t1200"]
    assert moments(Retention(weekly=3)) == ["20261122t1200", "20261115t1200", "20261108t1200"]
    assert moments(Retention(monthly=3)) == ["20261122t1200", "20261031t1200", "20260930t1200"]


def test_rules_add_up_and_say_what_each_keeps() -> None:
    reasons = kept(NIGHTLY, Retention(last=1, daily=2, weekly=1, monthly=1))
    assert reasons == {
        "shop-original-20261122t1200": ("last", "daily", "weekly", "monthly"),
        "shop-original-20261121t1200": ("daily",),
    }


def test_days_without_a_snapshot_do_not_count() -> None:
    sparse = [taken(NOON), taken(NOON - timedelta(days=40)), taken(NOON - timedelta(days=400))]
    assert len(kept(sparse, Retention(daily=2))) == 2


def test_every_target_and_kind_is_counted_by_itself() -> None:
    mixed = [
        taken(NOON - timedelta(days=day), target=target, kind=kind)
        for day in range(3)
        for target in ("shop", "hr")
        for kind in ("original", "sanitized")
    ]
    assert len(kept(mixed, Retention(last=1))) == 4


def test_days_are_those_of_utc_whatever_zone_a_manifest_names() -> None:
    late = replace(manifest("late"), created_at="2026-11-22T00:30:00+02:00")
    early = replace(manifest("early"), created_at="2026-11-21T01:00:00+00:00")
    assert set(kept([snapshot(late, None), snapshot(early, None)], Retention(daily=5))) == {"late"}


def test_without_a_rule_everything_stays() -> None:
    assert len(kept(NIGHTLY, Retention())) == len(NIGHTLY)


async def three(storage: LocalStorage | MemoryStorage, tmp_path: Path) -> None:
    repository = ME.repository(storage, tmp_path)
    await build(repository, manifest("s1", created_at="2026-11-01T00:00:00+00:00"), OLD, part=KEPT)
    await build(repository, manifest("s2", created_at="2026-11-02T00:00:00+00:00"), NEW, part=KEPT)
    async with repository.writer() as writer:
        await writer.store(blocks(b"of a build that failed\n"))


async def test_a_plan_says_all_and_touches_nothing(tmp_path: Path) -> None:
    storage = MemoryStorage()
    await three(storage, tmp_path)
    before = await keys_in(storage)
    plan = await ME.repository(storage, tmp_path).prune_plan(Retention(last=1), grace_seconds=0)
    assert (plan.remove, dict(plan.keep), plan.chunks, plan.young) == (("s1",), {"s2": ("last",)}, 2, 0)
    assert plan.bytes > 0
    young = await ME.repository(storage, tmp_path).prune_plan(Retention(last=1))
    assert (young.chunks, young.young) == (0, 2)
    assert await keys_in(storage) == before


async def test_what_nothing_needs_goes_and_what_something_needs_stays(tmp_path: Path) -> None:
    storage = MemoryStorage()
    await three(storage, tmp_path)
    repository = ME.repository(storage, tmp_path)
    done = await repository.prune(["s1"], grace_seconds=0)
    assert (done.snapshots, done.chunks, done.postponed) == (("s1",), 2, None)
    (left,) = await repository.snapshots()
    assert (await repository.verify(left)).passed
    assert len(await keys_in(storage, "chunks/")) == 2
    assert await keys_in(storage, "leases/") == set()
    assert await repository.prune(["s1"], grace_seconds=0) == PruneResult((), 0, 0)


async def test_young_chunks_wait_for_the_next_try(tmp_path: Path) -> None:
    storage = MemoryStorage()
    await three(storage, tmp_path)
    done = await ME.repository(storage, tmp_path).prune(["s1"])
    assert (done.snapshots, done.chunks) == (("s1",), 0)
    assert len(await keys_in(storage, "chunks/")) == 4


async def test_another_target_is_left_alone(tmp_path: Path) -> None:
    storage = MemoryStorage()
    await three(storage, tmp_path)
    plan = await ME.repository(storage, tmp_path).prune_plan(Retention(last=1), target="hr", grace_seconds=0)
    assert plan.remove == ()
    assert set(plan.keep) == {"s1", "s2"}


async def test_nothing_is_removed_while_a_manifest_cannot_be_read(tmp_path: Path) -> None:
    storage = MemoryStorage()
    await three(storage, tmp_path)
    await storage.put("snapshots/s2/manifest", b"damaged")
    repository, before = ME.repository(storage, tmp_path), await keys_in(storage)
    with pytest.raises(SnapshotCorrupt):
        await repository.prune_plan(Retention(last=1))
    with pytest.raises(SnapshotCorrupt):
        await repository.prune(["s1"], grace_seconds=0)
    with pytest.raises(SnapshotCorrupt):
        await repository.prune(["s2"], grace_seconds=0)
    assert await keys_in(storage) == before


async def test_a_damaged_snapshot_goes_when_it_was_named_and_still_is_damaged(tmp_path: Path) -> None:
    storage = MemoryStorage()
    await three(storage, tmp_path)
    whole = await content(storage, "snapshots/s2/manifest")
    await storage.put("snapshots/s2/manifest", b"damaged")
    plan = await ME.repository(storage, tmp_path).prune_plan(damaged=True, grace_seconds=0)
    assert (plan.remove, {*plan.damaged}, {*plan.keep}, plan.chunks) == ((), {"s2"}, {"s1"}, 2)
    await storage.put("snapshots/s2/manifest", whole)
    done = await ME.repository(storage, tmp_path).prune([], damaged=["s2"], grace_seconds=0)
    assert (done.snapshots, done.chunks) == ((), 1)
    await storage.put("snapshots/s2/manifest", b"damaged")
    done = await ME.repository(storage, tmp_path).prune([], damaged=["s2"], grace_seconds=0)
    assert (done.snapshots, done.chunks) == (("s2",), 1)
    (left,) = await ME.repository(storage, tmp_path).snapshots()
    assert left.id == "s1"


async def test_what_other_keys_may_read_is_never_taken_for_damaged(tmp_path: Path) -> None:
    storage, foreign = MemoryStorage(), MemoryStorage()
    await three(storage, tmp_path)
    await build(ME.repository(foreign, tmp_path), manifest("s3"), NEW)
    await storage.put("snapshots/s3/manifest", await content(foreign, "snapshots/s3/manifest"))
    with pytest.raises(SnapshotCorrupt):
        await ME.repository(storage, tmp_path).prune_plan(damaged=True, grace_seconds=0)
    with pytest.raises(SnapshotCorrupt):
        await ME.repository(storage, tmp_path).prune([], damaged=["s3"], grace_seconds=0)
    assert "snapshots/s3/manifest" in await keys_in(storage)


async def test_while_a_build_or_a_long_read_runs_chunks_stay(tmp_path: Path) -> None:
    storage = MemoryStorage()
    await three(storage, tmp_path)
    repository = ME.repository(storage, tmp_path)
    async with repository.hold():
        assert (await repository.prune_plan()).builds == 1
        done = await repository.prune(["s1"], grace_seconds=0)
    assert (done.snapshots, done.chunks) == (("s1",), 0)
    assert done.postponed
    assert len(await keys_in(storage, "chunks/")) == 4


def aged(root: Path, seconds: float = 7200) -> None:
    for file in (root / "leases").iterdir():
        os.utime(file, (file.stat().st_atime - seconds, file.stat().st_mtime - seconds))


async def test_the_lease_of_a_dead_writer_ends(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "store")
    await three(storage, tmp_path)
    await storage.put("leases/write-dead", b"{}")
    aged(tmp_path / "store")
    done = await ME.repository(storage, tmp_path).prune(["s1"], grace_seconds=0)
    assert (done.chunks, done.postponed) == (2, None)
    assert await keys_in(storage, "leases/") == set()


async def test_a_writer_that_was_taken_for_dead_commits_nothing_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = LocalStorage(tmp_path / "store")
    repository = ME.repository(storage, tmp_path)
    async with repository.writer() as writer:
        stream = await writer.store(blocks(NEW))
        aged(tmp_path / "store")
        assert (await ME.repository(storage, tmp_path).prune([], grace_seconds=0)).chunks == 1
        monkeypatch.setattr(lease, "STALE", 0.0)
        wanted = replace(manifest("s1"), parts=(Part("toc.dat", stream.chunks),))
        with pytest.raises(ObjectMissing):
            await writer.commit(wanted)
    assert await repository.snapshots() == ()
