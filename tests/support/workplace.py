"""A working directory with its ledger, and real worker processes whose operation is the test's own."""

import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from snapharbor.engine.jobs.admit import admit
from snapharbor.engine.jobs.runner import wait_for_job
from snapharbor.engine.jobs.worker import work_on
from snapharbor.engine.keypair import new_signing_key
from snapharbor.engine.ledger.sqlite import PATIENCE_SECONDS, SqliteLedger
from snapharbor.engine.model.errors import DatabaseFailed
from snapharbor.engine.model.job import Job, Progress, Report
from snapharbor.engine.model.json import JsonObject
from snapharbor.engine.model.plan import Plan, Verb
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.settings import Settings
from snapharbor.engine.model.share import Principal
from snapharbor.engine.operations.verbs import Perform
from snapharbor.engine.services import Services

Start = Callable[[Job, str], "subprocess.Popen[bytes]"]
ANN = Principal("ann")
ROW = "raw@real.example"
RESULT: JsonObject = {"snapshot": "20260101-1", "rows": 3, "link": "not for the audit chain"}


def settings_in(directory: Path) -> Settings:
    """Return settings whose signing key is the same in every process."""
    directory.mkdir(exist_ok=True)
    key = directory / "signing.pem"
    if not key.exists():
        key.write_text(new_signing_key().reveal())
    return Settings(
        file=None,
        working_directory=directory,
        targets={},
        storage_profiles={},
        identities=(),
        signing_key=Secret(key.read_text()),
    )


@asynccontextmanager
async def opened(
    directory: Path, principal: Principal = ANN, *, patience: float = PATIENCE_SECONDS
) -> AsyncGenerator[Services]:
    """Open what a process opens."""
    async with SqliteLedger.open(directory / "ledger.sqlite", patience=patience) as ledger:
        yield Services(settings_in(directory), ledger, principal, read_only=False)


@pytest.fixture
async def services(tmp_path: Path) -> AsyncGenerator[Services]:
    """Give what one process of the principal `ann` has opened."""
    async with opened(tmp_path) as services:
        yield services


def plan(verb: Verb = "build", target: str = "shop") -> Plan:
    """Return a plan; nothing but its verb and target counts."""
    return Plan(verb=verb, target=target, summary=f"{verb} {target}", arguments={})


@pytest.fixture
def start(tmp_path: Path) -> Generator[Start]:
    """Start worker processes for queued jobs with one of OPERATIONS; none outlives the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(job: Job, operation: str) -> "subprocess.Popen[bytes]":
        argv = [sys.executable, "-m", "support.workplace", str(tmp_path), job.id, operation]
        popen = subprocess.Popen(argv, cwd=Path(__file__).parent.parent, start_new_session=True)
        started.append(popen)
        return popen

    yield start
    for popen in started:
        popen.kill()
        popen.wait()


async def at_work(services: Services, start: Start, operation: str) -> "tuple[Job, subprocess.Popen[bytes]]":
    """Return a job whose worker process is in the middle of it, and that process."""
    job = await admit(services, plan(), None)
    process = start(job, operation)
    await reached(services, job.id, "working")
    return job, process


async def reached(services: Services, job_id: str, stage: str) -> None:
    """Return when a job is at that stage."""
    with anyio.CancelScope() as scope:

        def look(progress: Progress, /) -> None:
            if progress.stage == stage:
                scope.cancel()

        job = await wait_for_job(services, job_id, 30, look)
        raise AssertionError(f"never at {stage}: {job}")


async def wait_forever(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Work until it is cancelled."""
    report(Progress("working"))
    await anyio.sleep_forever()
    return {}


async def block(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Get stuck in a call that nothing can cancel."""
    report(Progress("working"))
    await anyio.sleep(1)
    while True:
        time.sleep(60)  # noqa: ASYNC251


async def succeed(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Work and end well."""
    for done in range(3):
        report(Progress("working", done, 3))
    return RESULT


async def fail(services: Services, plan: Plan, report: Report) -> JsonObject:
    """End with an error that can be acted on."""
    raise DatabaseFailed("it did not work", "Do something else.", position=3)


async def crash(services: Services, plan: Plan, report: Report) -> JsonObject:
    """End with a mistake of our own whose words quote a row."""
    raise ValueError(f"Key (email)=({ROW})")


OPERATIONS: dict[str, Perform] = {
    "wait_forever": wait_forever,
    "block": block,
    "succeed": succeed,
    "fail": fail,
    "crash": crash,
}


async def _main(directory: str, job_id: str, operation: str) -> None:
    async with opened(Path(directory), Principal("somebody")) as services:
        await work_on(services, job_id, OPERATIONS[operation])


if __name__ == "__main__":
    anyio.run(_main, sys.argv[1], sys.argv[2], sys.argv[3])
