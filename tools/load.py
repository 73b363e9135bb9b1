"""The toolset `load`: put snapshots into databases."""

from typing import Annotated

from mcp_types import InputRequiredResult
from pydantic import Field

from ..engine.operations.requests import LoadRequest
from .call import REPLACES, Call, Confirmation, Offered, Reference
from .carry import carry_out
from .outcome import Outcome


async def load_snapshot(
    call: Call,
    snapshot: Reference,
    database: Annotated[str, Field(description="Another database on the destination's server")] = "",
    original: Annotated[bool, Field(description="Load raw, unsanitized data")] = False,
    keep_previous: bool | None = None,
    confirmation: Confirmation = "",
) -> Outcome | InputRequiredResult:
    """Put a snapshot into the destination database. Plans first if that overwrites or is raw. A job."""
    request = LoadRequest(snapshot, database=database or None, original=original, keep_previous=keep_previous)
    return await carry_out(call, request, confirmation)


TOOLS = (Offered(load_snapshot, "Load a snapshot", REPLACES, "load"),)
