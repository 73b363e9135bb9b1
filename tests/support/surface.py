"""What agents see of the tools, one file per tool in tests/surface, and the pages in docs that tell of it.

`make docs` writes the files anew after a wanted change.
"""

import inspect
import json
import re
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import anyio
from mcp import Client

from snapharbor.engine.harbor import Harbor
from snapharbor.resources.errors import page
from snapharbor.server.app import build_server
from snapharbor.server.toolsets import TOOLSETS

TESTS = Path(__file__).parents[1]
SURFACE = TESTS / "surface"
ERRORS = TESTS.parent / "docs" / "errors.md"
GUIDE = TESTS.parent / "docs" / "mcp.md"
TABLE = re.compile(r"(<!-- tools: [^\n]*\n).*?(<!-- /tools -->)", re.DOTALL)


def closed() -> AbstractAsyncContextManager[Harbor]:
    """Stand for a harbor that is never opened: listing tools must not need one."""
    raise AssertionError("the harbor was opened")


async def surface() -> dict[str, str]:
    """Return every tool as it is listed, by name, as JSON text."""
    async with Client(build_server(closed)) as client:
        tools = (await client.list_tools()).tools
    views = {tool.name: tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools}
    return {name: json.dumps(view, indent=2) + "\n" for name, view in views.items()}


def guide() -> str:
    """Return docs/mcp.md with the table of tools as they are."""
    rows = ["| Toolset | Tool | What it does | Changes something |\n|---|---|---|---|\n"]
    for toolset, tools in TOOLSETS.items():
        for tool in tools:
            told = " ".join((inspect.getdoc(tool.run) or "").split())
            changes = "" if tool.annotations.read_only_hint else "yes"
            rows.append(f"| {toolset} | `{tool.run.__name__}` | {told} | {changes} |\n")
    return TABLE.sub(lambda found: found[1] + "".join(rows) + found[2], GUIDE.read_text())


async def write() -> None:
    """Write the files anew."""
    for file in SURFACE.glob("*.json"):
        file.unlink()
    for name, text in (await surface()).items():
        (SURFACE / f"{name}.json").write_text(text)
    ERRORS.write_text(page())
    GUIDE.write_text(guide())


if __name__ == "__main__":
    anyio.run(write)
