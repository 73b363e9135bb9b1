"""Why one row is in a subset: the relations that lead from what was chosen to it, the shortest way."""

from collections import deque
from collections.abc import Iterator, Sequence

from ..database.base import SliceReader
from ..model.catalog import TableName
from ..model.errors import ArgumentInvalid
from .walk import CHOSEN, Walk

Group = tuple[TableName, int, Sequence[int]]  # a table, a reason, and rows that are there for it


def because(walk: Walk, reader: SliceReader, table: TableName, key: Sequence[str]) -> tuple[str, ...]:
    """Return why a row is taken: what brought it, what brought that, and so on to what was chosen; blocking.

    Args:
        walk: One that has gone.
        reader: A reader of the same view.
        table: The row's table.
        key: The values of its primary key, as texts.

    Raises:
        ArgumentInvalid: there is no such row.
    """
    piece = walk.finder.keyed(table, key)
    found = [row for rows in walk.finder.answer(piece, reader.read(piece)) for row in rows]
    if not found:
        raise ArgumentInvalid(
            f"no row of `{table}` has that primary key", "Give its values in the key's order, with commas."
        )
    ((number, place, *_),) = found
    name = next(one for one in walk.scheme.order if walk.finder.number(one) == number)
    if name in walk.scheme.whole:
        return (f"{name}: taken whole",)
    why = walk.rows.whys(number, [place]).get(place)
    return (f"{name}: not taken",) if why is None else _trail(walk, reader, (name, why, [place]))


def _trail(walk: Walk, reader: SliceReader, start: Group) -> tuple[str, ...]:
    """Go back from a row by what brought it, all ways at once, until one ends at what was chosen."""
    waiting = deque[tuple[Group, tuple[str, ...]]]([(start, (_said(walk, start),))])
    seen = set[tuple[TableName, int]]()
    while waiting:
        group, said = waiting.popleft()
        if group[1] == CHOSEN:
            return said
        for before in _before(walk, reader, group):
            name, why, places = before
            if name in walk.scheme.whole:
                return (*said, f"{name}: taken whole")
            new = [place for place in places if (name, place) not in seen]
            seen.update((name, place) for place in new)
            if new:
                waiting.append(((name, why, new), (*said, _said(walk, before))))
    return _said(walk, start), "what brought it is not to be found"


def _before(walk: Walk, reader: SliceReader, group: Group) -> Iterator[Group]:
    """Yield the rows taken that may have brought some, by their own reasons, those that were chosen first."""
    name, why, places = group
    relation = walk.relation(why)
    if why % 2:
        piece = walk.finder.referenced(relation, name, places)
    else:
        piece = walk.finder.referring(relation, name, places, others=(), ranked=False)
    names = {walk.finder.number(one): one for one in walk.scheme.order}
    found: dict[tuple[TableName, int], list[int]] = {}
    for rows in walk.finder.answer(piece, reader.read(piece)):
        for number in {row[0] for row in rows}:
            there = [row[1] for row in rows if row[0] == number]
            if names[number] in walk.scheme.whole:
                found.setdefault((names[number], CHOSEN), []).extend(there)
                continue
            for place, reason in walk.rows.whys(number, there).items():
                found.setdefault((names[number], reason), []).append(place)
    yield from ((*key, there) for key, there in sorted(found.items(), key=lambda one: (one[0][1], one[0][0])))


def _said(walk: Walk, group: Group) -> str:
    return f"{group[0]}: {walk.words(group[1])}"
