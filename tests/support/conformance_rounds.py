"""Fixtures of the conformance suite that need several rounds: a question, an answer, the result."""

import json
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import (
    ClientCapabilities,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequest,
    InputRequiredResult,
    ListRootsRequest,
    SamplingMessage,
    TextContent,
)

FIXTURE = "A fixture of the conformance suite."


def ask(message: str, field: str = "name", kind: str = "string") -> ElicitRequest:
    """Return a question with one field."""
    schema = {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def sample(text: str) -> CreateMessageRequest:
    """Return a question to the client's model."""
    message = SamplingMessage(role="user", content=TextContent(text=text))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=100))


def said(ctx: Context[Any, Any], key: str, field: str) -> str:
    """Return a field of an answer."""
    answer = (ctx.input_responses or {}).get(key)
    content = answer.content if isinstance(answer, ElicitResult) else None
    return str((content or {}).get(field, "?"))


def answered(ctx: Context[Any, Any], *keys: str) -> bool:
    """Tell whether all these questions were answered."""
    return set(keys) <= (ctx.input_responses or {}).keys()


def add(server: MCPServer[Any]) -> None:
    """Add all of them."""
    _add_questions(server)
    _add_states(server)

    @server.prompt(description=FIXTURE)
    async def test_input_required_result_prompt(ctx: Context) -> str | InputRequiredResult:
        if answered(ctx, "user_context"):
            return f"Use the following context: {said(ctx, 'user_context', 'context')}"
        return InputRequiredResult(input_requests={"user_context": ask("Which context?", "context")})


def _add_questions(server: MCPServer[Any]) -> None:
    @server.tool(description=FIXTURE)
    async def test_input_required_result_elicitation(ctx: Context) -> str | InputRequiredResult:
        if answered(ctx, "user_name"):
            return f"Hello, {said(ctx, 'user_name', 'name')}!"
        return InputRequiredResult(input_requests={"user_name": ask("What is your name?")})

    @server.tool(description=FIXTURE)
    async def test_input_required_result_sampling(ctx: Context) -> str | InputRequiredResult:
        if answered(ctx, "capital_question"):
            return "The model answered."
        return InputRequiredResult(
            input_requests={"capital_question": sample("What is the capital of France?")}
        )

    @server.tool(description=FIXTURE)
    async def test_input_required_result_list_roots(ctx: Context) -> str | InputRequiredResult:
        if answered(ctx, "client_roots"):
            return "The client has roots."
        return InputRequiredResult(input_requests={"client_roots": ListRootsRequest()})

    @server.tool(description=FIXTURE)
    async def test_input_required_result_multiple_inputs(ctx: Context) -> str | InputRequiredResult:
        if answered(ctx, "user_name", "greeting", "client_roots"):
            return "All inputs received."
        questions: dict[str, InputRequest] = {
            "user_name": ask("What is your name?"),
            "greeting": sample("Generate a greeting"),
            "client_roots": ListRootsRequest(),
        }
        return InputRequiredResult(input_requests=questions, request_state="multiple")

    @server.tool(description=FIXTURE)
    async def test_input_required_result_capabilities(ctx: Context) -> InputRequiredResult:
        known = ctx.client_capabilities or ClientCapabilities()
        questions: dict[str, InputRequest] = {}
        if known.sampling is not None:
            questions["sample"] = sample("Say hello")
        if known.elicitation is not None:
            questions["ask"] = ask("What is your name?")
        return InputRequiredResult(input_requests=questions, request_state="gated")


def _add_states(server: MCPServer[Any]) -> None:
    @server.tool(description=FIXTURE)
    async def test_input_required_result_request_state(ctx: Context) -> str | InputRequiredResult:
        if answered(ctx, "confirm") and ctx.request_state == "nonce":
            return "state-ok: confirmation received"
        confirm = ask("Please confirm", "ok", "boolean")
        return InputRequiredResult(input_requests={"confirm": confirm}, request_state="nonce")

    @server.tool(description=FIXTURE)
    async def test_input_required_result_tampered_state(ctx: Context) -> str | InputRequiredResult:
        if ctx.request_state is not None:
            return "state-ok"
        confirm = ask("Please confirm", "ok", "boolean")
        return InputRequiredResult(input_requests={"confirm": confirm}, request_state="first")

    @server.tool(description=FIXTURE)
    async def test_input_required_result_multi_round(ctx: Context) -> str | InputRequiredResult:
        state: dict[str, Any] = json.loads(ctx.request_state or "{}")
        if "name" in state and answered(ctx, "step2"):
            return f"{state['name']} likes {said(ctx, 'step2', 'color')}."
        if state and answered(ctx, "step1"):
            known = json.dumps({"round": 2, "name": said(ctx, "step1", "name")})
            question: dict[str, InputRequest] = {
                "step2": ask("Step 2: What is your favorite color?", "color")
            }
            return InputRequiredResult(input_requests=question, request_state=known)
        first: dict[str, InputRequest] = {"step1": ask("Step 1: What is your name?")}
        return InputRequiredResult(input_requests=first, request_state=json.dumps({"round": 1}))
