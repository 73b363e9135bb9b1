"""Which tables have to go the way of a copy, when some rules cannot run while their table is read.

A rule that runs in a copy sees there what it would see after the rules before it: so every table that it
writes, or reads while some rule changes it, is taken raw into the copy, with all of its rules.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..model.catalog import TableName
from ..model.pushdown import Facts


@dataclass(frozen=True, slots=True)
class Reach:
    """What one rule touches, by tables that hold rows themselves.

    Attributes:
        writes: Tables that it changes.
        reads: Tables that it reads beside those.
        apart: Whether it cannot run while reading.
        cascades: Whether other tables may follow what it does, by their foreign keys.
        everywhere: Whether nobody knows what it touches.
    """

    writes: frozenset[TableName]
    reads: frozenset[TableName]
    apart: bool = False
    cascades: bool = False
    everywhere: bool = False


def apart(reaches: Sequence[Reach], own: Iterable[TableName], facts: Facts) -> frozenset[TableName] | None:
    """Return the tables whose rules run in a copy, None if those of all tables do.

    `own` are tables that have to for what all their rules do together.
    """
    changed = frozenset(name for reach in reaches for name in _written(reach, facts))
    if any(reach.everywhere for reach in reaches):
        return None
    found = set(own)
    while True:
        before = len(found)
        for reach in reaches:
            written = frozenset(_written(reach, facts))
            if reach.apart or not found.isdisjoint(written):
                found |= written | (reach.reads & changed)
        if len(found) == before:
            break
    return frozenset(found) if changed - found else None


def _written(reach: Reach, facts: Facts) -> Iterator[TableName]:
    yield from reach.writes
    if reach.cascades:
        yield from _followers(reach.writes, facts)


def _followers(names: Iterable[TableName], facts: Facts) -> frozenset[TableName]:
    """Return every table that refers to some, directly or through others."""
    found: set[TableName] = set()
    waiting = list(names)
    while waiting:
        table = facts.tables.get(waiting.pop())
        for name in (*table.referenced_by, *table.children) if table else ():
            if name not in found:
                found.add(name)
                waiting.append(name)
    return frozenset(found)
