"""Which rows there are to read, in which pieces, and what the server is asked for.

Texts come in UTF-8, bytes as hexadecimal digits after `\\x`, NULL as a byte that UTF-8 never has.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from ...model.catalog import Column, Table, TableName
from ...model.pushdown import TableRead
from ..base import PLACES, Slice
from ..finder import Taking
from .entries import Form
from .names import qualified, quote
from .session import Connection

SLICE_BYTES = 64 << 20
PLAIN = re.compile(
    r"(tinyint|smallint|mediumint|int|integer|bigint|decimal|numeric|year|date|time|datetime|timestamp"
    r"|double)\b(?!\(\d+,\d+\)).*|(decimal|numeric)\(.*"
)
FLOAT = re.compile(r"(float|double)\b.*")
BINARY = re.compile(
    r"(binary|varbinary|tinyblob|blob|mediumblob|longblob|geometry|point|linestring|polygon|multipoint"
    r"|multilinestring|multipolygon|geometrycollection|geomcollection|vector)\b.*"
)
NUMBER = re.compile(r"bit\b.*")
HUGE = re.compile(
    r"(mediumblob|longblob|vector|geometry|point|linestring|polygon|multi\w+|geom\w+"
    r"|geometrycollection)\b.*"
)
WHOLE = re.compile(r"(tinyint|smallint|mediumint|int|bigint)\b.*")
EVERYTHING = Taking()
NULL = "_binary X'FF'"
# Functions give NULL for what is longer than max_allowed_packet; this fails instead, as nothing else is lazy.
TOO_LONG = "CAST(EXP(LENGTH({}) + 710) AS BINARY)"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A table that has rows. `columns` are those that can be written back, `names` all."""

    name: TableName
    columns: tuple[Column, ...]
    names: tuple[str, ...]
    key: str | None
    bytes: int
    rows: int

    @property
    def table(self) -> str:
        """Its name as it stands in SQL."""
        return qualified(self.name.schema, self.name.name)


def leaf_of(table: Table) -> Leaf:
    """Return what there is to read of a table."""
    columns = tuple(column for column in table.columns if not column.generated)
    by_name = {column.name: column for column in columns}
    first = by_name.get(table.primary_key[0]) if table.primary_key else None
    key = first.name if first is not None and WHOLE.fullmatch(first.type) else None
    names = tuple(column.name for column in table.columns)
    return Leaf(table.name, columns, names, key, bytes=table.bytes, rows=max(table.rows, 0))


@dataclass(frozen=True, slots=True)
class Some:
    """Some rows of a table: the conditions that they meet; `places` as of a slice."""

    conditions: tuple[str, ...]
    bytes: int
    places: Callable[[], str] | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """A table, the keys at which it is cut, and what a subset takes of it.

    `condition` leads back to rows that were picked.
    """

    leaf: Leaf
    bounds: Sequence[int]
    taking: Taking = EVERYTHING
    condition: Callable[[Sequence[int]], str] | None = None

    def pieces(self, columns: Sequence[Column]) -> Iterator[Slice]:
        """Yield the pieces of some columns."""
        leaf, names = self.leaf, tuple(column.name for column in columns)
        values = (written(one, "NULL" if one.name in self.taking.emptied else "") for one in columns)
        select = f"SELECT {', '.join(values)}"
        order = f" ORDER BY {quote(leaf.key)}" if leaf.key else ""
        for ordinal, (rows, some) in enumerate(self.rows("t")):
            yield Slice(leaf.name, names, ordinal, f"{select} {rows}{order}", some.bytes, some.places)

    def rows(self, alias: str, where: str = "") -> Iterator[tuple[str, Some]]:
        """Yield the rows of each piece as they stand in SQL, for which a condition is true."""
        for some in self._parts():
            conditions = " AND ".join((*some.conditions, *((where,) if where else ())))
            limited = f" WHERE {conditions}" if conditions else ""
            yield f"FROM {self.leaf.table} AS {quote(alias)}{limited}", some

    def ruled(self, read: TableRead) -> Iterator[Slice]:
        """Yield the pieces of a table as rules leave its rows."""
        leaf, names = self.leaf, tuple(column.name for column in self.leaf.columns)
        outputs = dict(zip(read.columns, read.outputs, strict=True))
        values = (written(column, outputs[column.name]) for column in leaf.columns)
        source = f"SELECT {', '.join(map(self._raw, leaf.names))} FROM {leaf.table}"  # noqa: S608
        select = f"SELECT {', '.join(values)} FROM ({source}"  # noqa: S608
        for ordinal, some in enumerate([Some((), 0)] if read.emptied else self._parts()):
            conditions = f" WHERE {' AND '.join(some.conditions)}" if some.conditions else ""
            query = f"{select}{conditions}{read.after}"
            yield Slice(leaf.name, names, ordinal, query, some.bytes, some.places, computed="rules")

    def _raw(self, name: str) -> str:
        """Return a column as rules find it; IF keeps the type of one that is NULL."""
        column = quote(name)
        return f"IF(FALSE, {column}, NULL) AS {column}" if name in self.taking.emptied else column

    def _parts(self) -> Iterator[Some]:
        if self.taking.rows is None:
            share = self.leaf.bytes // (len(self.bounds) + 1)
            yield from (Some(limits, share) for limits in self._ranges())
        elif self.condition is None or not self.taking.parts:
            yield Some(("FALSE",), 0)
        else:
            for part in self.taking.parts:
                share = self.leaf.bytes // len(self.taking.parts)
                yield Some((PLACES,), share, partial(_picked, self.condition, part))

    def _ranges(self) -> Iterator[tuple[str, ...]]:
        edges: list[int | None] = [None, *self.bounds, None]
        key = quote(self.leaf.key) if self.leaf.key is not None else ""
        for start, end in pairwise(edges):
            yield (*[f"{key} >= {start}"] * (start is not None), *[f"{key} < {end}"] * (end is not None))


def _picked(condition: Callable[[Sequence[int]], str], part: Callable[[], Sequence[int]]) -> str:
    return condition(part())


async def cut_tables(connection: Connection, leaves: Iterable[Leaf]) -> tuple[Cut, ...]:
    """Decide where tables are cut: big ones by their primary key."""
    return tuple([Cut(leaf, await _bounds(connection, leaf)) for leaf in leaves])


def slices_of(cuts: Iterable[Cut], reads: Mapping[TableName, TableRead] | None = None) -> tuple[Slice, ...]:
    """Return all pieces of the tables, largest first; `reads` are read instead of some of them."""
    instead = reads or {}
    pieces = [
        piece
        for cut in cuts
        for piece in (
            cut.ruled(instead[cut.leaf.name]) if cut.leaf.name in instead else cut.pieces(cut.leaf.columns)
        )
    ]
    return tuple(sorted(pieces, key=lambda piece: (-piece.estimated_bytes, piece.table, piece.ordinal)))


async def _bounds(connection: Connection, leaf: Leaf) -> Sequence[int]:
    """Return the keys at which a table is cut.

    They are multiples of a power of two, so that rows that did not change are in the same piece next time.
    """
    if leaf.key is None or leaf.bytes < 2 * SLICE_BYTES or not leaf.rows:
        return ()
    key = quote(leaf.key)
    low, high = (await connection.rows(f"SELECT MIN({key}), MAX({key}) FROM {leaf.table}"))[0]  # noqa: S608
    if low is None:
        return ()
    wanted = max(1, (high - low) * SLICE_BYTES // leaf.bytes)
    step = 1 << (wanted.bit_length() - 1)
    first = (low // step + 1) * step
    return range(first, high + 1, step)


def written(column: Column, value: str = "") -> str:
    """Return the SQL that gives a column's value, or another one of its type, as it stands in a line."""
    name, type_ = value or quote(column.name), column.type.lower()
    text = as_text(name, type_)
    if HUGE.fullmatch(type_):
        return f"IF({name} IS NULL, {NULL}, IFNULL({text}, {TOO_LONG.format(name)}))"
    return f"IFNULL({text}, {NULL})" if column.nullable else text


def form_of(column: Column) -> Form | None:
    """Return how a column's values stand in a line, None for texts."""
    if BINARY.fullmatch(column.type.lower()):
        return "bytes"
    return "number" if NUMBER.fullmatch(column.type.lower()) else None


def as_text(name: str, type_: str) -> str:
    """Return the SQL that gives a value of a type as it stands in a line, NULL for NULL."""
    if PLAIN.fullmatch(type_):
        return name
    if NUMBER.fullmatch(type_):
        return f"{name} + 0"
    if FLOAT.fullmatch(type_):
        return f"{name} + 0e0"
    if BINARY.fullmatch(type_):
        # The client doubles the backslash.
        return f"CAST(CONCAT('\\\\x', HEX({name})) AS BINARY)"
    return f"CAST(CONVERT({name} USING utf8mb4) AS BINARY)"
