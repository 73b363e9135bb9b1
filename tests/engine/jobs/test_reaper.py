"""What killed processes left behind is cleared away at the start of the next run, and put on record."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import anyio
import pytest
from support.postgres import Postgres
from support.workplace import Start, at_work, opened, plan, succeed

from snapharbor.engine.jobs.admit import admit
from snapharbor.engine.jobs.attempt import attempt
from snapharbor.engine.jobs.life import SHARED, working
from snapharbor.engine.ledger.presence import present
from snapharbor.engine.locks import try_lock
from snapharbor.engine.model.job import ignore
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.services import Services

SECONDS = 30


async def run_something(services: Services) -> None:
    with working(services, SHARED) as worker:
        job = await admit(services, plan("verify", "something"), worker)
        await attempt(services, job, ignore, succeed)


def gone(services: Services) -> str:
    """Return the token of somebody of this machine who has gone."""
    with present(services.settings.working_directory / "run") as token:
        return token


async def reaped(services: Services) -> Sequence[tuple[str, str, str]]:
    records = await services.ledger.records()
    return [(link.what, link.subject, link.outcome) for link in records if link.what.startswith("reap")]


async def lease(services: Services, owner: str, url: DatabaseUrl, name: str) -> None:
    await services.ledger.add_lease("database", owner, {"url": str(url), "name": name, "noted": None})


@pytest.fixture
def side() -> str:
    return f"snapharbor_l_{token_hex(8)}"


@pytest.mark.server
async def test_a_half_filled_database_of_a_dead_process_is_dropped(
    services: Services, postgres: Postgres, side: str
) -> None:
    services.settings = replace(services.settings, override_destination=postgres.url.on("shop"))
    housekeeper = services.housekeeper(postgres.url)
    await housekeeper.create(side, "half-filled")
    await lease(services, gone(services), postgres.url.on("elsewhere"), side)
    await run_something(services)
    assert not await housekeeper.exists(side)
    assert not await services.ledger.leases()
    assert await reaped(services) == [("reap: drop database", side, "succeeded")]


@pytest.mark.server
async def test_a_database_that_a_living_process_fills_is_left_alone(
    services: Services, postgres: Postgres, side: str
) -> None:
    services.settings = replace(services.settings, override_destination=postgres.url.on("shop"))
    housekeeper = services.housekeeper(postgres.url)
    async with opened(services.settings.working_directory) as other, other.side_database(postgres.url, side):
        await housekeeper.create(side, "being filled")
        await run_something(services)
        assert await housekeeper.exists(side)
        assert len(await services.ledger.leases()) == 1
    assert not await housekeeper.exists(side)
    assert not await services.ledger.leases()


async def test_a_database_that_cannot_be_reached_is_kept_in_mind_and_stops_nobody(
    services: Services, side: str
) -> None:
    nowhere = DatabaseUrl("postgres", "127.0.0.1", 1, "ann", "shop")
    services.settings = replace(services.settings, override_destination=nowhere)
    await lease(services, gone(services), nowhere, side)
    await lease(services, gone(services), replace(nowhere, host="unknown.invalid"), side)
    await run_something(services)
    assert len(await services.ledger.leases()) == 2
    assert not await reaped(services)


@pytest.mark.parametrize("kind", ["session", "restore", "cluster"])
async def test_directories_of_dead_processes_are_removed(services: Services, kind: str) -> None:
    dead, living = (
        services.settings.working_directory / "tmp" / f"{kind}-{name}" for name in ("dead", "living")
    )
    for directory in (dead, living):
        leave(directory, "lease")
    with (living / "lease").open("r+") as held:
        assert try_lock(held.fileno())
        await run_something(services)
    assert not exists(dead)
    assert exists(living)
    assert await reaped(services) == [("reap: remove directory", dead.name, "succeeded")]


async def test_spools_of_dead_processes_are_removed(services: Services) -> None:
    spool = services.settings.working_directory / "tmp" / "spool-dead"
    leave(spool, "lock")
    await run_something(services)
    assert not exists(spool)
    assert await reaped(services) == [("reap: remove directory", spool.name, "succeeded")]


async def test_a_lost_job_is_finished_once_however_many_clear_away(services: Services, start: Start) -> None:
    job, process = await at_work(services, start, "wait_forever")
    process.kill()
    process.wait(SECONDS)
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(run_something, services)
    found = await services.ledger.job(job.id)
    assert found is not None
    assert found.state == "interrupted"
    outcomes = [link.outcome for link in await services.ledger.records() if link.subject == "shop"]
    assert outcomes == ["started", "interrupted"]
    assert not list((services.settings.working_directory / "run").iterdir())


def leave(directory: Path, file: str) -> None:
    directory.mkdir(parents=True)
    (directory / file).touch()
    (directory / "rows").write_text("raw")


def exists(directory: Path) -> bool:
    return directory.exists()
