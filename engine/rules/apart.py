"""Which tables have to go the way of a copy, when some rules cannot run while their table is read.

A rule that runs in a copy sees there what it would see after the rules before it: so every table that it
writes, or reads while some rule changes it, is taken raw into the copy, with all of its rules.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Apart:
    """Tables whose rules run in a copy, each with the place of the rule that sends it there first.

    The place is None for what all rules of a table do together. `whole` says that nothing is left to read.
    """

    tables: Mapping[TableName, int | None]
    whole: bool


def apart(reaches: Sequence[Reach], own: Iterable[TableName], facts: Facts) -> Apart:
    """Return the tables whose rules run in a copy.

    `own` are tables that have to for what all their rules do together.
    """
    changed = frozenset(name for reach in reaches for name in _written(reach, facts))
    found: dict[TableName, int | None] = dict.fromkeys(own)
    while True:
        before = len(found)
        for place, reach in enumerate(reaches):
            written = frozenset(_written(reach, facts))
            if reach.apart or not found.keys().isdisjoint(written):
                for name in sorted(written | (reach.reads & changed)):
                    found.setdefault(name, place)
        if len(found) == before:
            break
    everywhere = next((place for place, reach in enumerate(reaches) if reach.everywhere), None)
    if everywhere is not None:
        found |= dict.fromkeys(changed - found.keys(), everywhere)
    return Apart(found, whole=changed <= found.keys())


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
