"""Programs end when they should, tell nothing they should not, and leave nobody behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from support.witness import Witness

from snapharbor.engine.database import process
from snapharbor.engine.database.process import run, stream
from snapharbor.engine.model.errors import ClientMissing
from snapharbor.engine.model.secret import Secret

PYTHON = sys.executable


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path)


async def test_a_program_says_how_it_ended() -> None:
    done = await run(["sh", "-c", "echo out; echo oops >&2; exit 3"])
    assert (done.code, done.stdout, done.stderr) == (3, b"out\n", "oops")


async def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(ClientMissing):
        await run(["no-such-program"])


async def test_a_program_gets_a_small_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "something")
    done = await run([PYTHON, "-c", "import os; print(*sorted(os.environ))"], env={"PGSERVICEFILE": "x"})
    assert set(done.stdout.decode().split()) <= {"HOME", "LANG", "LC_CTYPE", "PATH", "PGSERVICEFILE"}


async def test_a_program_makes_private_files_and_has_nothing_to_read() -> None:
    done = await run(["sh", "-c", "umask; cat | wc -c"])
    assert done.stdout.split() == [b"0077", b"0"]


async def test_secrets_are_blackened_in_what_a_program_complains_about() -> None:
    done = await run(["sh", "-c", "echo it is hunter-two >&2"], secrets=[Secret("hunter-two")])
    assert done.stderr == "it is ********"


async def test_only_the_end_of_a_long_complaint_is_kept() -> None:
    done = await run([PYTHON, "-c", "import sys; sys.stderr.write('x' * 1_000_000 + 'end')"])
    assert done.stderr.endswith("xend")
    assert len(done.stderr) <= 8192


def test_a_stream_is_written_and_read() -> None:
    with stream(["cat"], stdin=True) as child:
        child.stdin.write(b"one\ntwo\n")
        child.stdin.close()
        assert child.stdout.read() == b"one\ntwo\n"
        assert child.wait().code == 0


def test_leaving_early_ends_the_program() -> None:
    with stream(["yes"]) as child:
        assert child.stdout.read(2) == b"y\n"
    assert child.wait().code == -signal.SIGTERM


@pytest.mark.parametrize("politeness", ["", "trap '' TERM; "])
async def test_cancelling_ends_a_program_with_all_it_started(
    witness: Witness, politeness: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.3)
    script = f"{politeness}{witness.script} sleep 1000 & while :; do sleep 1; done"
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run, ["sh", "-c", script])
        await to_thread.run_sync(witness.started)
        tasks.cancel_scope.cancel()
    assert witness.gone()


def test_a_program_dies_with_us_even_if_we_are_killed(witness: Witness) -> None:
    script = (
        "from snapharbor.engine.database.process import stream\n"
        f"with stream(['sh', '-c', {witness.script + 'exec sleep 1000'!r}]) as child: child.wait()"
    )
    with subprocess.Popen([PYTHON, "-c", script]) as parent:
        witness.started()
        parent.kill()
    assert witness.gone()


def test_a_detached_program_outlives_us_and_logs_privately(witness: Witness, tmp_path: Path) -> None:
    log, shell = tmp_path / "log", f"echo said; {witness.script} exec sleep 1000"
    script = (
        "from pathlib import Path; from snapharbor.engine.database.process import spawn_detached\n"
        f"spawn_detached(['sh', '-c', {shell!r}], log=Path({str(log)!r}))"
    )
    with subprocess.Popen([PYTHON, "-W", "error", "-c", script]) as parent:
        pid = witness.started()
    assert parent.returncode == 0
    assert os.getsid(pid) == pid
    assert log.read_text() == "said\n"
    assert log.stat().st_mode & 0o777 == 0o600
    os.kill(pid, signal.SIGKILL)
    assert witness.gone()
