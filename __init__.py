"""Snapharbor: sanitized, verified, shareable snapshots of PostgreSQL and MySQL databases.

`from snapharbor import Harbor, BuildRequest` gives every verb of the command line as a typed async call. What
is named here is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .engine.harbor import Harbor as Harbor
    from .engine.model.errors import EngineError as EngineError
    from .engine.model.job import Job as Job
    from .engine.model.job import Progress as Progress
    from .engine.model.plan import Plan as Plan
    from .engine.model.share import Principal as Principal
    from .engine.model.share import Share as Share
    from .engine.model.snapshot import SanitizedSnapshot as SanitizedSnapshot
    from .engine.model.snapshot import Snapshot as Snapshot
    from .engine.model.target import Target as Target
    from .engine.model.url import DatabaseUrl as DatabaseUrl
    from .engine.operations.requests import AdoptRequest as AdoptRequest
    from .engine.operations.requests import BuildRequest as BuildRequest
    from .engine.operations.requests import ExportRequest as ExportRequest
    from .engine.operations.requests import LoadRequest as LoadRequest
    from .engine.operations.requests import PruneRequest as PruneRequest
    from .engine.operations.requests import PullRequest as PullRequest
    from .engine.operations.requests import RevokeRequest as RevokeRequest
    from .engine.operations.requests import RotateRequest as RotateRequest
    from .engine.operations.requests import SanitizeRequest as SanitizeRequest
    from .engine.operations.requests import ScriptRequest as ScriptRequest
    from .engine.operations.requests import ShareRequest as ShareRequest
    from .engine.operations.requests import VerifyRequest as VerifyRequest
    from .engine.operations.results import Exported as Exported
    from .engine.operations.results import Loaded as Loaded
    from .engine.operations.results import Made as Made
    from .engine.operations.results import Pruned as Pruned
    from .engine.operations.results import Pulled as Pulled
    from .engine.operations.results import Revoked as Revoked
    from .engine.operations.results import Rotated as Rotated
    from .engine.operations.results import Scripted as Scripted
    from .engine.operations.results import Shared as Shared
    from .engine.operations.results import Verified as Verified

_MODULES = {
    "engine.harbor": ("Harbor",),
    "engine.model.errors": ("EngineError",),
    "engine.model.job": ("Job", "Progress"),
    "engine.model.plan": ("Plan",),
    "engine.model.share": ("Principal", "Share"),
    "engine.model.snapshot": ("SanitizedSnapshot", "Snapshot"),
    "engine.model.target": ("Target",),
    "engine.model.url": ("DatabaseUrl",),
    "engine.operations.requests": (
        *(
            "AdoptRequest",
            "BuildRequest",
            "ExportRequest",
            "LoadRequest",
            "PruneRequest",
            "PullRequest",
            "RevokeRequest",
        ),
        *("RotateRequest", "SanitizeRequest", "ScriptRequest", "ShareRequest", "VerifyRequest"),
    ),
    "engine.operations.results": (
        *(
            "Exported",
            "Loaded",
            "Made",
            "Pruned",
            "Pulled",
            "Revoked",
            "Rotated",
            "Scripted",
            "Shared",
            "Verified",
        ),
    ),
}
_PLACES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [*_PLACES]  # pyright: ignore[reportUnsupportedDunderAll]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f"snapharbor.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *_PLACES]
