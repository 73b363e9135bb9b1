"""A task is a job by another name: durable before it is answered, and its owner's alone."""

import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from support.harbor import World
from support.server import Listening

from snapharbor.engine.model.errors import DatabaseFailed
from snapharbor.engine.model.job import Progress, Report
from snapharbor.engine.model.json import JsonObject
from snapharbor.engine.model.plan import Plan
from snapharbor.engine.services import Services
from snapharbor.server.auth import bearer, read_tokens

pytestmark = pytest.mark.server

VERSION = "2026-07-28"
TASKS = "io.modelcontextprotocol/tasks"
FORM: dict[str, Any] = {"elicitation": {"form": {}}}


class Raw:
    """A client of the modern revision that reads what is on the wire."""

    def __init__(self, http: httpx2.AsyncClient, url: str) -> None:
        self.http, self.url = http, url

    async def __call__(
        self,
        method: str,
        params: dict[str, Any],
        *,
        name: str,
        capabilities: dict[str, Any] | None = None,
        token: str = "",
    ) -> dict[str, Any]:
        """Send a request and return the answer's envelope."""
        declared: dict[str, Any] = {"extensions": {TASKS: {}}} if capabilities is None else capabilities
        meta: dict[str, Any] = {
            "io.modelcontextprotocol/protocolVersion": VERSION,
            "io.modelcontextprotocol/clientCapabilities": declared,
            "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
        }
        headers = {
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": VERSION,
            "mcp-method": method,
            "mcp-name": name,
            **({"authorization": f"Bearer {token}"} if token else {}),
        }
        body: dict[str, Any] = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": method,
            "params": {**params, "_meta": meta},
        }
        answer = await self.http.post(self.url, json=body, headers=headers, timeout=30)
        text = answer.text
        data = text if text.startswith("{") else text.rpartition("data: ")[2]
        envelope: dict[str, Any] = json.loads(data)
        return envelope

    async def call(self, tool: str, arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Call a tool and return the result."""
        params = {"name": tool, "arguments": arguments, **more.pop("params", {})}
        return (await self("tools/call", params, name=tool, **more))["result"]


class Gate:
    """An operation that goes on until it is let go."""

    def __init__(self) -> None:
        self.open = anyio.Event()

    async def __call__(self, _services: Services, _plan: Plan, report: Report) -> JsonObject:
        report(Progress("reading", 1, 4, "tables"))
        await self.open.wait()
        return {"rows": 3}


@pytest.fixture
def gate(world: World) -> Gate:
    world.perform = Gate()
    return world.perform


@pytest.fixture
async def raw(listening: Listening) -> AsyncIterator[Raw]:
    async with listening() as url, httpx2.AsyncClient() as http:
        yield Raw(http, url)


async def task(raw: Raw, task_id: str, method: str = "tasks/get", **more: Any) -> dict[str, Any]:
    params = {"taskId": task_id, **more.pop("params", {})}
    return await raw(method, params, name=task_id, **more)


async def ended(raw: Raw, task_id: str) -> dict[str, Any]:
    for _ in range(400):
        found: dict[str, Any] = (await task(raw, task_id))["result"]
        if found["status"] != "working":
            return found
        await anyio.sleep(0.05)
    raise AssertionError("the task goes on and on")


async def test_a_long_call_is_answered_with_a_task_that_is_a_job(raw: Raw, world: World, gate: Gate) -> None:
    answer = await raw.call("build_snapshot", {"target": "shop"})
    assert answer["resultType"] == "task"
    assert answer["status"] == "working"
    job = await world.ledger.job(answer["taskId"])
    assert job is not None
    gate.open.set()
    end = await ended(raw, answer["taskId"])
    assert end["status"] == "completed"
    assert end["result"]["structuredContent"]["result"] == {"rows": 3}
    assert not end["result"].get("isError")


async def test_a_client_that_declares_nothing_gets_the_job(raw: Raw, world: World) -> None:
    answer = await raw.call("build_snapshot", {"target": "shop"}, capabilities={})
    assert answer["structuredContent"]["state"] == "succeeded"
    refused = await task(raw, answer["structuredContent"]["job_id"], capabilities={})
    assert refused["error"]["code"] == -32021


async def test_what_is_done_at_once_is_no_task(raw: Raw) -> None:
    assert (await raw.call("list_targets", {}))["resultType"] == "complete"


async def test_a_failure_is_a_completed_task_with_an_error(raw: Raw, world: World) -> None:
    async def fails(_services: Services, _plan: Plan, _report: Report) -> JsonObject:
        raise DatabaseFailed("the server said no")

    world.perform = fails
    answer = await raw.call("build_snapshot", {"target": "shop"})
    end = answer if answer["resultType"] == "complete" else await ended(raw, answer["taskId"])
    assert end["status"] == "completed"
    assert end["result"]["isError"] is True
    assert end["result"]["structuredContent"]["failure"]["code"] == "database-failed"


async def test_a_task_can_be_cancelled_twice(raw: Raw, gate: Gate) -> None:
    task_id = (await raw.call("build_snapshot", {"target": "shop"}))["taskId"]
    for _ in range(2):
        assert (await task(raw, task_id, "tasks/cancel"))["result"]["resultType"] == "complete"
    assert (await ended(raw, task_id))["status"] == "cancelled"
    assert (await task(raw, task_id, "tasks/cancel"))["result"]["resultType"] == "complete"


async def test_the_confirmation_comes_before_the_task(raw: Raw, world: World, gate: Gate) -> None:
    capabilities: dict[str, Any] = {**FORM, "extensions": {TASKS: {}}}
    asked = await raw.call("load_snapshot", {"snapshot": "shop"}, capabilities=capabilities)
    assert asked["resultType"] == "input_required"
    assert world.started == []
    answer = await raw.call(
        "load_snapshot",
        {"snapshot": "shop"},
        capabilities=capabilities,
        params={
            "requestState": asked["requestState"],
            "inputResponses": {"approve": {"action": "accept", "content": {"approve": True}}},
        },
    )
    assert answer["resultType"] == "task"


async def test_an_unknown_task_and_a_wrong_header_are_refused(raw: Raw) -> None:
    assert (await task(raw, "unknown"))["error"]["code"] == -32602
    wrong = await raw("tasks/get", {"taskId": "unknown"}, name="other")
    assert wrong["error"]["code"] == -32020


async def test_there_is_nothing_to_update(raw: Raw, gate: Gate) -> None:
    task_id = (await raw.call("build_snapshot", {"target": "shop"}))["taskId"]
    updated = await task(raw, task_id, "tasks/update", params={"inputResponses": {}})
    assert updated["result"]["resultType"] == "complete"


async def test_somebody_elses_task_is_unknown(listening: Listening, world: World, tmp_path: Path) -> None:
    gate = world.perform = Gate()
    file = tmp_path / "tokens"
    file.write_text("\n".join(f"{sha256(name.encode()).hexdigest()} {name}" for name in ("ana", "bob")))
    file.chmod(0o600)
    server = {"auth": bearer(read_tokens(str(file)))}
    async with listening(**server) as url, httpx2.AsyncClient() as http:
        raw = Raw(http, url)
        task_id = (await raw.call("build_snapshot", {"target": "shop"}, token="ana"))["taskId"]
        assert "result" in await task(raw, task_id, token="ana")
        for method in ("tasks/get", "tasks/cancel", "tasks/update"):
            assert (await task(raw, task_id, method, token="bob"))["error"]["code"] == -32602
        gate.open.set()
