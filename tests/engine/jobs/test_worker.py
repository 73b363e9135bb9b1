"""Jobs of worker processes: real processes, and real signals to them."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest
from support.workplace import ROW, Start, at_work, opened, plan

from snapharbor.engine.jobs.admit import admit
from snapharbor.engine.jobs.life import OWN, SHARED
from snapharbor.engine.jobs.runner import cancel_job, find_job, start_worker, wait_for_job
from snapharbor.engine.ledger.moment import now
from snapharbor.engine.ledger.presence import alive, present, process_id, sweep
from snapharbor.engine.locks import try_lock
from snapharbor.engine.model.errors import Cancelled, JobConflict, JobFailed, SnapshotUnknown
from snapharbor.engine.model.job import Job, Progress, ignore
from snapharbor.engine.model.share import Principal
from snapharbor.engine.operations.audit import verify_audit
from snapharbor.engine.services import Services

CONFIG = """
defaults:
  working_directory: state
"""
SECONDS = 30


async def ended(services: Services, job: Job) -> Job:
    return await wait_for_job(services, job.id, SECONDS, ignore)


def asked_long_ago(services: Services, job: Job) -> None:
    with sqlite3.connect(services.settings.working_directory / "ledger.sqlite") as file:
        file.execute("UPDATE job SET cancel_requested_at = ? WHERE id = ?", (now(-3600), job.id))
    file.close()


async def test_a_worker_runs_its_job_as_the_one_who_asked(services: Services, start: Start) -> None:
    job = await admit(services, plan(), None)
    process = start(job, "succeed")
    done = await ended(services, job)
    assert (done.state, done.result) == (
        "succeeded",
        {"snapshot": "20260101-1", "rows": 3, "link": "not for the audit chain"},
    )
    assert process.wait(SECONDS) == 0
    assert {link.who for link in await services.ledger.records()} == {"ann"}
    assert (await verify_audit(services)).checked == 2


async def test_a_job_is_worked_on_once(services: Services, start: Start) -> None:
    job, _process = await at_work(services, start, "wait_forever")
    assert start(job, "succeed").wait(SECONDS) != 0
    assert (await find_job(services, job.id)).state == "running"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_worker_that_is_asked_to_end_cancels_its_job(
    services: Services, start: Start, number: int
) -> None:
    job, process = await at_work(services, start, "wait_forever")
    process.send_signal(number)
    assert process.wait(SECONDS) == 0
    done = await find_job(services, job.id)
    assert done.state == "cancelled"
    assert done.failure is not None
    assert done.failure.code == Cancelled.code
    assert (await services.ledger.records())[-1].outcome == Cancelled.code


async def test_a_job_is_cancelled_from_another_process(services: Services, start: Start) -> None:
    job, process = await at_work(services, start, "wait_forever")
    await cancel_job(services, job.id)
    assert (await ended(services, job)).state == "cancelled"
    assert process.wait(SECONDS) == 0


async def test_a_killed_worker_leaves_an_interrupted_job(services: Services, start: Start) -> None:
    job, process = await at_work(services, start, "wait_forever")
    process.kill()
    done = await ended(services, job)
    assert done.state == "interrupted"
    assert done.failure is not None
    assert done.failure.code == JobFailed.code


async def test_a_killed_worker_is_not_in_the_way_of_the_next_job(services: Services, start: Start) -> None:
    job, process = await at_work(services, start, "wait_forever")
    with pytest.raises(JobConflict):
        await admit(services, plan(), None)
    process.kill()
    process.wait(SECONDS)
    successor = await admit(services, plan(), None)
    start(successor, "succeed")
    assert (await ended(services, successor)).state == "succeeded"
    buried = await services.ledger.job(job.id)
    assert buried is not None
    assert buried.state == "interrupted"
    assert [link.outcome for link in await services.ledger.records()] == [
        "started",
        "job-conflict",
        "interrupted",
        "started",
        "succeeded",
    ]


async def test_a_worker_that_does_not_stop_is_killed_by_whoever_looks(
    services: Services, start: Start
) -> None:
    job, process = await at_work(services, start, "block")
    await cancel_job(services, job.id)
    asked_long_ago(services, job)
    assert (await ended(services, job)).state == "interrupted"
    assert process.wait(SECONDS) == -signal.SIGKILL


@pytest.fixture
def innocent() -> Generator["subprocess.Popen[bytes]"]:
    argv = [sys.executable, "-c", "input()"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, start_new_session=True) as process:
        yield process


async def test_a_process_that_is_not_certainly_the_worker_is_never_signalled(
    services: Services, innocent: "subprocess.Popen[bytes]"
) -> None:
    present_ones = services.settings.working_directory / "run"
    with present(present_ones) as myself:
        machine, _, started, nonce = myself.split("-")
        other_time = f"{machine}-{innocent.pid}-{int(started) - 1}-{nonce}"
        other_machine = f"00000000-{innocent.pid}-{started}-{nonce}"
        with (
            (present_ones / other_time).open("w") as first,
            (present_ones / other_machine).open("w") as second,
        ):
            assert try_lock(first.fileno())
            assert try_lock(second.fileno())
            # The third is this very process, which runs a job beside other things.
            for worker in (OWN + other_time, OWN + other_machine, SHARED + myself):
                job = await admit(services, plan("verify"), worker)
                await cancel_job(services, job.id)
                asked_long_ago(services, job)
                assert (await find_job(services, job.id)).state == "running"
    innocent.communicate(b"\n", SECONDS)
    assert innocent.returncode == 0


async def test_a_silent_worker_that_lives_is_not_interrupted(services: Services, start: Start) -> None:
    job, process = await at_work(services, start, "wait_forever")
    process.send_signal(signal.SIGSTOP)
    try:
        with sqlite3.connect(services.settings.working_directory / "ledger.sqlite") as file:
            file.execute("UPDATE job SET heartbeat_at = ?", (now(-3600),))
        file.close()
        assert (await find_job(services, job.id)).state == "running"
    finally:
        process.send_signal(signal.SIGCONT)


async def test_a_worker_elsewhere_is_lost_only_after_long_silence(services: Services, tmp_path: Path) -> None:
    elsewhere = f"{OWN}00000000-1-1-00"
    fresh = Job("j1", plan(), "ann", "running", now(), now(), Progress("working"), worker=elsewhere)
    silent = replace(fresh, id="j2", heartbeat_at=now(-60))
    for job in (fresh, silent):
        await services.ledger.add_job(job)
    assert (await find_job(services, "j1")).state == "running"
    assert (await find_job(services, "j2")).state == "interrupted"


async def test_a_queued_job_that_nobody_takes_is_interrupted(services: Services) -> None:
    job = await admit(services, plan(), None)
    assert (await find_job(services, job.id)).state == "queued"
    with sqlite3.connect(services.settings.working_directory / "ledger.sqlite") as file:
        file.execute("UPDATE job SET heartbeat_at = ?", (now(-60),))
    file.close()
    assert (await find_job(services, job.id)).state == "interrupted"


async def test_our_own_mistake_in_a_worker_is_logged_by_its_place_alone(
    services: Services, start: Start, capfd: pytest.CaptureFixture[str]
) -> None:
    job = await admit(services, plan(), None)
    assert start(job, "crash").wait(SECONDS) == 0
    log = capfd.readouterr().err
    assert "in crash" in log
    assert "ValueError" in log
    assert ROW not in log


async def test_the_real_worker_is_started_with_the_same_configuration(tmp_path: Path) -> None:
    config = tmp_path / "snapharbor.yml"
    config.write_text(CONFIG)
    directory = tmp_path / "state"
    missing = replace(plan("verify"), arguments={"snapshot": "19990101-000000-00000000"})
    async with opened(directory, Principal("ann")) as services:
        services.settings = replace(services.settings, file=config)
        job = await start_worker(services, missing)
        done = await ended(services, job)
    assert done.failure is not None
    assert done.failure.code == SnapshotUnknown.code
    (log,) = (directory / "logs").iterdir()
    assert log.name == f"{job.id}.log"
    assert (log.stat().st_mode & 0o777, log.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_who_is_present_is_not_taken_for_a_dead_one(tmp_path: Path) -> None:
    with present(tmp_path) as token:
        sweep(tmp_path)
        assert alive(tmp_path, token)
        assert process_id(tmp_path, token) == os.getpid()
    assert not alive(tmp_path, token)
    assert process_id(tmp_path, token) is None


def test_what_a_dead_one_left_is_swept_away(tmp_path: Path) -> None:
    with present(tmp_path) as token:
        pass
    (tmp_path / token).touch()
    sweep(tmp_path)
    assert not list(tmp_path.iterdir())
