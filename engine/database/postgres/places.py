"""Questions about which rows there are: a row is its table's oid and the place of its version, its ctid.

Under one moment no version that it sees moves or goes away, as tables are locked against being rewritten.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...model.catalog import Catalog, TableName
from ...model.errors import SourceUnsuitable
from ...model.identifier import literal, quote, quoted
from ...model.subset import Relation
from ..base import PLACES, Block, Slice
from ..finder import Found
from .conditions import compared_as_they_are, joined, uses
from .slices import PLACE_BITS, PLACED, Leaf, spelled
from .surroundings import inside

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

# Those of partitions are copies of the partitioned table's.
RELATIONS = """
SELECT k.conname, fn.nspname, f.relname, tn.nspname, t.relname,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS key (attnum, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = key.attnum
             ORDER BY place),
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS key (attnum, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = key.attnum
             ORDER BY place),
       ARRAY(SELECT pg_catalog.quote_ident(n.nspname) || '.' || o.oprname
             FROM unnest(k.conpfeqop) WITH ORDINALITY AS used (oid, place)
             JOIN pg_catalog.pg_operator o ON o.oid = used.oid
             JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace ORDER BY place),
       {period}
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class f ON f.oid = k.conrelid JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = k.confrelid JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 ORDER BY 2, 3, 1
"""
NUMBERS = """
SELECT n.nspname, c.relname, c.oid::int8 FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'
"""
# The first columns of indexes that know every row.
INDEXED = """
SELECT n.nspname, c.relname, a.attname FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indisvalid AND i.indpred IS NULL
"""
OVERLAPS = "pg_catalog.&&"
# One process more, as such a question keeps nothing else waiting.
TOGETHER = "SET LOCAL max_parallel_workers_per_gather = 1"
# How many rows a place leads to is no matter of statistics: without an index, take one pass.
WITHOUT_INDEX = "SET LOCAL enable_nestloop = off"
# A statement is less than a gigabyte, and a place takes up to twenty bytes of it.
MOST = 1_000_000_000 // 20
# How many numbers say which row it is.
PLAIN = 3
PUNCTUATION = bytes.maketrans(b",", b"\t")


async def read_finder(
    connection: "AsyncConnection[TupleRow]",
    catalog: Catalog,
    leaves: Sequence[Leaf],
    *,
    seeded: Callable[[TableName], int],
) -> "PostgresFinder":
    """Read the foreign keys at the moment of a connection.

    Args:
        connection: One with an empty search path.
        catalog: What is in the snapshot.
        leaves: The tables whose rows are read.
        seeded: What makes the order of a table's rows.

    Raises:
        SourceUnsuitable: a table's rows have no places.
    """
    for leaf in leaves:
        if not leaf.heap:
            raise SourceUnsuitable(
                f"rows of `{leaf.name}` cannot be picked: it is kept by a table access method of its own",
                "Leave the table out with exclude_data, or build without a subset.",
            )
    period = "k.conperiod" if connection.info.server_version >= 180000 else "false"
    taken = {leaf.name for leaf in leaves}
    rows = await (await connection.execute(NUMBERS.encode())).fetchall()
    numbers = {name: oid for schema, table, oid in rows if (name := TableName(schema, table)) in taken}
    keys = await (await connection.execute(RELATIONS.format(period=period).encode())).fetchall()
    read = {name for leaf in taken for name in _above(catalog, leaf)}
    found = map(_relation, keys)
    relations = tuple(one for one in found if one.table in read and one.referenced in read)
    indexed = await (await connection.execute(INDEXED.encode())).fetchall()
    first = frozenset((TableName(schema, table), column) for schema, table, column in indexed)
    return PostgresFinder(catalog, relations, numbers, seeded, first)


def _relation(row: "TupleRow") -> Relation:
    name, schema, table, to_schema, to, own, theirs, operators, period = row
    return Relation(
        name,
        TableName(schema, table),
        tuple(own),
        TableName(to_schema, to),
        tuple(theirs),
        operators=(*operators[:-1], OVERLAPS) if period else tuple(operators),
        declared=True,
    )


def _above(catalog: Catalog, name: TableName) -> Iterator[TableName]:
    """Yield a table and all that its rows are rows of, by partitioning or inheritance."""
    waiting = [name]
    while waiting:
        yield (at := waiting.pop())
        if (table := catalog.table(at)) is not None:
            waiting += (*table.inherits, *((table.partition_of,) if table.partition_of else ()))


@dataclass(frozen=True, slots=True)
class PostgresFinder:
    """A `Finder`."""

    catalog: Catalog
    relations: tuple[Relation, ...]
    numbers: Mapping[TableName, int]
    seeded: Callable[[TableName], int]
    indexed: frozenset[tuple[TableName, str]]
    most: int = MOST

    def number(self, table: TableName) -> int | None:
        """Return the number of a table whose rows are read."""
        return self.numbers.get(table)

    def chosen(
        self,
        table: TableName,
        *,
        where: str | None = None,
        percent: float | None = None,
        ranked: bool = False,
    ) -> Slice:
        """Ask for rows of a table for which something is true."""
        rows, condition = quoted(table), ""
        if where:
            # Where it may name its columns by the table's own name.
            rows = f"(SELECT tableoid, ctid, * FROM {rows} WHERE ({where}\n))"
        if percent is not None and percent < 100:
            condition = f" WHERE {self._rank(table)} < {int(percent / 100 * (1 << 64)) - (1 << 63)}"
        columns, outputs = self._outputs(table, [], ranked=ranked)
        return _asked(table, columns, f"SELECT {outputs} FROM {rows} AS t{condition}")

    def referenced(self, relation: Relation, table: TableName, places: Sequence[int] | None) -> Slice:
        """Ask for the rows that some rows of a table refer to."""
        more, on = joined(relation, self.catalog)
        rows = f"SELECT FROM {_some(table, places, 't')}{more} WHERE {on}{_counts(relation)}"
        to = self._from(relation.referenced, relation)
        query = f"SELECT r.tableoid, r.ctid FROM {to} AS r WHERE EXISTS ({rows})"
        known = self._knows(relation, relation.referenced, relation.referenced_columns)
        return _asked(table, PLAIN, query, one_pass=not known)

    def referring(
        self,
        relation: Relation,
        table: TableName,
        places: Sequence[int] | None,
        *,
        others: Sequence[Relation],
        ranked: bool,
    ) -> Slice:
        """Ask for the rows that refer to some rows of a table."""
        columns, outputs = self._outputs(relation.table, others, ranked=ranked)
        rows, to = self._from(relation.table, relation), _some(table, places, "r")
        more, on = joined(relation, self.catalog)
        condition = f"EXISTS (SELECT FROM {to} WHERE {on})"
        if more:
            # The document is taken apart once, and beside the rows that it may lead to.
            inner = f"SELECT t.tableoid, t.ctid FROM {rows} AS t{more} JOIN ({to}) ON {on}"
            condition = f"(t.tableoid, t.ctid) IN ({inner})"
        query = f"SELECT {outputs} FROM {rows} AS t WHERE {condition}{_counts(relation)}"
        known = self._knows(relation, relation.table, relation.columns)
        return _asked(table, columns, query, one_pass=not known)

    def source(self, relation: Relation, table: TableName, referenced: TableName) -> str | None:
        """Return where rows of a table stand that refer to some rows of another, each of them to one."""
        if not relation.declared or OVERLAPS in relation.operators:
            return None
        _, on = joined(relation, self.catalog)
        placed = PLACED.format(places=PLACES, table=quoted(referenced), alias="r")
        return (
            f"(SELECT t.* FROM ONLY {quoted(table)} AS t WHERE EXISTS (SELECT FROM {placed} WHERE {on})) AS t"
        )

    def keyed(self, table: TableName, key: Sequence[str]) -> Slice:
        """Ask for the row of a table with that primary key, values as texts."""
        found = self.catalog.table(table)
        columns = found.primary_key if found else ()
        pairs = zip(columns, key, strict=True)
        same = (f"{quote(column)}::pg_catalog.text = {literal(value)}" for column, value in pairs)
        return self.chosen(table, where=" AND ".join(same))

    def using(self, relation: Relation, table: TableName, places: Sequence[int] | None) -> Slice:
        """Ask for those of some rows of a table that refer to anything by a relation."""
        some = "" if places is None else f" AND t.ctid = ANY ({spelled(places)})"
        return _asked(
            table,
            PLAIN,
            f"SELECT t.tableoid, t.ctid FROM ONLY {quoted(table)} AS t WHERE {uses(relation)}{some}",
        )

    def answer(self, piece: Slice, blocks: Iterator[Block]) -> Found:
        """Yield the rows of an answer, those of tables that are not read left out."""
        known, rest, width = frozenset(self.numbers.values()), b"", len(piece.columns)
        for block in blocks:
            lines, _, rest = (rest + bytes(block)).rpartition(b"\n")
            numbers = iter([*map(int, lines.translate(PUNCTUATION, b"()").split())])
            rows = zip(*[numbers] * width, strict=True)
            if width == PLAIN:
                yield [(oid, page << PLACE_BITS | line) for oid, page, line in rows if oid in known]
            else:
                yield [
                    (oid, page << PLACE_BITS | line, *more) for oid, page, line, *more in rows if oid in known
                ]

    def _knows(self, relation: Relation, table: TableName, columns: Sequence[str]) -> bool:
        """Tell whether an index leads to the rows at one end of a relation."""
        same = relation.path is None and compared_as_they_are(relation, self.catalog)
        return same and any((table, column) in self.indexed for column in columns)

    def _from(self, table: TableName, relation: Relation) -> str:
        """Return a table as it stands after FROM: a foreign key is not inherited."""
        found = self.catalog.table(table)
        only = relation.declared and found is not None and found.kind == "table"
        return f"ONLY {quoted(table)}" if only else quoted(table)

    def _outputs(self, table: TableName, others: Sequence[Relation], *, ranked: bool) -> tuple[int, str]:
        """Return how many numbers an answer has, and how they are asked for."""
        outputs = ["t.tableoid", "t.ctid"]
        if others or ranked:
            bits = [
                f"CASE WHEN {self._within(one, table)} THEN {1 << at} ELSE 0 END"
                for at, one in enumerate(others)
            ]
            outputs.append(" + ".join(bits) or "0")
        if ranked:
            outputs.append(self._rank(table))
        return len(outputs) + 1, ", ".join(outputs)

    def _within(self, relation: Relation, table: TableName) -> str:
        """Return the condition that a row of a table makes use of a relation of it, or of a part of it."""
        if relation.table in _above(self.catalog, table):
            return uses(relation)
        parts = (
            number for name, number in self.numbers.items() if relation.table in _above(self.catalog, name)
        )
        return f"t.tableoid = ANY ('{{{','.join(map(str, parts))}}}'::pg_catalog.oid[]) AND {uses(relation)}"

    def _rank(self, table: TableName) -> str:
        """Return what says which rows of a table come before others, always the same and by no value."""
        found = self.catalog.table(table)
        assert found is not None
        nullable = {column.name for column in found.columns if column.nullable}
        keys = (found.primary_key, *(key for key in found.unique if nullable.isdisjoint(key)))
        key = next(filter(None, keys), None)
        if key is None:
            raise SourceUnsuitable(
                f"which rows of `{table}` are taken cannot be repeated: it has no primary key",
                "Choose its rows with `where`, and give it no budget.",
            )
        columns = ", ".join(f"t.{quote(column)}" for column in key)
        text = f"{columns if len(key) == 1 else f'ROW({columns})'}::pg_catalog.text"
        return f'pg_catalog.hashtextextended({text} COLLATE "C", {self.seeded(table)})'


def _counts(relation: Relation) -> str:
    return f" AND ({relation.where}\n)" if relation.where else ""


def _some(table: TableName, places: Sequence[int] | None, alias: str) -> str:
    """Return some rows of a table as they stand after FROM, fetched one by one in order."""
    if places is None:
        return f"ONLY {quoted(table)} AS {alias}"
    return PLACED.format(places=spelled(places), table=quoted(table), alias=alias)


def _asked(table: TableName, numbers: int, query: str, *, one_pass: bool = False) -> Slice:
    names = ("table", "page", "line", "uses", "rank")
    settings = f"{TOGETHER};\n{WITHOUT_INDEX}" if one_pass else TOGETHER
    return Slice(table, names[:numbers], 0, inside(f"{settings};\nCOPY ({query}) TO STDOUT"), 0)
