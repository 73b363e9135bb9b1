"""Which tools are on. A toolset is a folder file in tools/; read-only mode wins over every choice."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from typing import Final

from ..engine.model.errors import ArgumentInvalid, EngineError, ReadOnlyMode
from ..tools import build, load, read, sanitize, share
from ..tools.call import Offered
from .auth import SCOPES

TOOLSETS: Final[Mapping[str, tuple[Offered, ...]]] = {
    "read": read.TOOLS,
    "build": build.TOOLS,
    "sanitize": sanitize.TOOLS,
    "load": load.TOOLS,
    "share": share.TOOLS,
}


def chosen(
    toolsets: Sequence[str] = (), *, read_only: bool = False, scopes: AbstractSet[str] = SCOPES
) -> tuple[Offered, ...]:
    """Return the tools of these toolsets (none named: all) that `scopes` allow, in one fixed order.

    Raises:
        ArgumentInvalid: there is no such toolset.
    """
    for name in toolsets:
        if name not in TOOLSETS:
            near = get_close_matches(name, TOOLSETS, n=1)
            hint = f"Did you mean `{near[0]}`?" if near else f"There are: {', '.join(TOOLSETS)}."
            raise ArgumentInvalid(f"no toolset `{name[:40]}`", hint)
    on = [tool for name, tools in TOOLSETS.items() if not toolsets or name in toolsets for tool in tools]
    looking = [tool for tool in on if not read_only or tool.annotations.read_only_hint]
    return tuple(tool for tool in looking if tool.scope in scopes)


def why_absent(name: str, *, read_only: bool) -> EngineError | None:
    """Return why a tool of ours is not among those that are on; None: it is none of ours."""
    for toolset, tools in TOOLSETS.items():
        for tool in tools:
            if tool.run.__name__ != name:
                continue
            if read_only and not tool.annotations.read_only_hint:
                return ReadOnlyMode(f"`{name}` was refused in read-only mode")
            return ArgumentInvalid(f"the toolset `{toolset}` of `{name}` is off", "Start with --toolsets.")
    return None
