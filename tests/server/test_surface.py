"""What is offered: the tools as they are listed, within budget, the same in every run."""

import json
import subprocess
import sys

import pytest
from mcp import Client
from mcp_types import Tool
from support.server import Connect, Mode
from support.surface import GUIDE, SURFACE, closed, guide, surface

from snapharbor.engine.model.errors import ArgumentInvalid
from snapharbor.server.app import INSTRUCTIONS, build_server
from snapharbor.server.toolsets import TOOLSETS, chosen

LISTING = """
import anyio, sys
from mcp import Client
from support.server import Connect
from support.surface import closed
from snapharbor.server.app import build_server
async def main():
    async with Client(build_server(closed)) as client:
        print((await client.list_tools()).model_dump_json(by_alias=True, exclude_none=True))
anyio.run(main)
"""


@pytest.fixture
async def tools() -> list[Tool]:
    async with Client(build_server(closed)) as client:
        return (await client.list_tools()).tools


async def test_every_tool_is_listed_as_its_file_says() -> None:
    written = {file.stem: file.read_text() for file in SURFACE.glob("*.json")}
    assert await surface() == written, "run `make docs` if the change is wanted"


def test_the_guide_names_every_tool_as_it_is() -> None:
    assert guide() == GUIDE.read_text(), "run `make docs`"


async def test_the_whole_reply_that_lists_them_fits_into_an_agents_mind(mode: Mode) -> None:
    async with Client(build_server(closed), mode=mode) as client:
        listed = await client.list_tools()
    reply = {
        "jsonrpc": "2.0",
        "id": 99,
        "result": listed.model_dump(mode="json", by_alias=True, exclude_none=True),
    }
    assert len(listed.tools) <= 16
    assert len(json.dumps(reply, separators=(",", ":"), ensure_ascii=False).encode()) <= 12_000
    assert len(INSTRUCTIONS) <= 1500


async def test_every_tool_says_what_it_is(tools: list[Tool]) -> None:
    for tool in tools:
        assert all((tool.title, tool.description, tool.output_schema)), tool.name
        hints = tool.annotations
        assert hints is not None, tool.name
        told = (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint)
        assert None not in told, tool.name
        assert tool.input_schema["additionalProperties"] is False, tool.name


async def test_no_schema_needs_what_some_clients_cannot_read(tools: list[Tool]) -> None:
    text = json.dumps([[tool.input_schema, tool.output_schema] for tool in tools])
    assert not [word for word in ("$ref", "$defs", "anyOf", '"null"') if word in text]


def test_two_runs_list_the_same_bytes() -> None:
    runs = {
        subprocess.run(
            [sys.executable, "-c", LISTING],
            check=True,
            capture_output=True,
            env={"PYTHONHASHSEED": value, "PYTHONPATH": str(SURFACE.parent)},
        ).stdout
        for value in ("0", "7")
    }
    assert len(runs) == 1


def test_read_only_offers_no_tool_that_changes_anything() -> None:
    offered = chosen(read_only=True)
    assert offered
    assert all(tool.annotations.read_only_hint for tool in offered)
    assert {tool.run.__name__ for tool in chosen(("load", "share"), read_only=True)} == set()


@pytest.mark.parametrize(
    ("tool", "server", "code"),
    [
        ("build_snapshot", {"read_only": True}, "read-only"),
        ("build_snapshot", {"toolsets": ("read",)}, "argument-invalid"),
        ("list_targets", {"toolsets": ("load",), "read_only": True}, "argument-invalid"),
        ("bild_snapshot", {"read_only": True}, "argument-invalid"),
    ],
)
async def test_a_tool_that_is_off_is_not_called_unknown(
    connect: Connect, tool: str, server: dict[str, object], code: str
) -> None:
    async with connect(server) as client:
        refused = await client.call_tool(tool, {"target": "shop"})
    assert refused.structured_content["code"] == code
    assert ("no tool" in refused.structured_content["message"]) == (tool == "bild_snapshot")


def test_toolsets_choose_what_is_offered() -> None:
    assert {tool.run.__name__ for tool in chosen(("build", "sanitize"))} == {
        "build_snapshot",
        "explain_sanitization",
        "sanitize_snapshot",
        "suggest_rules",
    }
    assert len(chosen()) == sum(len(tools) for tools in TOOLSETS.values())


def test_an_unknown_toolset_is_refused_with_the_closest_name() -> None:
    with pytest.raises(ArgumentInvalid) as refused:
        chosen(("lod",))
    assert "`load`" in refused.value.hint
