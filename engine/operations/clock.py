"""Moments and the ids that begin with them."""

import secrets
from datetime import UTC, datetime


def now() -> str:
    """Return the moment as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def new_snapshot_id() -> str:
    """Return a fresh snapshot id: the moment, then 32 random bits, so ids sort by time."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
