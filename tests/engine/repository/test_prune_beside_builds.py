"""Prune against a build, interleaved at every single storage operation of either."""

from pathlib import Path

import anyio
import pytest
from support.repository import Watched, blocks, build, manifest, rows_of, somebody

from snapharbor.engine.repository import lease
from snapharbor.engine.repository.values import PruneResult
from snapharbor.engine.storage.memory import MemoryStorage

ME = somebody()
ROWS, LEFT_OVER = b"a row of the old snapshot\n" * 200, b"a row of a build that failed\n" * 200
STEPS = range(1, 25)


async def prepared(tmp_path: Path) -> MemoryStorage:
    """A snapshot that goes, and a chunk that nothing needs: the build will want the content of both."""
    storage = MemoryStorage()
    repository = ME.repository(storage, tmp_path)
    await build(repository, manifest("old"), ROWS)
    async with repository.writer() as writer:
        await writer.store(blocks(LEFT_OVER))
    return storage


async def whole(storage: MemoryStorage, tmp_path: Path) -> bool:
    repository = ME.repository(storage, tmp_path)
    new = await repository.find("new")
    return (await repository.verify(new)).passed and await rows_of(repository, new) == ROWS


@pytest.mark.parametrize("step", STEPS)
async def test_prune_runs_whole_within_a_build(step: int, tmp_path: Path) -> None:
    storage, done, count = await prepared(tmp_path), list[PruneResult](), 0

    async def before(_operation: str, _key: str) -> None:
        nonlocal count
        count += 1
        if count == step:
            done.append(await ME.repository(storage, tmp_path).prune(["old"], grace_seconds=0))

    await build(ME.repository(Watched(storage, before), tmp_path), manifest("new"), ROWS, part=LEFT_OVER)
    assert await whole(storage, tmp_path)
    assert bool(done) == (step <= count)


@pytest.mark.parametrize("step", STEPS)
async def test_a_build_runs_within_prune(step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "POLL", 0.001)
    storage, waiting, looks = await prepared(tmp_path), anyio.Event(), 0
    count = 0

    def look(operation: str, key: str) -> None:
        nonlocal looks
        looks += (operation, key) == ("list", "leases/prune-")
        if looks == 2:
            waiting.set()

    async def build_beside() -> None:
        await build(ME.repository(Watched(storage, look), tmp_path), manifest("new"), ROWS, part=LEFT_OVER)
        waiting.set()

    async with anyio.create_task_group() as tasks:

        async def before(_operation: str, _key: str) -> None:
            nonlocal count
            count += 1
            if count == step:
                tasks.start_soon(build_beside)
                await waiting.wait()

        await ME.repository(Watched(storage, before), tmp_path).prune(["old"], grace_seconds=0)
        if count < step:
            tasks.start_soon(build_beside)
    assert await whole(storage, tmp_path)


async def test_those_steps_reach_over_both_and_meet_both_outcomes(tmp_path: Path) -> None:
    counts: dict[str, int] = {"build": 0, "prune": 0}

    def counting(name: str) -> Watched:
        def count(_operation: str, _key: str) -> None:
            counts[name] += 1

        return Watched(storage, count)

    storage = await prepared(tmp_path)
    removed = await ME.repository(counting("prune"), tmp_path).prune(["old"], grace_seconds=0)
    assert removed.chunks == 3
    await build(ME.repository(counting("build"), tmp_path), manifest("new"), ROWS, part=LEFT_OVER)
    assert 8 < counts["build"] < STEPS[-1]
    assert 8 < counts["prune"] < STEPS[-1]
