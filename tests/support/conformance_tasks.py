"""Fixtures of the conformance suite that become tasks: real jobs of a harbor in memory."""

from typing import Any

import anyio
from mcp.server.mcpserver import MCPServer
from mcp_types import InputRequiredResult
from support.conformance_rounds import FIXTURE, answered, ask, said
from support.harbor import World

from snapharbor.engine.model.errors import DatabaseFailed
from snapharbor.engine.model.job import Report
from snapharbor.engine.model.json import JsonObject
from snapharbor.engine.model.plan import Plan
from snapharbor.engine.operations.requests import VerifyRequest
from snapharbor.engine.services import Services
from snapharbor.tools.call import Call
from snapharbor.tools.carry import start
from snapharbor.tools.outcome import Outcome


def add(server: MCPServer[Any], world: World) -> None:
    """Add all of them."""
    pauses: list[float] = []

    async def perform(_services: Services, plan: Plan, _report: Report) -> JsonObject:
        await anyio.sleep(pauses.pop() if pauses else 0.5)
        if plan.arguments["snapshot"] == "fails":
            raise DatabaseFailed("the job failed")
        if plan.arguments["snapshot"] == "crashes":
            raise RuntimeError("nobody foresaw this")
        return {"snapshot": plan.arguments["snapshot"]}

    world.perform = perform

    @server.tool(description=FIXTURE, structured_output=False)
    async def greet(name: str) -> str:
        return f"Hello, {name}!"

    @server.tool(description=FIXTURE)
    async def slow_compute(call: Call, seconds: float = 1, label: str = "") -> Outcome:
        pauses.append(seconds)
        return await start(call, VerifyRequest(label))

    @server.tool(description=FIXTURE)
    async def failing_job(call: Call) -> Outcome:
        return await start(call, VerifyRequest("fails"))

    @server.tool(description=FIXTURE)
    async def protocol_error_job(call: Call) -> Outcome:
        return await start(call, VerifyRequest("crashes"))

    @server.tool(description=FIXTURE)
    async def test_tool_with_task(call: Call) -> Outcome | InputRequiredResult:
        if not answered(call, "user_name"):
            return InputRequiredResult(input_requests={"user_name": ask("What is your name?")})
        return await start(call, VerifyRequest(said(call, "user_name", "name")))
