"""The toolset `sanitize`: turn raw snapshots into ones that may be given away."""

from typing import Annotated

from pydantic import Field

from ..engine.operations.requests import SanitizeRequest
from .call import ADDS, Call, Offered
from .carry import start
from .outcome import Outcome


async def sanitize_snapshot(
    call: Call,
    target: str,
    snapshot: Annotated[str, Field(description="An original; default: the newest")] = "",
    new: Annotated[bool, Field(description="Build a fresh original first")] = False,
) -> Outcome:
    """Make a sanitized snapshot by the target's SQL rules; the original stays as it is. A job."""
    return await start(call, SanitizeRequest(target, snapshot or None, new))


TOOLS = (Offered(sanitize_snapshot, "Sanitize a snapshot", ADDS),)
