"""`snapharbor://templates`: which mask each kind of personal data gets, and why."""

import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

from mcp.server.mcpserver import MCPServer

from ..engine.harbor import Harbor

Lifespan = TypeVar("Lifespan")


def register(server: MCPServer[Lifespan], _harbor: Callable[[], Awaitable[Harbor]]) -> None:
    """Add the resources of templates."""

    @server.resource("snapharbor://templates", title="Templates of masks", mime_type="application/json")
    def templates() -> str:
        """Every template by which rules can be suggested."""
        from ..engine.masks.templates import templates as every_template
        from ..engine.report.suggested import template_row

        return json.dumps([template_row(one) for one in every_template()], ensure_ascii=False, indent=1)

    @server.resource("snapharbor://templates/{name}", title="Template of masks")
    def template(name: str) -> str:
        """The mask of each kind of data, the clause that it answers to, and what is not covered."""
        from ..engine.masks.templates import template as chosen
        from ..engine.report.suggested import template_lines

        return "\n".join(template_lines(chosen(name), width=110))
