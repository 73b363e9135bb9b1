"""Which columns need a rule together: those that nobody decided on, and those that they are bound to."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ..model.catalog import Catalog, Table, TableName
from ..model.sensitive import PERSONAL, ColumnCoverage, Evidence, Kind
from .coverage import computed_from, place_name, root_of

Place: TypeAlias = tuple[TableName, str]
FREE_TEXT: Kind = "free-text"
OPAQUE = "it is computed, and from no column"


@dataclass(frozen=True, slots=True)
class Wish:
    """Columns that must be set alike, for foreign keys bind them; mostly one.

    Attributes:
        places: The columns.
        pieces: Why they look personal, as far as the template covers it, the strongest first.
        own: The same by column, none for a column that only follows another one.
        others: What a column holds beside it that the template does not cover.
        computes: Generated columns that look personal, by the column that they are computed from.
        refused: Why nothing can be suggested, in words, empty if something may.
    """

    places: tuple[Place, ...]
    pieces: tuple[Evidence, ...]
    own: Mapping[Place, tuple[Evidence, ...]] = field(default_factory=dict[Place, tuple[Evidence, ...]])
    others: Mapping[Place, tuple[Evidence, ...]] = field(default_factory=dict[Place, tuple[Evidence, ...]])
    computes: Mapping[Place, str] = field(default_factory=dict[Place, str])
    refused: str = ""

    @property
    def kind(self) -> Kind:
        """The kind that it is most surely of."""
        return self.pieces[0].kind


@dataclass(frozen=True, slots=True)
class Wishes:
    """What needs rules, and the columns whose kinds the template leaves alone."""

    wishes: tuple[Wish, ...]
    outside: tuple[tuple[Place, tuple[Evidence, ...]], ...]


def wishes(catalog: Catalog, covered: Sequence[ColumnCoverage], kinds: Collection[Kind]) -> Wishes:
    """Gather what nobody decided on, by the table that a rule is written for: parents, not partitions.

    Materialised views are computed anew, and generated columns follow those that they are computed from.
    """
    gatherer = _Gatherer(catalog, {(one.table, one.column): one for one in covered}, frozenset(kinds))
    for one in covered:
        table = catalog.table(one.table)
        if one.undecided and table is not None and table.kind in ("table", "partitioned"):
            gatherer.add(table, one)
    found = tuple(gatherer.wishes())
    reached = {place for wish in found for place in wish.places}
    return Wishes(found, tuple(one for one in gatherer.outside.items() if one[0] not in reached))


def below(catalog: Catalog, name: TableName) -> Iterator[Table]:
    """Yield the partitions and heirs of a table, all the way down."""
    for table in catalog.tables:
        if table.partition_of == name or name in table.inherits:
            yield table
            yield from below(catalog, table.name)


class _Gatherer:
    def __init__(
        self, catalog: Catalog, covered: Mapping[Place, ColumnCoverage], kinds: frozenset[Kind]
    ) -> None:
        self.catalog, self.covered, self.kinds = catalog, covered, kinds
        self.wanted: dict[Place, tuple[Evidence, ...]] = {}
        self.others: dict[Place, tuple[Evidence, ...]] = {}
        self.outside: dict[Place, tuple[Evidence, ...]] = {}
        self.computes: dict[Place, str] = {}
        self.stuck: list[Wish] = []

    def add(self, table: Table, one: ColumnCoverage) -> None:
        """Note a column, or for a generated one those that it is computed from."""
        pieces = tuple(piece for piece in one.evidence if piece.confidence >= PERSONAL)
        column = next(column for column in table.columns if column.name == one.column)
        if not column.generated:
            self._want(self._home(table, one.column), pieces)
            return
        sources = [self.covered[table.name, source.name] for source in computed_from(table, column)]
        if any(source.undecided for source in sources):
            return
        if not sources:
            place = (one.table, one.column)
            self.stuck.append(Wish((place,), pieces, {place: pieces}, refused=OPAQUE))
        for source in sources:
            if source.treatment == "unclassified":
                home = self._home(table, source.column)
                self._want(home, _of_source(pieces, alone=len(sources) == 1))
                self.computes[home] = one.column

    def wishes(self) -> Iterator[Wish]:
        """Yield what was noted, columns that foreign keys bind together."""
        yield from self.stuck
        bound = _Bound(self._pairs())
        seen: set[Place] = set()
        for place in self.wanted:
            if place in seen:
                continue
            places = tuple(dict.fromkeys((place, *bound.to(place))))
            seen.update(places)
            yield self._wish(tuple(one for one in places if not self._emptied(one)))

    def _wish(self, places: tuple[Place, ...]) -> Wish:
        own = {place: self.wanted.get(place, ()) for place in places}
        pieces = sorted((piece for some in own.values() for piece in some), key=lambda one: -one.confidence)
        return Wish(
            places=places,
            pieces=tuple(pieces),
            own=own,
            others={place: self.others[place] for place in places if place in self.others},
            computes={place: self.computes[place] for place in places if place in self.computes},
            refused=next((reason for place in places if (reason := self._refused(place))), ""),
        )

    def _want(self, place: Place, pieces: tuple[Evidence, ...]) -> None:
        mine = tuple(piece for piece in pieces if piece.kind in self.kinds)
        rest = tuple(piece for piece in pieces if piece.kind not in self.kinds)
        if not mine:
            if place not in self.wanted:
                self.outside[place] = rest
            return
        self.outside.pop(place, None)
        self.wanted[place] = tuple(dict.fromkeys((*self.wanted.get(place, ()), *mine)))
        if rest:
            self.others[place] = rest

    def _home(self, table: Table, column: str) -> Place:
        """Return the place that a rule names: the highest table whose rule reaches the column."""
        for name in table.inherits:
            parent = self.catalog.table(name)
            if parent is not None and any(one.name == column for one in parent.columns):
                return self._home(parent, column)
        return table.name, column

    def _pairs(self) -> Iterator[tuple[Place, Place]]:
        for table in self.catalog.tables:
            for key in table.foreign_keys:
                other = self.catalog.table(key.referenced)
                for mine, theirs in zip(key.columns, key.referenced_columns, strict=True):
                    if other is not None:
                        yield self._root(table, mine), self._root(other, theirs)

    def _root(self, table: Table, column: str) -> Place:
        root = self.catalog.table(root_of(table, self.catalog))
        return self._home(root or table, column)

    def _emptied(self, place: Place) -> bool:
        found = self.covered.get(place)
        return found is not None and found.treatment == "dropped" and bool(found.lines)

    def _refused(self, place: Place) -> str:
        """Return why a column cannot be set together with the others."""
        found, table = self.covered.get(place), self.catalog.table(place[0])
        column = next((one for one in table.columns if one.name == place[1]), None) if table else None
        name = place_name(*place)
        if found is None or column is None:
            return f"`{name}` is not part of the snapshot"
        if found.treatment != "unclassified":
            why = "left out of the snapshot" if found.treatment == "dropped" else f"{found.treatment} already"
            return f"a foreign key binds it to `{name}`, which is {why}"
        if column.generated or column.identity:
            return f"`{name}` is made by the database itself"
        heirs = (heir.name for heir in below(self.catalog, place[0]) if _keeps(heir, table, place[1]))
        heir = next(heirs, None)
        return f"`{heir}` keeps it unique, and its parent `{place[0]}` does not" if heir else ""


class _Bound:
    """Columns that foreign keys bind to each other, however many steps away."""

    def __init__(self, pairs: Iterable[tuple[Place, Place]]) -> None:
        self._near: dict[Place, list[Place]] = {}
        for one, other in pairs:
            self._near.setdefault(one, []).append(other)
            self._near.setdefault(other, []).append(one)

    def to(self, place: Place) -> tuple[Place, ...]:
        """Return all that are bound to a column, sorted, itself included if there are any."""
        found, waiting = set[Place](), list(self._near.get(place, ()))
        while waiting:
            if (current := waiting.pop()) not in found:
                found.add(current)
                waiting.extend(self._near[current])
        return tuple(sorted(found))


def _of_source(pieces: Sequence[Evidence], *, alone: bool) -> tuple[Evidence, ...]:
    """Return what a generated column says of what it is computed from: of several, only that it is text."""
    kinds = dict.fromkeys(piece.kind if alone else FREE_TEXT for piece in pieces)
    return tuple(replace(pieces[0], kind=kind, path="") for kind in kinds)


def _keeps(heir: Table, parent: Table | None, column: str) -> bool:
    mine = any(column in key for key in (heir.primary_key, *heir.unique))
    theirs = parent is not None and any(column in key for key in (parent.primary_key, *parent.unique))
    return mine and not theirs
