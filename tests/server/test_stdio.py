"""The real command over real pipes: fast to start, silent beside the protocol, gone with its client."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from support.server import Mode

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]
HEAVY = (
    "boto3",
    "botocore",
    "sqlglot",
    "psycopg",
    "pymysql",
    "pyrage",
    "isal",
    "cryptography",
    "rich",
    "keyring",
)
LOADED = """
import sys
from mcp.server import MCPServer
MCPServer("bare")
before = set(sys.modules)
import anyio
from pathlib import Path
from mcp import Client
from snapharbor.engine.harbor import Harbor
from snapharbor.server.app import build_server
async def main():
    async with Client(build_server(lambda: Harbor.open(Path(sys.argv[1])))) as client:
        await client.list_tools()
        result = await client.call_tool("list_targets", {})
        assert not result.is_error, result
anyio.run(main)
print("\\n".join(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
"""
CONFIG = """
targets:
  shop:
    snapshot:
      src_url: postgres://reader@127.0.0.1:{port}/shop
storage_profiles:
  dead:
    provider: minio
    endpoint: http://127.0.0.1:{port}
    bucket: none
    access_key: none
    secret_key: none
defaults:
  working_directory: {directory}
"""
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Listen where a storage should be, and never say a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(20)
        yield listening


@pytest.fixture
def config(tmp_path: Path, silent: socket.socket) -> Path:
    file = tmp_path / "snapharbor.yml"
    file.write_text(CONFIG.format(port=silent.getsockname()[1], directory=tmp_path / "data"))
    file.chmod(0o600)
    return file


@pytest.fixture
def server(config: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "snapharbor", "--config", str(config), "mcp"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def ask(server: "subprocess.Popen[str]", message: dict[str, Any]) -> dict[str, Any]:
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(message) + "\n")
    server.stdin.flush()
    answer: dict[str, Any] = json.loads(server.stdout.readline())
    return answer


async def test_a_client_works_over_stdio(config: Path, mode: Mode) -> None:
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "snapharbor", "--config", str(config), "mcp"],
        env=dict(os.environ),
    )
    async with Client(parameters, mode=mode) as client:
        assert len((await client.list_tools()).tools) == 15
        listed = await client.call_tool("list_targets", {})
    assert [row["target"] for row in listed.structured_content["targets"]] == ["shop"]


async def test_the_example_for_claude_desktop_starts_a_server(config: Path) -> None:
    example = json.loads((ROOT / "claude_desktop_config.example.json").read_text())["mcpServers"][
        "snapharbor"
    ]
    arguments = [str(config) if text.endswith(".yml") else text for text in example["args"]]
    assert str(config) in arguments
    parameters = StdioServerParameters(command=sys.executable, args=["-m", "snapharbor", *arguments])
    async with Client(parameters) as client:
        assert not (await client.call_tool("list_targets", {})).is_error


def test_only_json_rpc_stands_on_stdout(server: "subprocess.Popen[str]") -> None:
    ask(server, INITIALIZE)
    out, _ = server.communicate("this is not JSON\n" + json.dumps({"jsonrpc": "2.0", "method": "x"}) + "\n")
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in out.splitlines())


def test_it_is_gone_two_seconds_after_its_client_whatever_is_waited_for(
    server: "subprocess.Popen[str]", silent: socket.socket
) -> None:
    ask(server, INITIALIZE)
    assert server.stdin is not None
    call: dict[str, Any] = {"name": "list_snapshots", "arguments": {}}
    server.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call}) + "\n")
    server.stdin.flush()
    waiting, _ = silent.accept()
    begun = time.monotonic()
    server.stdin.close()
    server.wait(10)
    assert time.monotonic() - begun < 2
    waiting.close()


def test_nothing_heavy_is_loaded_to_list_tools_and_targets(config: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", LOADED, str(config)], check=True, capture_output=True, text=True
    )
    loaded = set(run.stdout.split())
    assert "snapharbor" in loaded
    assert not loaded.intersection(HEAVY)
