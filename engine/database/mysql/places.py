"""Questions about which rows there are: a row is the number of its table and a place that its key has.

Whatever is compared is compared by the server, column by column; what leaves it are keys alone.
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ...model.catalog import Catalog, Table, TableName
from ...model.errors import SourceUnsuitable
from ...model.subset import Relation
from ..base import Block, Slice
from ..finder import Found
from .conditions import Comparing, counts, uses
from .facts import CHARSETS
from .inspect import by_table
from .names import literal, qualified, quote
from .naming import DIGITS, Book, Naming, hashed, naming
from .session import Connection
from .slices import Leaf, written

# Longer lists of keys are no ranges any more for the servers' optimizers, which have limits for them.
MOST = 10_000


async def read_finder(
    connection: Connection, catalog: Catalog, leaves: Sequence[Leaf], *, seed: bytes, book: Book
) -> "MysqlFinder":
    """Read what keys are made of, and return who asks for rows.

    Args:
        connection: One to the database of the catalogue.
        catalog: What is in the snapshot.
        leaves: The tables whose rows are read.
        seed: What makes the order of rows.
        book: Where keys are noted.
    """
    texts = by_table(await connection.rows(CHARSETS, catalog.schemas))
    names = sorted(leaf.name for leaf in leaves)
    tables = [table for name in names if (table := catalog.table(name)) is not None]
    collations = {
        (table.name, str(column)): str(collation)
        for table in tables
        for column, _, collation in texts.get(table.name.name, ())
    }
    namings = {
        table.name: naming(
            table, {str(column): str(charset) for column, charset, _ in texts.get(table.name.name, ())}, book
        )
        for table in tables
    }
    return MysqlFinder(Comparing(catalog, collations), tables, namings, seed)


@dataclass(frozen=True)
class MysqlFinder:
    """A `Finder`."""

    comparing: Comparing
    tables: Sequence[Table]
    namings: Mapping[TableName, Naming]
    seed: bytes
    most: int = MOST

    @property
    def relations(self) -> tuple[Relation, ...]:
        """The foreign keys between tables whose rows are read."""
        return tuple(
            Relation(key.name, table.name, key.columns, key.referenced, key.referenced_columns, declared=True)
            for table in self.tables
            for key in table.foreign_keys
            if key.referenced in self.namings
        )

    @cached_property
    def _numbers(self) -> Mapping[TableName, int]:
        return {table.name: number for number, table in enumerate(self.tables)}

    def number(self, table: TableName) -> int | None:
        """Return the number of a table whose rows are read."""
        return self._numbers.get(table)

    def chosen(
        self,
        table: TableName,
        *,
        where: str | None = None,
        percent: float | None = None,
        ranked: bool = False,
    ) -> Slice:
        """Ask for rows of a table for which something is true."""
        conditions = [f"({where}\n)"] if where else []
        if percent is not None and percent < 100:
            conditions.append(f"{self._rank(table)} < {int(percent / 100 * 16**DIGITS)}")
        # Its own name is what a condition may call it by.
        return self._asked(table, " AND ".join(conditions), row=quote(table.name), ranked=ranked)

    def referenced(self, relation: Relation, table: TableName, places: Sequence[int] | None) -> Slice:
        """Ask for the rows that some rows of a table refer to."""
        beside, own, to = self.comparing.sides(relation)
        rows = f"SELECT {own} FROM {_table(table)} AS t{beside} WHERE {self._some(table, places)}"
        return self._asked(relation.referenced, f"({to}) IN ({rows}{counts(relation)})", row="r")

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
        beside, own, to = self.comparing.sides(relation)
        rows = f"SELECT {to} FROM {_table(table)} AS r WHERE {self._some(table, places)}"
        condition = f"({own}) IN ({rows}){counts(relation)}"
        return self._asked(relation.table, condition, beside=beside, others=others, ranked=ranked)

    def source(self, relation: Relation, table: TableName, referenced: TableName) -> str | None:
        """Return None: rows are read by their keys."""
        return None

    def keyed(self, table: TableName, key: Sequence[str]) -> Slice:
        """Ask for the row of a table with that primary key, values as texts."""
        found = self.tables[self._numbers[table]]
        columns = {column.name: column for column in found.columns}
        same = (
            f"CAST({written(columns[name])} AS BINARY) = {literal(value)}"
            for name, value in zip(found.primary_key, key, strict=True)
        )
        return self.chosen(table, where=" AND ".join(same))

    def using(self, relation: Relation, table: TableName, places: Sequence[int] | None) -> Slice:
        """Ask for those of some rows of a table that refer to anything by a relation."""
        return self._asked(table, f"{self._some(table, places)} AND {uses(relation)}")

    def answer(self, piece: Slice, blocks: Iterator[Block]) -> Found:
        """Yield the rows of an answer."""
        number, name = self._numbers[piece.table], self.namings[piece.table]
        more, rest = len(piece.columns) - 1, b""
        for block in blocks:
            *lines, rest = (rest + bytes(block)).split(b"\n")
            told = [line.rsplit(b"\t", more) for line in lines]
            places = name.places([key for key, *_ in told])
            yield [
                (number, place, *map(int, numbers)) for place, (_, *numbers) in zip(places, told, strict=True)
            ]

    def _some(self, table: TableName, places: Sequence[int] | None) -> str:
        return "TRUE" if places is None else self.namings[table].condition(places)

    def _asked(
        self,
        table: TableName,
        condition: str,
        *,
        row: str = "t",
        beside: str = "",
        others: Sequence[Relation] = (),
        ranked: bool = False,
    ) -> Slice:
        outputs = [*self.namings[table].outputs]
        if others or ranked:
            bits = (f"IF({uses(one)}, {1 << at}, 0)" for at, one in enumerate(others))
            outputs.append(" + ".join(bits) or "0")
        if ranked:
            outputs.append(self._rank(table))
        query = f"SELECT {', '.join(outputs)} FROM {_table(table)} AS {row}{beside}"
        columns = ("place", "uses", "rank")[: 1 + bool(others or ranked) + ranked]
        return Slice(table, columns, 0, f"{query} WHERE {condition or 'TRUE'}", 0)

    def _rank(self, table: TableName) -> str:
        """Return what says which rows of a table come before others, always the same and by no value."""
        name = self.namings[table]
        if not name.repeatable:
            raise SourceUnsuitable(
                f"which rows of `{table}` are taken cannot be repeated: it has no key that tells them apart",
                "Choose its rows with `where`, and give it no budget.",
            )
        seed = hmac.digest(self.seed, table.name.encode(), "sha256").hex()
        return hashed((literal(seed), *name.outputs))


def _table(name: TableName) -> str:
    return qualified(name.schema, name.name)
