"""A leased directory is gone when its owner is."""

import os
import subprocess
import sys
from pathlib import Path

from snapharbor.engine.database.lease import leased_directory, reap

HOLD = """
import sys; from pathlib import Path
from snapharbor.engine.database.lease import leased_directory
with leased_directory(Path(sys.argv[1]), "work") as directory:
    print(directory, flush=True)
    sys.stdin.read()
"""


def test_a_leased_directory_is_private_and_removed_at_the_end(tmp_path: Path) -> None:
    with leased_directory(tmp_path / "tmp", "work") as directory:
        (directory / "file").write_text("content")
        assert directory.stat().st_mode & 0o777 == 0o700
        assert directory.parent.stat().st_mode & 0o777 == 0o700
    assert list((tmp_path / "tmp").iterdir()) == []


def test_what_is_in_use_is_not_reaped_and_what_a_kill_left_is(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with owner:
        assert owner.stdout is not None
        directory = Path(owner.stdout.readline().strip())
        assert reap(tmp_path, "work") == ()
        owner.kill()
        owner.wait()
        assert directory.exists()
        assert reap(tmp_path, "other") == ()
        assert reap(tmp_path, "work") == (directory.name,)
    assert not directory.exists()


def test_a_new_lease_reaps_the_abandoned_ones_of_its_kind(tmp_path: Path) -> None:
    abandoned = tmp_path / "work-abandoned"
    abandoned.mkdir()
    (abandoned / "lease").touch()
    with leased_directory(tmp_path, "work"):
        assert not abandoned.exists()


def test_who_waits_for_a_pipe_of_an_abandoned_directory_does_not_wait_for_ever(tmp_path: Path) -> None:
    abandoned = tmp_path / "work-abandoned"
    abandoned.mkdir()
    (abandoned / "lease").touch()
    os.mkfifo(abandoned / "pipe")
    with subprocess.Popen(
        ["sh", "-c", "echo started; exec cat pipe"], cwd=abandoned, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert reap(tmp_path, "work") == (abandoned.name,)
        child.wait(10)
