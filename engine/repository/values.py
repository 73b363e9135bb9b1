"""What the repository answers with."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..model.errors import EngineError
from ..model.snapshot import Chunk, Snapshot

CHUNK_BYTES = 64 << 20
GRACE_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class StoredStream:
    """A stream as it was stored. `rows` is the number of its newlines, `raw_bytes` its plain length."""

    chunks: tuple[Chunk, ...]
    rows: int
    raw_bytes: int


@dataclass(frozen=True, slots=True)
class Survey:
    """What a repository holds: snapshots, newest first, and the ids that cannot be read, with the reason."""

    snapshots: tuple[Snapshot, ...]
    unreadable: Mapping[str, EngineError]


@dataclass(frozen=True, slots=True)
class KeyObject:
    """What is known of a repository's key without opening it.

    `key_id` is the id of the master key, `recipients` are the age public keys whose identities open it, and
    `signed_by` is the public key of whoever wrapped it for them.
    """

    repository: str
    key_id: str
    recipients: tuple[str, ...]
    signed_by: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What reading a snapshot back showed.

    `manifest_sha256` is the digest of the manifest's text, and `attested` whether the signer attests of it
    what was done to the snapshot, which holds for every sanitized one.
    `signed_by` is the signer's public key, `sent_by` that of whoever shared it, if somebody did;
    `bytes` counts the plain bytes that are right; `foreign` are chunks under the key of another repository;
    `not_checked` are sentences.
    """

    snapshot: str
    manifest_sha256: str
    attested: bool
    signed_by: str
    sent_by: str | None
    chunks: int
    bytes: int
    missing: tuple[str, ...]
    corrupt: tuple[str, ...]
    foreign: tuple[str, ...]
    not_checked: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether every chunk was read and everything that was read is as it was written."""
        return not (self.missing or self.corrupt or self.foreign)


@dataclass(frozen=True, slots=True)
class PrunePlan:
    """What prune would do: the dry run.

    `remove` are ids; `keep` says of every id that stays which rules keep it, and `damaged` of every other id
    that goes what is wrong with it. `chunks` and `bytes` are what would be freed, `young` and
    `young_bytes` what the grace keeps of what nothing needs, `builds` how many run now: while one does,
    snapshots go and chunks wait for the next prune.
    """

    remove: tuple[str, ...]
    keep: Mapping[str, tuple[str, ...]]
    damaged: Mapping[str, EngineError]
    chunks: int
    bytes: int
    young: int
    young_bytes: int
    builds: int


@dataclass(frozen=True, slots=True)
class PruneResult:
    """What prune did. `postponed` says why chunks were left for the next prune, if they were."""

    snapshots: tuple[str, ...]
    chunks: int
    bytes: int
    postponed: str | None = None
