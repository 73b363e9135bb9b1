"""The toolset `share`: open sanitized snapshots to others, and close them again."""

from typing import Annotated

from mcp_types import InputRequiredResult
from pydantic import Field

from ..engine.operations.requests import RevokeRequest, ShareRequest
from .call import EXPOSES, STOPS, Call, Confirmation, Offered, Reference
from .carry import carry_out
from .outcome import Outcome


async def share_snapshot(
    call: Call,
    snapshot: Reference,
    recipients: Annotated[tuple[str, ...], Field(description="Names or groups; default: the target's")] = (),
    seconds: Annotated[int | None, Field(ge=60, le=604800, description="How long the link works")] = None,
    confirmation: Confirmation = "",
) -> Outcome | InputRequiredResult:
    """Give a sanitized snapshot to people by an encrypted, expiring link. Answers a plan first."""
    return await carry_out(call, ShareRequest(snapshot, recipients, seconds), confirmation)


async def revoke_share(
    call: Call, share: str, confirmation: Confirmation = ""
) -> Outcome | InputRequiredResult:
    """Close a share before its time. Answers a plan first."""
    return await carry_out(call, RevokeRequest(share), confirmation)


TOOLS = (
    Offered(share_snapshot, "Share a snapshot", EXPOSES, "share"),
    Offered(revoke_share, "Revoke a share", STOPS, "share"),
)
