"""What agents see of the tools, one file per tool in tests/surface, and the page of errors in docs.

`python tests/support/surface.py` writes the files anew after a wanted change.
"""

import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import anyio
from mcp import Client

from snapharbor.engine.harbor import Harbor
from snapharbor.resources.errors import page
from snapharbor.server.app import build_server

TESTS = Path(__file__).parents[1]
SURFACE = TESTS / "surface"
ERRORS = TESTS.parent / "docs" / "errors.md"


def closed() -> AbstractAsyncContextManager[Harbor]:
    """Stand for a harbor that is never opened: listing tools must not need one."""
    raise AssertionError("the harbor was opened")


async def surface() -> dict[str, str]:
    """Return every tool as it is listed, by name, as JSON text."""
    async with Client(build_server(closed)) as client:
        tools = (await client.list_tools()).tools
    views = {tool.name: tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools}
    return {name: json.dumps(view, indent=2) + "\n" for name, view in views.items()}


async def write() -> None:
    """Write the files anew."""
    for file in SURFACE.glob("*.json"):
        file.unlink()
    for name, text in (await surface()).items():
        (SURFACE / f"{name}.json").write_text(text)
    ERRORS.write_text(page())


if __name__ == "__main__":
    anyio.run(write)
