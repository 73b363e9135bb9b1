"""Jobs of this process: how they begin, are watched, and end."""

import sqlite3
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from support.workplace import ROW, crash, fail, opened, plan, reached, succeed, wait_forever

from snapharbor.engine.jobs.admit import admit
from snapharbor.engine.jobs.attempt import attempt
from snapharbor.engine.jobs.life import SHARED, working
from snapharbor.engine.jobs.runner import (
    cancel_job,
    find_job,
    list_jobs,
    run_here,
    wait_for_job,
    why_not_resume,
)
from snapharbor.engine.ledger.moment import now
from snapharbor.engine.model.errors import (
    Cancelled,
    DatabaseFailed,
    JobConflict,
    JobUnknown,
    SnapshotUnknown,
    TimedOut,
)
from snapharbor.engine.model.job import FINISHED, Job, Progress, Report, ignore
from snapharbor.engine.model.json import JsonObject
from snapharbor.engine.model.plan import Plan
from snapharbor.engine.model.share import Principal
from snapharbor.engine.operations.audit import verify_audit
from snapharbor.engine.operations.verbs import Perform
from snapharbor.engine.services import Services

Begin = Callable[[Plan], Awaitable[Job]]


@pytest.fixture
def begin(services: Services) -> Generator[Begin]:
    """Admit plans as running jobs of this process, which works on them until the test ends."""
    with working(services, SHARED) as worker:
        yield lambda what: admit(services, what, worker)


async def trail(services: Services) -> list[tuple[str, str, str, str]]:
    return [(link.who, link.what, link.subject, link.outcome) for link in await services.ledger.records()]


async def test_a_job_that_succeeds_keeps_its_result_and_its_progress(
    services: Services, begin: Begin
) -> None:
    seen: list[Progress] = []
    job = await begin(plan())
    result = await attempt(services, job, seen.append, succeed)
    ended = await find_job(services, job.id)
    assert ended.state == "succeeded"
    assert ended.result == result
    assert ended.failure is None
    assert ended.finished_at is not None
    assert ended.progress == Progress("working", 2, 3) == seen[-1]


async def test_start_and_end_stand_in_the_audit_chain_with_artefacts_and_nothing_else(
    services: Services,
    begin: Begin,
) -> None:
    job = await begin(plan())
    await attempt(services, job, ignore, succeed)
    assert await trail(services) == [
        ("ann", "build", "shop", "started"),
        ("ann", "build", "shop", "succeeded"),
    ]
    last = (await services.ledger.records())[-1]
    assert last.details == {"job": job.id, "plan": job.plan.id, "snapshot": "20260101-1", "rows": 3}
    assert (await verify_audit(services)).checked == 2


async def test_a_failure_is_raised_remembered_and_recorded_by_its_code(
    services: Services, begin: Begin
) -> None:
    job = await begin(plan())
    with pytest.raises(DatabaseFailed) as caught:
        await attempt(services, job, ignore, fail)
    ended = await find_job(services, job.id)
    assert ended.state == "failed"
    assert ended.failure is not None
    assert ended.failure.code == caught.value.code
    assert ended.failure.details == {"position": 3}
    assert (await trail(services))[-1] == ("ann", "build", "shop", DatabaseFailed.code)


async def test_the_error_inside_a_group_is_the_one_that_counts(services: Services, begin: Begin) -> None:
    async def fail_in_a_group(services: Services, plan: Plan, report: object) -> JsonObject:
        async with anyio.create_task_group() as group:
            group.start_soon(fail, services, plan, ignore)
            await anyio.sleep_forever()
        return {}

    with pytest.raises(DatabaseFailed):
        await attempt(services, await begin(plan()), ignore, fail_in_a_group)


async def test_our_own_mistake_is_remembered_without_its_words(services: Services, begin: Begin) -> None:
    job = await begin(plan())
    with pytest.raises(ValueError):
        await attempt(services, job, ignore, crash)
    ended = await find_job(services, job.id)
    assert ended.state == "failed"
    assert ended.failure is not None
    assert (ended.failure.code, ended.failure.exit_code) == ("internal", 1)
    assert ROW not in repr(ended)
    assert ROW not in repr(await services.ledger.records())


async def test_a_cancelled_scope_leaves_a_cancelled_job(services: Services, begin: Begin) -> None:
    job = await begin(plan())
    async with anyio.create_task_group() as group:
        group.start_soon(attempt, services, job, ignore, wait_forever)
        await reached(services, job.id, "working")
        group.cancel_scope.cancel()
    assert (await find_job(services, job.id)).state == "cancelled"
    assert (await trail(services))[-1] == ("ann", "build", "shop", Cancelled.code)


async def test_who_asks_a_job_to_stop_stops_it(services: Services, begin: Begin) -> None:
    job = await begin(plan())
    outcome: list[type[Exception]] = []

    async def work() -> None:
        try:
            await attempt(services, job, ignore, wait_forever)
        except Cancelled as error:
            outcome.append(type(error))

    async with anyio.create_task_group() as group:
        group.start_soon(work)
        await reached(services, job.id, "working")
        assert (await cancel_job(services, job.id)).cancel_requested
    ended = await find_job(services, job.id)
    assert ended.state == "cancelled"
    assert ended.failure is not None
    assert ended.failure.code == Cancelled.code
    assert outcome == [Cancelled]


async def test_a_job_that_was_cancelled_before_it_began_touches_nothing(
    services: Services, begin: Begin
) -> None:
    job = await begin(plan())
    await cancel_job(services, job.id)
    with pytest.raises(Cancelled):
        await attempt(services, job, ignore, succeed)
    assert (await find_job(services, job.id)).result is None


async def test_two_jobs_that_make_snapshots_of_one_target_are_refused(
    services: Services, begin: Begin
) -> None:
    first = await begin(plan("build"))
    with pytest.raises(JobConflict) as caught:
        await begin(plan("sanitize"))
    assert caught.value.details == {"job": first.id}
    records = await services.ledger.records()
    assert [(one.what, one.outcome) for one in records] == [("sanitize", "job-conflict")]
    await begin(plan("build", target="other"))
    await begin(plan("verify"))


async def test_two_loads_into_one_database_are_refused(services: Services, begin: Begin) -> None:
    first = await begin(replace(plan("load"), facts={"identity": "7/shop"}))
    with pytest.raises(JobConflict) as caught:
        await begin(replace(plan("load", "another snapshot"), facts={"identity": "7/shop"}))
    assert caught.value.details == {"job": first.id}
    await begin(replace(plan("load"), facts={"identity": "7/other"}))


async def test_of_many_that_begin_at_once_one_is_let_in(services: Services, begin: Begin) -> None:
    let_in: list[Job] = []

    async def try_to() -> None:
        try:
            let_in.append(await begin(plan()))
        except JobConflict:
            return

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(try_to)
    assert len(let_in) == 1


async def test_somebody_elses_job_is_in_the_way_without_its_name(services: Services, begin: Begin) -> None:
    first = await begin(plan())
    services.principal = Principal("bob")
    with pytest.raises(JobConflict) as caught:
        await begin(plan())
    assert first.id not in f"{caught.value.message}{caught.value.hint}{caught.value.details}"


async def test_somebody_elses_job_is_answered_like_an_unknown_one(services: Services, begin: Begin) -> None:
    job = await begin(plan())
    services.principal = Principal("bob")
    for call in (find_job, cancel_job):
        with pytest.raises(JobUnknown) as foreign:
            await call(services, job.id)
        with pytest.raises(JobUnknown) as unknown:
            await call(services, "0" * 32)
        assert foreign.value.message.replace(job.id, "") == unknown.value.message.replace("0" * 32, "")
    assert not await list_jobs(services, 10)
    untouched = await services.ledger.job(job.id)
    assert untouched is not None
    assert not untouched.cancel_requested


async def test_waiting_reports_progress_that_only_goes_forward(services: Services, begin: Begin) -> None:
    job = await begin(plan())
    seen: list[Progress] = []
    steps = [
        Progress("reading", 1, 9),
        Progress("reading", 1, 9),
        Progress("reading", 0, 9),
        Progress("reading", 4, 9),
    ]

    def next_step(progress: Progress, /) -> None:
        seen.append(progress)

    async def work() -> None:
        for step in steps:
            await services.ledger.beat(job.id, step)
            await wait_for_job(services, job.id, 0.3, ignore)
        await services.ledger.finish_job(
            replace(job, state="succeeded", finished_at=now(), progress=steps[-1])
        )

    async with anyio.create_task_group() as group:
        group.start_soon(work)
        assert (await wait_for_job(services, job.id, 20, next_step)).state == "succeeded"
    reading = [progress.done for progress in seen if progress.stage == "reading"]
    assert reading == sorted(set(reading))
    assert reading[-1] == 4


async def test_waiting_ends_with_its_time(services: Services, begin: Begin) -> None:
    job = await begin(plan())
    assert (await wait_for_job(services, job.id, 0.01, ignore)).state == "running"


async def test_running_here_goes_through_the_real_verbs(services: Services) -> None:
    missing = replace(plan("verify"), arguments={"snapshot": "19990101-000000-00000000"})
    with pytest.raises(SnapshotUnknown):
        await run_here(services, missing, ignore)
    (job,) = await list_jobs(services, 10)
    assert job.failure is not None
    assert job.failure.code == SnapshotUnknown.code


@pytest.mark.parametrize("perform", [fail, crash, succeed])
async def test_there_is_an_honest_sentence_about_every_end(
    services: Services, begin: Begin, perform: Perform
) -> None:
    job = await begin(plan())
    sentences = {why_not_resume(job)}
    with suppress(DatabaseFailed, ValueError):
        await attempt(services, job, ignore, perform)
    ended = await find_job(services, job.id)
    assert ended.state in FINISHED
    sentences.add(why_not_resume(ended))
    assert len(sentences) == 2
    assert all(sentence.endswith(".") for sentence in sentences)


async def test_a_job_whose_end_cannot_be_written_is_over_all_the_same(tmp_path: Path) -> None:
    async with opened(tmp_path, patience=0.1) as services:

        async def succeed_and_lock(services: Services, plan: Plan, report: Report) -> JsonObject:
            other.execute("BEGIN IMMEDIATE")
            return {}

        other = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
        with working(services, SHARED) as worker:
            job = await admit(services, plan(), worker)
            with pytest.raises(TimedOut):
                await attempt(services, job, ignore, succeed_and_lock)
        other.close()
        assert (await find_job(services, job.id)).state == "interrupted"
        with working(services, SHARED) as worker:
            assert await attempt(services, await admit(services, plan(), worker), ignore, succeed)
