"""What a newcomer runs first does what it says, to the end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[1] / "demo" / "run.py"


def test_what_the_demo_does_not_know_runs_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "DEMO_DIRECTORY": str(tmp_path / "demo")}
    ran = subprocess.run([sys.executable, DEMO, "psql", "-c", "x"], env=environment, capture_output=True)
    assert (ran.returncode, ran.stdout) == (1, b"")
    assert not (tmp_path / "demo").exists()


@pytest.mark.server
def test_the_demo_shows_a_leak_that_is_caught_and_then_mended(tmp_path: Path) -> None:
    environment = {**os.environ, "DEMO_DIRECTORY": str(tmp_path / "demo"), "COLUMNS": "200"}
    try:
        ran = subprocess.run([sys.executable, DEMO], env=environment, capture_output=True, text=True)
        mode = (tmp_path / "demo" / "data").stat().st_mode & 0o777
    finally:
        subprocess.run([sys.executable, DEMO, "stop"], env=environment, check=True)
    assert (ran.returncode, mode) == (0, 0o700), ran.stdout
    leaking, mended = ran.stdout.split("\n3. ")
    assert '"clean": false' in leaking
    assert "original values in `public.events.payload`" in leaking
    assert '"clean": true' in mended
    assert '"how": "restore"' in mended
    assert "user1@example.com" in mended
    assert not (tmp_path / "demo").exists()
