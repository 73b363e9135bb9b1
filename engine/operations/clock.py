"""Moments and the ids that begin with them."""

import secrets
from datetime import UTC, datetime


def now() -> str:
    """Return the moment as ISO 8601 in UTC, to the millisecond."""
    return spelled(datetime.now(UTC))


def spelled(moment: datetime) -> str:
    """Return a moment in UTC as ISO 8601, to the millisecond."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_snapshot_id(taken_at: str = "") -> str:
    """Return a fresh snapshot id: the moment to the microsecond, then chance, so that ids sort by time.

    `taken_at` is another moment than now, in ISO 8601.
    """
    moment = datetime.fromisoformat(taken_at) if taken_at else datetime.now(UTC)
    return f"{moment:%Y%m%d-%H%M%S}-{moment.microsecond:05x}{secrets.token_hex(2)}"
