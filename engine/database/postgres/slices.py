"""Which rows there are to read, and in which pieces."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING

from ...model.catalog import TableName
from ...model.identifier import quote, quoted
from ...model.pushdown import TableRead
from ..base import PLACES, Slice
from ..finder import Taking
from .surroundings import inside

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

PAGE = 8192
PAGES_PER_SLICE = 8192
SMALLEST_SLICE = 64
# What comes of a group is one row, which the server and psql hold as a whole.
PAGES_PER_GROUP = 128
GROUP_BYTES = 16 * PAGES_PER_GROUP * PAGE
NO_PAGE = 0xFFFFFFFF
TARGET_BYTES = 2 * PAGES_PER_SLICE * PAGE

# Tables of extensions are left out: pg_dump knows which of their rows are configuration.
LEAVES = """
SELECT n.nspname, c.relname, c.relpersistence = 'u', am.amname = 'heap',
       pg_catalog.pg_relation_size(c.oid), pg_catalog.pg_table_size(c.oid),
       pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'),
       pg_catalog.row_security_active(c.oid),
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped {generated} ORDER BY a.attnum)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
WHERE c.relkind = 'r' AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2
"""

RAW = "SELECT * FROM ONLY {table}{pages}"
# Fetched one by one, whatever the server thinks that it costs: places are in order.
PLACED = (
    "pg_catalog.unnest({places}) AS u (place) CROSS JOIN LATERAL "
    "(SELECT * FROM ONLY {table} WHERE ctid = u.place OFFSET 0) AS {alias}"
)
GROUP = (
    " WHERE ctid >= pg_catalog.concat('(', pages.first, ',0)')::pg_catalog.tid"
    " AND ctid < pg_catalog.concat('(', pages.next, ',0)')::pg_catalog.tid"
)
PLACE_BITS = 16
AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Leaf:
    """A table that has rows of its own. `columns` are those that can be written back.

    `heap_bytes` are its pages, `bytes` counts what lies outside of them too.
    """

    name: TableName
    unlogged: bool
    heap: bool
    heap_bytes: int
    bytes: int
    readable: bool
    filtered: bool
    columns: tuple[str, ...]


async def read_leaves(connection: "AsyncConnection[TupleRow]") -> tuple[Leaf, ...]:
    """Return the tables with rows of their own, by name; those of extensions left out."""
    generated = "AND a.attgenerated = ''" if connection.info.server_version >= 120000 else ""
    cursor = await connection.execute(LEAVES.format(generated=generated).encode())
    return tuple(
        Leaf(TableName(row[0], row[1]), row[2], row[3], row[4], row[5], row[6], row[7], tuple(row[8]))
        for row in await cursor.fetchall()
    )


@dataclass(frozen=True, slots=True)
class Source:
    """Some rows of a table as they stand after FROM, called `t`; `places` as of a slice.

    `grouped` are the same rows, some at a time for each row of `groups`; None where that costs more.
    """

    rows: str
    bytes: int
    places: Callable[[], str] | None = None
    groups: str | None = None
    grouped: str = ""


@dataclass(frozen=True, slots=True)
class Cutting:
    """What is read of tables: what rules make of them, and what a subset takes (None: everything of all).

    `version` is the server's as libpq numbers it; page ranges are fast since 140000. `columns` are all that
    a table has, in order.
    """

    version: int
    columns: Callable[[TableName], Sequence[str]]
    reads: Mapping[TableName, TableRead]
    takings: Mapping[TableName, Taking] | None = None

    def slices(self, leaves: Iterable[Leaf]) -> tuple[Slice, ...]:
        """Return the pieces of the tables, largest first; a table without columns has none."""
        pieces = (piece for leaf in leaves if leaf.columns for piece in self._pieces(leaf))
        return tuple(sorted(pieces, key=lambda piece: (-piece.estimated_bytes, piece.table, piece.ordinal)))

    def sources(self, leaf: Leaf) -> Iterator[Source]:
        """Yield where a table's rows are read from, in pieces; nothing where none is taken."""
        table, taking = quoted(leaf.name), self._taking(leaf)
        if taking.rows is None:
            for pages in page_ranges(leaf, self.version):
                rows = f"ONLY {table} AS t"
                grouped = "" if pages.groups is None else f"{rows}{GROUP}"
                yield Source(f"{rows}{pages.condition}", pages.bytes, groups=pages.groups, grouped=grouped)
            return
        placed = PLACED.format(places=PLACES, table=table, alias="t")
        for rows, part in zip(taking.sources or repeat(placed), taking.parts, strict=False):
            yield Source(rows, leaf.bytes // len(taking.parts), partial(_spelled, part))

    def _taking(self, leaf: Leaf) -> Taking:
        return Taking() if self.takings is None else self.takings.get(leaf.name, Taking(0))

    def _pieces(self, leaf: Leaf) -> Iterator[Slice]:
        read = self.reads.get(leaf.name)
        sources = [*self.sources(leaf)]
        if read is not None and read.emptied:
            sources = [Source(f"ONLY {quoted(leaf.name)} AS t", 0)]
        for ordinal, source in enumerate(
            sources or [Source(f"ONLY {quoted(leaf.name)} AS t WHERE false", 0)]
        ):
            query = self._query(leaf, source)
            yield Slice(leaf.name, leaf.columns, ordinal, query, source.bytes, source.places)

    def _query(self, leaf: Leaf, source: Source) -> str:
        """Return what to send for some rows of a table: they themselves, or what rules make of them."""
        table, read, taking = quoted(leaf.name), self.reads.get(leaf.name), self._taking(leaf)
        if read is not None:
            columns = self._listed(self.columns(leaf.name), taking) if taking.emptied else "t.*"
            return inside(f"COPY ({read.query(f'SELECT {columns} FROM {source.rows}')}) TO STDOUT")
        if source.rows == f"ONLY {table} AS t" and not taking.emptied:
            return f"COPY {table} ({', '.join(map(quote, leaf.columns))}) TO STDOUT"
        return f"COPY (SELECT {self._listed(leaf.columns, taking)} FROM {source.rows}) TO STDOUT"

    @staticmethod
    def _listed(columns: Sequence[str], taking: Taking) -> str:
        """Return columns as they are selected; a CASE keeps the type of one that is NULL."""
        return ", ".join(
            f"CASE WHEN false THEN t.{quote(one)} END AS {quote(one)}"
            if one in taking.emptied
            else f"t.{quote(one)}"
            for one in columns
        )


def _spelled(part: Callable[[], Sequence[int]]) -> str:
    return spelled(part())


def spelled(places: Sequence[int]) -> str:
    """Return places of rows as a literal of the server; so many small texts at once would take megabytes."""
    parts = (places[at : at + AT_ONCE] for at in range(0, len(places), AT_ONCE))
    return f"'{{{','.join(map(_pairs, parts))}}}'::pg_catalog.tid[]"


def _pairs(places: Sequence[int]) -> str:
    return ",".join([f'"({place >> PLACE_BITS},{place & 0xFFFF})"' for place in places])


@dataclass(frozen=True, slots=True)
class Pages:
    """Some pages of a table: the condition of their rows, their bytes, and smaller groups of them."""

    condition: str
    bytes: int
    groups: str | None = None


def page_ranges(leaf: Leaf, version: int) -> Iterator[Pages]:
    """Yield what cuts a table into pieces; one piece has no condition."""
    step = _fitting(leaf, PAGES_PER_SLICE, TARGET_BYTES, least=SMALLEST_SLICE)
    pages = leaf.heap_bytes // PAGE
    if version < 140000 or not leaf.heap:
        yield Pages("", leaf.bytes)
    elif pages <= step:
        yield Pages("", leaf.bytes, _groups(leaf, 0, pages))
    else:
        for start in range(0, pages, step):
            end = min(start + step, pages)
            # The last piece is open: pages that came later hold nothing that this moment sees.
            below = f" AND ctid < '({end},0)'" if end < pages else ""
            share = leaf.bytes * (end - start) // pages
            yield Pages(f" WHERE ctid >= '({start},0)'{below}", share, _groups(leaf, start, end))


def _groups(leaf: Leaf, start: int, end: int) -> str:
    some, pages = _fitting(leaf, PAGES_PER_GROUP, GROUP_BYTES, least=1), leaf.heap_bytes // PAGE
    after = f"CASE WHEN page + {some} < {pages} THEN page + {some} ELSE {NO_PAGE} END"
    series = f"pg_catalog.generate_series({start}, {max(end - 1, 0)}, {some}) AS page"
    return f"(SELECT page AS first, {after} AS next FROM {series}) AS pages"


def _fitting(leaf: Leaf, pages: int, most: int, *, least: int) -> int:
    """Return a number of pages, a power of two, that keeps pieces small where most bytes lie outside them.

    It does not follow the table's growth, so that unchanged pages give the same pieces next time.
    """
    while pages > least and pages * PAGE * leaf.bytes > most * leaf.heap_bytes:
        pages //= 2
    return pages
