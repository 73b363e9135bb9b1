"""Our own server with the fixtures that the official conformance suite calls, on a free port.

The suite cannot be run against a product alone: it needs tools, prompts and resources of given names.
Everything else (dispatch, errors, extensions, transport) is what the product runs. Writes its URL.
"""

import base64
import json
import logging
import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import anyio
from mcp.server import ServerRequestContext
from mcp.server.mcpserver import Context, MCPServer, UserMessage
from mcp.server.mcpserver.prompts.base import Prompt
from mcp.server.streamable_http import EventCallback, EventMessage, EventStore
from mcp.shared.exceptions import MCPError
from mcp_types import (
    AudioContent,
    ClientCapabilities,
    EmbeddedResource,
    EmptyResult,
    ImageContent,
    JSONRPCMessage,
    RequestParams,
    SamplingMessage,
    TextContent,
    TextResourceContents,
)
from pydantic import BaseModel, Field
from support import conformance_rounds, conformance_tasks
from support.conformance_rounds import FIXTURE
from support.harbor import World

from snapharbor.server.app import build_server
from snapharbor.server.listen import address, listen, serve

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
SILENCE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA="
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"required": ["contactMethod"], "properties": {"contactMethod": {"const": "phone"}}},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


class Answer(BaseModel):
    """One line of text."""

    response: str = Field(description="The answer")


class Defaults(BaseModel):
    """A default of every primitive type."""

    name: str = "John Doe"
    age: int = 30
    score: float = 95.5
    status: str = Field(default="active", json_schema_extra={"enum": ["active", "inactive", "pending"]})
    verified: bool = True


def _titled(*pairs: tuple[str, str]) -> list[Any]:
    return [{"const": value, "title": title} for value, title in pairs]


class Enums(BaseModel):
    """Every way to write an enumeration."""

    untitledSingle: Annotated[str, Field(json_schema_extra={"enum": ["active", "inactive"]})]  # noqa: N815
    titledSingle: Annotated[  # noqa: N815
        str, Field(json_schema_extra={"oneOf": _titled(("low", "Low"), ("high", "High"))})
    ]
    untitledMulti: Annotated[  # noqa: N815
        list[str], Field(json_schema_extra={"items": {"type": "string", "enum": ["read", "write"]}})
    ]
    titledMulti: Annotated[  # noqa: N815
        list[str], Field(json_schema_extra={"items": {"anyOf": _titled(("bug", "Bug"), ("docs", "Docs"))}})
    ]
    legacyEnum: Annotated[  # noqa: N815
        str, Field(json_schema_extra={"enum": ["small", "large"], "enumNames": ["Small", "Large"]})
    ]


def image() -> ImageContent:
    return ImageContent(data=PIXEL, mime_type="image/png")


def embedded(uri: str, text: str, kind: str = "text/plain") -> EmbeddedResource:
    return EmbeddedResource(resource=TextResourceContents(uri=uri, text=text, mime_type=kind))


def add_contents(server: MCPServer[Any]) -> None:
    """Add a tool for every kind of content."""

    @server.tool(description=FIXTURE)
    async def test_simple_text() -> str:
        return "This is a simple text response for testing."

    @server.tool(description=FIXTURE)
    async def test_image_content() -> list[ImageContent]:
        return [image()]

    @server.tool(description=FIXTURE)
    async def test_audio_content() -> list[AudioContent]:
        return [AudioContent(data=SILENCE, mime_type="audio/wav")]

    @server.tool(description=FIXTURE)
    async def test_embedded_resource() -> list[EmbeddedResource]:
        return [embedded("test://embedded-resource", "This is an embedded resource content.")]

    @server.tool(description=FIXTURE)
    async def test_multiple_content_types() -> list[TextContent | ImageContent | EmbeddedResource]:
        resource = embedded("test://mixed-content-resource", '{"test": "data"}', "application/json")
        return [TextContent(text="Multiple content types test:"), image(), resource]

    @server.tool(description=FIXTURE)
    async def test_error_handling() -> str:
        raise RuntimeError("this tool always fails")

    @server.tool(description=FIXTURE)
    async def json_schema_2020_12_tool() -> str:
        return "unused"

    @server.tool(description=FIXTURE)
    async def test_x_mcp_header(
        region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})] = "",
    ) -> str:
        return region


def add_conversation(server: MCPServer[Any]) -> None:
    """Add tools that talk with the client while they run."""

    @server.tool(description=FIXTURE)
    async def test_tool_with_logging(ctx: Context) -> str:
        for text in ("Tool execution started", "Tool processing data", "Tool execution completed"):
            await ctx.info(text)  # pyright: ignore[reportDeprecated]
            await anyio.sleep(0.05)
        return "logged"

    @server.tool(description=FIXTURE)
    async def test_tool_with_progress(ctx: Context) -> str:
        for step in (0, 50, 100):
            await ctx.report_progress(step, 100, f"Completed step {step} of 100")
            await anyio.sleep(0.05)
        return "done"

    @server.tool(description=FIXTURE)
    async def test_sampling(prompt: str, ctx: Context) -> str:
        asked = [SamplingMessage(role="user", content=TextContent(text=prompt))]
        result = await ctx.session.create_message(  # pyright: ignore[reportDeprecated]
            messages=asked, max_tokens=100, related_request_id=ctx.request_id
        )
        return f"LLM response: {getattr(result.content, 'text', '')}"

    @server.tool(description=FIXTURE)
    async def test_elicitation(message: str, ctx: Context) -> str:
        return (await ctx.elicit(message, Answer)).model_dump_json()

    @server.tool(description=FIXTURE)
    async def test_elicitation_sep1034_defaults(ctx: Context) -> str:
        return (await ctx.elicit("Please provide user information", Defaults)).model_dump_json()

    @server.tool(description=FIXTURE)
    async def test_elicitation_sep1330_enums(ctx: Context) -> str:
        return (await ctx.elicit("Please select values", Enums)).model_dump_json()

    @server.tool(description=FIXTURE)
    async def test_missing_capability(ctx: Context) -> str:
        known = ctx.client_capabilities or ClientCapabilities()
        if known.sampling is None:
            needed: dict[str, Any] = {"requiredCapabilities": {"sampling": {}}}
            raise MCPError(code=-32021, message="this tool needs sampling", data=needed)
        return "sampling is declared"

    @server.tool(description=FIXTURE)
    async def test_reconnection(ctx: Context) -> str:
        await ctx.close_sse_stream()
        await anyio.sleep(0.2)
        return "Reconnection test completed"

    @server.tool(description=FIXTURE)
    async def test_trigger_tool_change(ctx: Context) -> str:
        server.add_tool(_fleeting, name="test_fleeting")
        server.remove_tool("test_fleeting")
        await ctx.notify_tools_changed()
        return "changed"

    @server.tool(description=FIXTURE)
    async def test_trigger_prompt_change(ctx: Context) -> str:
        server.add_prompt(Prompt.from_function(_fleeting, name="test_fleeting", description=FIXTURE))
        server.remove_prompt("test_fleeting")
        await ctx.notify_prompts_changed()
        return "changed"


async def _fleeting() -> str:
    return "there for a moment"


def add_documents(server: MCPServer[Any]) -> None:
    """Add the resources and prompts that the suite reads."""

    @server.resource("test://static-text")
    async def static_text() -> str:
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", mime_type="image/png")
    async def static_binary() -> bytes:
        return base64.b64decode(PIXEL)

    @server.resource("test://template/{id}/data", mime_type="application/json")
    async def template(id: str) -> str:
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})

    @server.resource("test://watched-resource")
    async def watched() -> str:
        return "watched"

    @server.prompt(description=FIXTURE)
    def test_simple_prompt() -> str:
        return "This is a simple prompt for testing."

    @server.prompt(description=FIXTURE)
    def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
        return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"

    @server.prompt(description=FIXTURE)
    def test_prompt_with_embedded_resource(resourceUri: str) -> list[UserMessage]:  # noqa: N803
        return [UserMessage(embedded(resourceUri, "Embedded.")), UserMessage("Please process it.")]

    @server.prompt(description=FIXTURE)
    def test_prompt_with_image() -> list[UserMessage]:
        return [UserMessage(image()), UserMessage("Please analyze the image above.")]


class Named(RequestParams):
    """Parameters that are taken and not looked at."""

    uri: str = ""
    level: str = ""


async def _acknowledge(_ctx: ServerRequestContext[Any, Any], _params: Named) -> EmptyResult:
    return EmptyResult()


class Events(EventStore):
    """Events of one process, for the scenario that reconnects in the middle of a call."""

    def __init__(self) -> None:
        self._events: list[tuple[str, JSONRPCMessage | None]] = []

    async def store_event(self, stream_id: str, message: JSONRPCMessage | None) -> str:
        self._events.append((stream_id, message))
        return str(len(self._events) - 1)

    async def replay_events_after(self, last_event_id: str, send_callback: EventCallback) -> str | None:
        last = int(last_event_id)
        stream = self._events[last][0]
        for number, (other, message) in enumerate(self._events[last + 1 :], last + 1):
            if other == stream and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream


async def main() -> None:
    """Serve until the process is ended."""
    with tempfile.TemporaryDirectory() as directory:
        world = World(Path(directory))
        server = build_server(world.open)
        for add in (add_contents, add_conversation, add_documents, conformance_rounds.add):
            add(server)
        conformance_tasks.add(server, world)
        low = server._lowlevel_server  # pyright: ignore[reportPrivateUsage]
        for method in ("logging/setLevel", "resources/subscribe", "resources/unsubscribe"):
            low.add_request_handler(method, Named, _acknowledge)
        tool = server._tool_manager.get_tool("json_schema_2020_12_tool")  # pyright: ignore[reportPrivateUsage]
        assert tool is not None
        tool.parameters = SCHEMA
        listening = listen("127.0.0.1", 0)
        url = f"http://{address(listening, '127.0.0.1')}/mcp"
        app = server.streamable_http_app(event_store=Events(), retry_interval=100)
        await serve(app, listening, ready=partial(print, url, flush=True))


if __name__ == "__main__":
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    anyio.run(main)
