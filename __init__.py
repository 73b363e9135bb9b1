"""Snapharbor: sanitized, verified, shareable snapshots of PostgreSQL and MySQL databases.

`from snapharbor import Harbor` gives every verb of the command line as a typed async call.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .engine.harbor import Harbor as Harbor

__all__ = ["Harbor"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "Harbor":
        from snapharbor.engine.harbor import Harbor

        return Harbor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
