"""`snapharbor://shares`: what was given to whom, and until when."""

import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

from mcp.server.mcpserver import MCPServer

from ..engine.harbor import Harbor
from ..engine.model.share import Share

Lifespan = TypeVar("Lifespan")


def register(server: MCPServer[Lifespan], harbor: Callable[[], Awaitable[Harbor]]) -> None:
    """Add the resource of shares."""

    @server.resource("snapharbor://shares", title="Shares", mime_type="application/json")
    async def shares() -> str:
        """Your own shares, newest first, expired and revoked ones too; revoke_share takes the id."""
        found = await (await harbor()).shares()
        return json.dumps([_view(share) for share in found], ensure_ascii=False, indent=1)


def _view(share: Share) -> dict[str, object]:
    return {
        "share": share.id,
        "snapshot": share.snapshot,
        "target": share.target,
        "storage": share.profile or "local",
        "recipients": list(share.recipients),
        "created_at": share.created_at,
        "expires_at": share.expires_at,
        "revoked_at": share.revoked_at,
        "open": share.is_open(),
    }
