"""The ledger's file: who may read it, several processes at once, and what can be wrong with it."""

import resource
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from snapharbor.engine.ledger.base import Entry
from snapharbor.engine.ledger.chain import follows
from snapharbor.engine.ledger.sqlite import SqliteLedger
from snapharbor.engine.model.errors import ConfigInvalid, SpaceExhausted, TimedOut
from snapharbor.engine.model.plan import Plan

PLAN = Plan(verb="build", target="shop", summary="", arguments={})
ENTRY = Entry("ann", "build", "shop", "started", {})

# Each of these is a process of its own; it begins with the others when its input ends.
PREFACE = """
import sys, anyio
from pathlib import Path
from snapharbor.engine.ledger.base import Entry
from snapharbor.engine.ledger.sqlite import SqliteLedger
from snapharbor.engine.model.errors import ConfirmationInvalid
path, word = Path(sys.argv[1]), sys.argv[2]
sys.stdin.read()
"""
TAKE = """
async def main():
    async with SqliteLedger.open(path) as ledger:
        try:
            await ledger.take_plan(word, "ann")
        except ConfirmationInvalid:
            print("refused")
        else:
            print("taken")
anyio.run(main)
"""
APPEND = """
async def main():
    async with SqliteLedger.open(path) as ledger:
        for _ in range(20):
            await ledger.append(Entry("ann", "build", word, "started", {}))
anyio.run(main)
"""


def at_once(script: str, path: Path, word: str, count: int) -> list[str]:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PREFACE + script, str(path), word],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    outputs = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0] * count
    return outputs


def everything_in(directory: Path) -> bytes:
    return b"".join(file.read_bytes() for file in directory.iterdir())


async def test_only_its_owner_may_read_the_file_and_its_companions(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ledger.sqlite"
    async with SqliteLedger.open(path) as ledger:
        await ledger.append(ENTRY)
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
        assert modes == {"ledger.sqlite": 0o600, "ledger.sqlite-wal": 0o600, "ledger.sqlite-shm": 0o600}
        assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_what_was_written_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    async with SqliteLedger.open(path) as ledger:
        confirmation = await ledger.add_plan(PLAN, "ann", 60)
        written = await ledger.append(ENTRY)
    async with SqliteLedger.open(path) as ledger:
        assert await ledger.take_plan(confirmation, "ann") == PLAN
        assert list(await ledger.records()) == [written]


async def test_a_confirmation_is_not_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    async with SqliteLedger.open(path) as ledger:
        confirmation = await ledger.add_plan(PLAN, "ann", 60)
        content = everything_in(tmp_path)
    assert PLAN.target.encode() in content
    assert confirmation.encode() not in content


async def test_of_processes_that_take_one_confirmation_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    async with SqliteLedger.open(path) as ledger:
        confirmation = await ledger.add_plan(PLAN, "ann", 60)
    assert sorted(at_once(TAKE, path, confirmation, 4)) == ["refused", "refused", "refused", "taken"]


async def test_processes_that_create_the_file_and_append_at_once_make_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ledger.sqlite"
    at_once(APPEND, path, "shop", 4)
    async with SqliteLedger.open(path) as ledger:
        records = await ledger.records()
    assert len(records) == 80
    previous = "0" * 64
    for number, link in enumerate(records, 1):
        assert follows(link, number, previous)
        previous = link.digest


async def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    before = path.read_bytes()
    with pytest.raises(ConfigInvalid) as caught:
        async with SqliteLedger.open(path):
            pass
    assert caught.value.details["found"] == 99
    assert path.read_bytes() == before


async def test_a_file_that_is_no_ledger_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_text("something else entirely, and long enough to be looked at " * 20)
    before = path.read_bytes()
    with pytest.raises(ConfigInvalid):
        async with SqliteLedger.open(path):
            pass
    assert path.read_bytes() == before


async def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigInvalid):
        async with SqliteLedger.open(tmp_path / "file" / "ledger.sqlite"):
            pass


async def test_a_locked_ledger_is_waited_for_and_then_given_up(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    async with SqliteLedger.open(path, patience=0.1) as ledger:
        await ledger.append(ENTRY)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TimedOut) as caught:
            await ledger.append(ENTRY)
        assert caught.value.retryable
        assert len(await ledger.records()) == 1
        other.execute("ROLLBACK")
        other.close()
        await ledger.append(ENTRY)


@pytest.fixture
def little_space() -> Generator[None]:
    """Let no file of this process grow beyond what a ledger is when it is new."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_is_told_and_leaves_a_whole_ledger(tmp_path: Path, little_space: None) -> None:
    big = Entry("ann", "build", "shop", "started", {"much": "x" * 20_000})
    async with SqliteLedger.open(tmp_path / "ledger.sqlite") as ledger:

        async def fill() -> None:
            for _ in range(100):
                await ledger.append(big)

        with pytest.raises(SpaceExhausted):
            await fill()
        records = await ledger.records()
        assert records
        assert all(follows(link, link.number, link.previous) for link in records)


async def test_records_cannot_be_changed_by_accident(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    async with SqliteLedger.open(path) as ledger:
        await ledger.append(ENTRY)
    file = sqlite3.connect(path)
    for statement in ("UPDATE record SET who = 'bob'", "DELETE FROM record"):
        with pytest.raises(sqlite3.IntegrityError):
            file.execute(statement)
    file.close()
