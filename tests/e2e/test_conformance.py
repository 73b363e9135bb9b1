"""The official conformance suite, for both protocol revisions, and the Inspector's strict schema check."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.node import Node

pytestmark = pytest.mark.server

TESTS = Path(__file__).parents[1]
REVISIONS = ("2025-11-25", "2026-07-28")
# What the suite asks of any server, without fixtures of its own.
OF_EVERY_SERVER = {
    "2025-11-25": {
        "server-initialize",
        "server-session-lifecycle",
        "ping",
        "completion-complete",
        "tools-list",
        "resources-list",
        "prompts-list",
        "server-sse-multiple-streams",
        "dns-rebinding-protection",
    },
    "2026-07-28": {
        "completion-complete",
        "tools-list",
        "resources-list",
        "prompts-list",
        "server-sse-multiple-streams",
        "dns-rebinding-protection",
        "sep-2164-resource-not-found",
        "caching",
        "http-header-validation",
        "input-required-result-missing-input-response",
        "input-required-result-unsupported-methods",
        "input-required-result-ignore-extra-params",
        "input-required-result-validate-input",
    },
}
# Two more scenarios are about tasks that ask in the middle and tools that need tasks; we have neither.
TASKS = (
    "tasks-lifecycle",
    "tasks-capability-negotiation",
    "tasks-wire-fields",
    "tasks-request-state-removal",
    "tasks-request-headers",
    "tasks-dispatch-and-envelope",
    "tasks-mrtr-composition",
)


def running(command: list[str]) -> Iterator[str]:
    """Run a server until the end of the test; yield the URL that it writes first."""
    with subprocess.Popen(
        command, cwd=TESTS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()
        server.stdout.read()


@pytest.fixture(scope="module")
def fixtures() -> Iterator[str]:
    """Our server with the suite's fixtures."""
    yield from running([sys.executable, "-m", "support.conformance_server"])


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The command itself."""
    home = tmp_path_factory.mktemp("product")
    config = home / "snapharbor.yml"
    config.write_text(f"defaults:\n  working_directory: {home / 'data'}\n")
    config.chmod(0o600)
    command = [sys.executable, "-m", "snapharbor", "--config", str(config)]
    yield from running([*command, "mcp", "--transport", "http", "--port", "0"])


def passed(output: str) -> set[str]:
    return set(re.findall(r"^\s*✓ ([\w-]+)", output, re.MULTILINE))


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_scored_scenario_passes(revision: str, node: Node, fixtures: str, tmp_path: Path) -> None:
    ran = node.conformance("server", "--url", fixtures, "--requirements", revision, "-o", tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(passed(ran.stdout)) >= 30
    if revision == "2026-07-28":
        assert passed(ran.stdout) >= set(TASKS)


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_product_passes_what_needs_no_fixtures(
    revision: str, node: Node, product: str, tmp_path: Path
) -> None:
    for scenario in sorted(OF_EVERY_SERVER[revision]):
        chosen = ("--scenario", scenario, "--spec-version", revision)
        ran = node.conformance("server", "--url", product, *chosen, "-o", tmp_path)
        assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_finds_no_fault_with_the_schemas(era: str, node: Node) -> None:
    server = (sys.executable, "-m", "snapharbor", "mcp")
    ran = node.inspect(
        *server, "--protocol-era", era, "--method", "tools/list", "--strict", "--format", "json"
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert '"build_snapshot"' in ran.stdout
