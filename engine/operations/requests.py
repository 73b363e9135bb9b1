"""What can be asked for: one request per verb. Which snapshot is a reference as in Harbor.snapshot()."""

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from ..model.url import DatabaseUrl
from .results import Exported, Loaded, Made, Pruned, Pulled, Revoked, Rotated, Scripted, Shared, Verified

Result = TypeVar("Result", covariant=True)


class Asks(Generic[Result]):
    """A request, by what its verb answers."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class BuildRequest(Asks[Made]):
    """Take a snapshot of a target's source, with `subset` only of the rows that its subset takes."""

    target: str
    tags: tuple[str, ...] = ()
    subset: bool = False


@dataclass(frozen=True, slots=True)
class AdoptRequest(Asks[Made]):
    """Make an original snapshot out of a dump: a zip archive of DBSnapper's, or what pg_dump wrote."""

    target: str
    file: Path
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SanitizeRequest(Asks[Made]):
    """Sanitize a snapshot by the target's rules; `new` reads the source afresh.

    `snapshot` None is the newest original; with none at all, the source is read afresh. What is read
    afresh passes through the rules inside the source where that is provably the same, and then only the
    sanitized snapshot is kept; `original` keeps a fresh original too, `ephemeral` uses a private copy.
    `subset` reads the source afresh, and only the rows that the target's subset takes.
    """

    target: str
    snapshot: str | None = None
    new: bool = False
    ephemeral: bool = False
    original: bool = False
    subset: bool = False


@dataclass(frozen=True, slots=True)
class LoadRequest(Asks[Loaded]):
    """Load a snapshot into a database; `original` asks for raw data in so many words.

    Without `destination` the configured one is taken; `database` is another name on the same server.
    """

    snapshot: str
    destination: DatabaseUrl | None = None
    database: str | None = None
    original: bool = False
    keep_previous: bool | None = None


@dataclass(frozen=True, slots=True)
class ScriptRequest(Asks[Scripted]):
    """Run a file of SQL in a new database that takes a destination's place; `append`: in what is there.

    The destination is chosen as for a load.
    """

    target: str
    file: Path
    destination: DatabaseUrl | None = None
    database: str | None = None
    append: bool = False
    keep_previous: bool | None = None


@dataclass(frozen=True, slots=True)
class ShareRequest(Asks[Shared]):
    """Open a sanitized snapshot to recipients (names, groups or public keys) for some seconds."""

    snapshot: str
    recipients: tuple[str, ...] = ()
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class RevokeRequest(Asks[Revoked]):
    """Close a share before its time."""

    share: str


@dataclass(frozen=True, slots=True)
class VerifyRequest(Asks[Verified]):
    """Read every chunk of a snapshot back and check digests, encryption and signature."""

    snapshot: str


@dataclass(frozen=True, slots=True)
class PullRequest(Asks[Pulled]):
    """Fetch a snapshot into the local repository: from a storage profile, or by a share's link."""

    source: str
    original: bool = False


@dataclass(frozen=True, slots=True)
class ExportRequest(Asks[Exported]):
    """Write a snapshot as a plain archive that the database's own tools read."""

    snapshot: str
    directory: Path
    original: bool = False


@dataclass(frozen=True, slots=True)
class PruneRequest(Asks[Pruned]):
    """Remove snapshots that no rule keeps, and chunks that no snapshot needs.

    `damaged` removes snapshots whose manifest is damaged, with or without rules for the others.
    """

    profile: str | None = None
    target: str | None = None
    keep_last: int = 0
    keep_daily: int = 0
    keep_weekly: int = 0
    keep_monthly: int = 0
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class RotateRequest(Asks[Rotated]):
    """Wrap a repository's master key to the own first identity, its other owners, and whoever is added.

    `add` and `remove` are names, groups or public keys; own former identities (`keys.previous`) are removed.
    """

    profile: str | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


Request = (
    BuildRequest
    | SanitizeRequest
    | LoadRequest
    | ShareRequest
    | RevokeRequest
    | VerifyRequest
    | PullRequest
    | ExportRequest
    | PruneRequest
    | RotateRequest
    | ScriptRequest
    | AdoptRequest
)


def subject(request: Request) -> str:
    """Return what a request is about, fit to be recorded: no link, no URL."""
    match request:
        case BuildRequest(target=about) | SanitizeRequest(target=about):
            pass
        case ScriptRequest(target=about) | AdoptRequest(target=about):
            pass
        case PullRequest(source=about) | RevokeRequest(share=about):
            pass
        case PruneRequest(profile=about) | RotateRequest(profile=about):
            pass
        case _:
            about = request.snapshot
    return "a link" if about and "://" in about else (about or "*")[:80]
