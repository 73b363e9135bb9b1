"""Moments as text that sorts by time."""

from datetime import UTC, datetime, timedelta


def now(later: float = 0) -> str:
    """Return the moment, or the one `later` seconds from it, as ISO 8601 in UTC to the microsecond."""
    moment = datetime.now(UTC) + timedelta(seconds=later)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def seconds_since(moment: str) -> float:
    """Return how many seconds ago a moment was."""
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()
