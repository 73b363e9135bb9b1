"""An agent on the real command over stdio: it calls tools, follows jobs, and keeps every word it is told."""

import os
import re
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters


class Agent:
    """Calls tools, follows their jobs, confirms their plans, and keeps every word that it is told."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.told: list[str] = []

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await self.client.call_tool(tool, arguments, progress_callback=self._progress)
        self.told.append(result.model_dump_json())
        assert len(result.model_dump_json(by_alias=True, exclude_none=True).encode()) <= 8192
        assert not result.is_error, result.structured_content
        answer: dict[str, Any] = result.structured_content
        return answer

    async def end(self, answer: dict[str, Any]) -> dict[str, Any]:
        while answer["state"] in ("queued", "running"):
            answer = await self.call("get_job", job_id=answer["job_id"], wait_seconds=45)
        assert answer["state"] == "succeeded", answer
        result: dict[str, Any] = answer["result"]
        return result

    async def _progress(self, progress: float, total: float | None, message: str | None) -> None:
        self.told.append(f"{progress} {total} {message}")


@asynccontextmanager
async def agent(config: Path, *flags: str) -> AsyncGenerator[Agent]:
    arguments = ["-m", "snapharbor", "--config", str(config), "mcp", *flags]
    async with Client(
        StdioServerParameters(command=sys.executable, args=arguments, env=dict(os.environ))
    ) as client:
        yield Agent(client)


@contextmanager
def serve(config: Path) -> Generator[None]:
    """Run `snapharbor serve` where the configuration says that links lead to."""
    port = re.search(r"serve_url: http://127.0.0.1:(\d+)", config.read_text())
    assert port is not None
    command = [sys.executable, "-m", "snapharbor", "--config", str(config), "serve", "--port", port[1]]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            assert server.stderr.readline().strip() == f"http://127.0.0.1:{port[1]}"
            yield
        finally:
            server.terminate()
            server.stderr.read()
