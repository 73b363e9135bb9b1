"""What the verbs answer: the keys of each result, which is JSON wherever it is kept or shown."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

from ..model.json import JsonObject


class Made(TypedDict):
    """A snapshot that was built, sanitized or pulled; `timings` are seconds.

    A sanitized one says whether it is clean, and what the search for originals found.
    """

    snapshot: str
    target: str
    kind: str
    parent: str | None
    storage: str
    tables: int
    rows: int
    raw_bytes: int
    stored_bytes: int
    left_out: Sequence[str]
    tool: str
    timings: Mapping[str, float]
    clean: NotRequired[bool]
    leaks: NotRequired[JsonObject]


class Pulled(Made):
    """A snapshot that was fetched; by a link also whose it is (a public signing key), and until when."""

    sender: NotRequired[str]
    expires_at: NotRequired[str]


class Loaded(TypedDict):
    """A loaded snapshot: where it is and how it got there; `previous` is the database that was kept."""

    snapshot: str
    destination: str
    how: str
    rows: int
    left_out: Sequence[str]
    previous: str | None
    seconds: float


class Scripted(TypedDict):
    """A file of SQL that was run; `previous` is the database that was kept."""

    file: str
    destination: str
    how: str
    previous: str | None
    seconds: float


class Shared(TypedDict):
    """An open share with its link, which is a secret."""

    share: str
    snapshot: str
    recipients: Sequence[str]
    expires_at: str
    link: str


class Revoked(TypedDict):
    """A closed share."""

    share: str
    snapshot: str
    revoked_at: str


class Verified(TypedDict):
    """A snapshot that was read back whole; the keys are public signing keys.

    `attested` says that the signer attests of the manifest what was done; of an original nobody does.
    """

    snapshot: str
    chunks: int
    bytes: int
    manifest_sha256: str
    attested: bool
    signed_by: str
    sent_by: str | None
    not_checked: Sequence[str]


class Exported(TypedDict):
    """An archive in a directory, readable by whoever can read the directory."""

    snapshot: str
    directory: str
    tool: str


class Pruned(TypedDict):
    """What was removed; `postponed` says why chunks were left for the next time, if they were."""

    removed: Sequence[str]
    chunks: int
    freed_bytes: int
    postponed: str | None


class Rotated(TypedDict):
    """Who can open a repository now; all of them are age public keys."""

    storage: str
    key_id: str
    recipients: Sequence[str]
    added: Sequence[str]
    removed: Sequence[str]
