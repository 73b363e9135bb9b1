"""What it costs to start: CPU seconds of `snapharbor mcp` above a bare server of the SDK.

Each round starts both once, in turns, lists the tools over stdio, ends, and reads the CPU time of the child.
`python benchmarks/startup.py [ROUNDS]` prints the medians, their difference and their ratio.
"""

import json
import resource
import statistics
import subprocess
import sys

BARE = """
from mcp.server import MCPServer
server = MCPServer("bare", log_level="WARNING")
@server.tool()
async def nothing() -> str:
    return ""
server.run("stdio")
"""
COMMANDS = {
    "bare SDK": [sys.executable, "-c", BARE],
    "snapharbor mcp": [sys.executable, "-m", "snapharbor", "mcp", "--transport", "stdio"],
}
ALLOWED = 0.3


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def one(command: list[str]) -> float:
    """Start, initialize, list the tools, end; return CPU seconds."""
    before = cpu_of_children()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        client = {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "b", "version": "1"},
        }
        for number, method, params in ((1, "initialize", client), (2, "tools/list", {})):
            message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            server.stdin.write(json.dumps(message) + "\n")
            server.stdin.flush()
            assert "result" in json.loads(server.stdout.readline())
        server.stdin.close()
        server.wait(30)
    return cpu_of_children() - before


def main() -> int:
    """Measure, print, and return whether it is too much."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            seconds[name].append(one(command))
    bare, ours = (statistics.median(values) for values in seconds.values())
    for name, values in seconds.items():
        print(f"{name:15} {statistics.median(values):.3f} s CPU (median of {rounds}, min {min(values):.3f})")
    print(f"difference {ours - bare:+.3f} s (allowed {ALLOWED:+.1f} s), ratio {ours / bare:.2f}")
    return int(ours - bare > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
