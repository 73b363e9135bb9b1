"""What a repository looks like after its writer died, and how much a writer takes while it lives."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.lone_writer import ROWS
from support.repository import Person, build, keys_in, manifest, rows_of, somebody

from snapharbor.engine.repository.values import CHUNK_BYTES
from snapharbor.engine.storage.local import LocalStorage

pytestmark = pytest.mark.server  # a process for nearly every test
TESTS = Path(__file__).parents[2]
MIB = 1 << 20


@pytest.fixture
def me(tmp_path: Path) -> Person:
    person = somebody()
    (tmp_path / "identity").write_text(person.identity.reveal())
    (tmp_path / "signing_key").write_text(person.signing_key.reveal())
    return person


def run(what: str, directory: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "support.lone_writer", what, str(directory), *more]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)


def outcome(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("step", range(1, 15))
async def test_a_writer_killed_at_any_step_leaves_no_half_snapshot_and_the_next_one_works(
    step: int, tmp_path: Path, me: Person
) -> None:
    died = run("kill", tmp_path, str(step))
    assert died.returncode in (-signal.SIGKILL, 0)
    storage = LocalStorage(tmp_path / "store")
    repository = me.repository(storage, tmp_path)
    for left in await repository.snapshots():
        assert (await repository.verify(left)).passed
        assert await rows_of(repository, left) == ROWS
    again = await build(repository, manifest("s2"), ROWS)
    assert (await repository.verify(again)).passed
    assert {path.name for path in (tmp_path / "scratch").iterdir()} == {"spool.lock"}
    assert step > 1 or died.returncode == -signal.SIGKILL


async def test_those_steps_reach_from_the_first_operation_to_beyond_the_last(
    tmp_path: Path, me: Person
) -> None:
    assert run("kill", tmp_path, "15").returncode == 0
    storage = LocalStorage(tmp_path / "store")
    assert len(await keys_in(storage, "chunks/")) == 4
    assert [snapshot.id for snapshot in await me.repository(storage, tmp_path).snapshots()] == ["s1"]


async def test_what_a_killed_writer_stored_is_not_stored_again(tmp_path: Path, me: Person) -> None:
    assert run("kill", tmp_path, "11").returncode == -signal.SIGKILL
    storage = LocalStorage(tmp_path / "store")
    stored = {stored.key: stored.modified async for stored in storage.list("chunks/")}
    assert stored
    await build(me.repository(storage, tmp_path), manifest("s2"), ROWS)
    again = {stored.key: stored.modified async for stored in storage.list("chunks/")}
    assert stored.items() <= again.items()


def test_a_long_stream_takes_little_memory_and_one_chunk_of_disk_for_each_worker(
    tmp_path: Path, me: Person
) -> None:
    found = outcome(run("measure", tmp_path))
    assert found["read"] > 150 * MIB - 150 * 8
    assert found["grown"] < 40 * MIB
    assert found["peak"] < 150 * MIB
    assert 20 * MIB < found["disk"] < 2 * CHUNK_BYTES


def test_a_full_disk_is_told_and_can_be_tried_again(tmp_path: Path, me: Person) -> None:
    assert outcome(run("disk", tmp_path)) == {"code": "space-exhausted"}
    assert list((tmp_path / "scratch").iterdir()) == [tmp_path / "scratch" / "spool.lock"]
