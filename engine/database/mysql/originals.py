"""What is read of a table for the hashes of its originals: values, which this server cannot hash so."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...model.catalog import Catalog, TableName
from ..base import Changed, Hashing, Wanted
from ..telling import telling
from .slices import Cut

# Values of these mean nothing out of their place, or cannot be told from others: a date is found everywhere.
MEANINGLESS = re.compile(
    r"(tinyint|smallint|mediumint|real|float|double|date|time|datetime|timestamp|year|bit|enum|set|\w*blob"
    r"|(var)?binary|vector|geometry|point|linestring|polygon|multi\w+|geom\w+)\b.*"
)


def hashings(
    cuts: Iterable[Cut], wanted: Mapping[TableName, Sequence[Wanted]], catalog: Catalog
) -> Iterator[Hashing]:
    """Yield what to read for the hashes of columns, piece by piece, what takes longest first."""
    pieces = [one for cut in cuts for one in _pieces(cut, wanted.get(cut.leaf.name, ()), catalog)]
    yield from sorted(pieces, key=lambda one: -one.piece.estimated_bytes * len(one.raw))


def _pieces(cut: Cut, wanted: Sequence[Wanted], catalog: Catalog) -> Iterator[Hashing]:
    table = catalog.table(cut.leaf.name)
    columns = {column.name: column for column in table.columns} if table else {}
    speaking = [
        one for one in wanted if MEANINGLESS.fullmatch(one.type.lower()) is None and one.name in columns
    ]
    for some in _together(speaking):
        changed = some[0].changed
        alias, where = (changed.alias, _condition(changed)) if changed else ("t", "")
        looked_for = telling(some)
        for piece in (
            cut.pieces([columns[one.name] for one in looked_for], alias, where) if looked_for else ()
        ):
            yield Hashing(piece, elsewhere=some[0].elsewhere, raw=looked_for)


def _condition(changed: Changed) -> str:
    earlier = "".join(f" WHEN ({one}\n) THEN TRUE" for one in changed.conditions)
    return f"CASE{earlier} ELSE FALSE END"


def _together(columns: Sequence[Wanted]) -> Iterator[tuple[Wanted, ...]]:
    """Yield columns that are read in one go: of the same rows, and alone if they may stay where they are."""
    groups: dict[tuple[Changed | None, str], list[Wanted]] = {}
    for column in columns:
        groups.setdefault((column.changed, column.name if column.elsewhere else ""), []).append(column)
    yield from map(tuple, groups.values())
