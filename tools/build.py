"""The toolset `build`: take snapshots."""

from ..engine.operations.requests import BuildRequest
from .call import ADDS, Call, Offered
from .carry import start
from .outcome import Outcome


async def build_snapshot(call: Call, target: str, tags: tuple[str, ...] = ()) -> Outcome:
    """Take an encrypted snapshot of a target's source, in one consistent view. A job."""
    return await start(call, BuildRequest(target, tags))


TOOLS = (Offered(build_snapshot, "Build a snapshot", ADDS, "build"),)
