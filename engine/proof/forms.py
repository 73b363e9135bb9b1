"""How the cells of a column are looked at: as text, as one value, as bytes, or not at all."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..model.catalog import Catalog, Column, TableName
from ..model.sensitive import ColumnCoverage

TEXT, BINARY, VALUE, NOTHING = b"tbv-"

# What stands in these is neither a word nor a sentence; whole numbers are looked at as values. A dot follows
# the name of a schema.
EMPTY_OF_TEXT = re.compile(
    r"(date|time|timestamp|datetime|year|interval|boolean|tinyint|smallint|real|double|float|money|bit|oid"
    r"|point|line|lseg|box|path|polygon|circle|geometry|xid|cid|tid|pg_lsn|\w+range|\w+multirange)\b(?!\.).*"
)
WHOLE = re.compile(r"(uuid|inet\d?|cidr|macaddr8?|integer|int|mediumint|bigint|numeric|decimal)\b(?!\.).*")
BYTES = re.compile(r"(bytea|(tiny|medium|long)?blob|(var)?binary)\b(?!\.).*")


@dataclass(frozen=True, slots=True)
class Forms:
    """A table's columns: their names, a form for each, and in which of them shapes are counted.

    `place` is the table as it is told of: partitions are told of as what they belong to.
    """

    place: str
    columns: tuple[str, ...]
    forms: bytes
    shaped: bytes


def forms(
    table: TableName,
    columns: tuple[str, ...],
    *,
    catalog: Catalog,
    coverage: Mapping[tuple[TableName, str], ColumnCoverage],
) -> Forms:
    """Decide how a table's columns are searched.

    Shapes count where nobody decided: a masked column may have the shape of what it was, and a kept one is
    kept with a reason.
    """
    found = catalog.table(table)
    known = {column.name: column for column in found.columns} if found else {}
    root = root_of(table, catalog)
    undecided = (
        (covered := coverage.get((root, name))) is None or covered.treatment == "unclassified"
        for name in columns
    )
    return Forms(str(root), columns, bytes(_form(known.get(name)) for name in columns), bytes(undecided))


def root_of(table: TableName, catalog: Catalog) -> TableName:
    """Return the table that a partition belongs to in the end."""
    found = catalog.table(table)
    while found is not None and found.partition_of is not None:
        table, found = found.partition_of, catalog.table(found.partition_of)
    return table


def _form(column: Column | None) -> int:
    if column is None:
        return TEXT
    type_ = (column.made_of or column.type).lower()
    if column.labels or EMPTY_OF_TEXT.fullmatch(type_):
        return NOTHING
    if BYTES.fullmatch(type_):
        return BINARY
    return VALUE if WHOLE.fullmatch(type_) and not type_.endswith("]") else TEXT
