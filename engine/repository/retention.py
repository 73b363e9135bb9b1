"""Which snapshots the rules keep."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ..model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Retention:
    """How many to keep of each kind of each target: the last ones, and the newest of a day, week, month.

    Days, weeks (ISO) and months in UTC count only if there is a snapshot in them. Without any rule
    everything is kept.
    """

    last: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0


def kept(snapshots: Iterable[Snapshot], rules: Retention) -> Mapping[str, tuple[str, ...]]:
    """Return the ids that stay, each with the rules that keep it."""
    groups: defaultdict[tuple[str, str], list[Snapshot]] = defaultdict(list)
    for snapshot in snapshots:
        groups[snapshot.manifest.target, snapshot.manifest.kind].append(snapshot)
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    for group in groups.values():
        newest_first = sorted(group, key=lambda snapshot: (_moment(snapshot), snapshot.id), reverse=True)
        for rule, count, period in _periods(rules):
            for snapshot in _newest_of_each(newest_first, period)[:count]:
                reasons[snapshot.id].append(rule)
    if rules == Retention():
        return {snapshot.id: ("no rule",) for group in groups.values() for snapshot in group}
    return {key: tuple(value) for key, value in reasons.items()}


def _periods(rules: Retention) -> tuple[tuple[str, int, Callable[[Snapshot], object]], ...]:
    return (
        ("last", rules.last, lambda snapshot: snapshot.id),
        ("daily", rules.daily, lambda snapshot: _moment(snapshot).date()),
        ("weekly", rules.weekly, lambda snapshot: _moment(snapshot).isocalendar()[:2]),
        ("monthly", rules.monthly, lambda snapshot: (_moment(snapshot).year, _moment(snapshot).month)),
    )


def _newest_of_each(newest_first: Iterable[Snapshot], period: Callable[[Snapshot], object]) -> list[Snapshot]:
    found: dict[object, Snapshot] = {}
    for snapshot in newest_first:
        found.setdefault(period(snapshot), snapshot)
    return list(found.values())


def _moment(snapshot: Snapshot) -> datetime:
    moment = datetime.fromisoformat(snapshot.manifest.created_at)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
