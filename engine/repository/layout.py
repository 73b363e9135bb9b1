"""Where things are in a storage, and which names may become part of a key."""

import re

REPOSITORY = "repository.json"
CHUNKS = "chunks/"
SNAPSHOTS = "snapshots/"
LEASES = "leases/"

_CHUNK_ID = re.compile(r"[0-9a-f]{64}")
_SNAPSHOT_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,127}")


def is_chunk_id(text: str) -> bool:
    """Whether it is 64 hexadecimal characters."""
    return _CHUNK_ID.fullmatch(text) is not None


def is_snapshot_id(text: str) -> bool:
    """Whether it can stand in a key: lower-case letters, digits, `_` and `-`, at most 128."""
    return _SNAPSHOT_ID.fullmatch(text) is not None


def chunk_key(chunk_id: str) -> str:
    """Return the key of a chunk's object."""
    return f"{CHUNKS}{chunk_id[:2]}/{chunk_id}"


def manifest_key(snapshot_id: str) -> str:
    """Return the key of a snapshot's manifest."""
    return f"{SNAPSHOTS}{snapshot_id}/manifest"


def share_key(share_id: str) -> str:
    """Return the key under which a share's sealed bundle is kept."""
    return f"shares/{share_id}"
