"""What the types of a database are made of, as far as it matters to values that pass through a cast."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...model.pushdown import Limited

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

# Everything below a type: domains their base, arrays and ranges their elements, composites their fields.
TYPES = """
SELECT oid, typbasetype, typtypmod, CASE WHEN typlen = -1 THEN typelem ELSE 0 END, typrelid, typname::text,
       typtype::text FROM pg_catalog.pg_type
"""
FIELDS = """
SELECT attrelid, atttypid, atttypmod FROM pg_catalog.pg_attribute
JOIN pg_catalog.pg_class ON pg_class.oid = attrelid
WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('c', 'r', 'p', 'v', 'm', 'f')
"""
RANGES = "SELECT rngtypid, rngsubtype FROM pg_catalog.pg_range"
LIMITED: Mapping[str, Limited] = {"varchar": "varchar", "bpchar": "bpchar", "bit": "bit", "varbit": "varbit"}
HEADER: Mapping[str, int] = {"varchar": 4, "bpchar": 4, "bit": 0, "varbit": 0}
NAMING = frozenset(
    (
        *("regclass", "regcollation", "regconfig", "regdictionary", "regnamespace", "regoper"),
        *("regoperator", "regproc", "regprocedure", "regrole", "regtype"),
    )
)


async def read_types(connection: "AsyncConnection[TupleRow]") -> "Types":
    """Read all types of a database."""
    fields: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for relation, type_, modifier in await _rows(connection, FIELDS):
        fields[relation].append((type_, modifier))
    rows = await _rows(connection, TYPES)
    ranges = {row[0]: row[1] for row in await _rows(connection, RANGES)}
    return Types({row[0]: _Type(*row[1:]) for row in rows}, fields, ranges)


async def _rows(connection: "AsyncConnection[TupleRow]", query: str) -> "Sequence[TupleRow]":
    return await (await connection.execute(query.encode())).fetchall()


@dataclass(frozen=True, slots=True)
class _Type:
    base: int
    modifier: int
    element: int
    relation: int
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Types:
    """All types of a database, and what they are made of."""

    by_oid: Mapping[int, _Type]
    fields: Mapping[int, Sequence[tuple[int, int]]]
    ranges: Mapping[int, int]

    def base(self, oid: int, modifier: int) -> tuple[int, int]:
        """Return the type below all domains with its modifier."""
        found = self.by_oid[oid]
        return self.base(found.base, found.modifier) if found.kind == "d" else (oid, modifier)

    def limit(self, oid: int, modifier: int) -> tuple[Limited, int] | None:
        """Return the greatest length of a type itself."""
        base, modifier = self.base(oid, modifier)
        kind = LIMITED.get(self.by_oid[base].name)
        return (kind, modifier - HEADER[kind]) if kind and modifier >= 0 else None

    def parts(self, oid: int, modifier: int) -> list[tuple[int, int]]:
        """Return what a type is directly made of, with modifiers."""
        base, modifier = self.base(oid, modifier)
        found = self.by_oid[base]
        inner = [(found.element, modifier)] if found.element else []
        inner += [(self.ranges[base], -1)] if base in self.ranges else []
        return inner + list(self.fields.get(found.relation, ()))

    def limited_inside(self, oid: int, modifier: int) -> bool:
        """Tell whether an array, range or composite holds something of limited length."""
        return any(
            self.limit(*part) is not None or self.limited_inside(*part) for part in self.parts(oid, modifier)
        )

    def names_objects(self, oid: int) -> bool:
        """Tell whether values are written by the names of the database's objects."""
        base, _ = self.base(oid, -1)
        inside = (self.names_objects(part) for part, _ in self.parts(oid, -1))
        return self.by_oid[base].name in NAMING or any(inside)

    def holds_objects(self, oid: int) -> bool:
        """Tell whether values may be numbers of large objects."""
        found = self.by_oid[oid]
        return "oid" in (found.name, self.by_oid[found.base].name if found.base else "")
