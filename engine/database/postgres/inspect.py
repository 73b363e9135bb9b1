"""The structure of a database, read in a few queries however many tables it has."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...model.catalog import Catalog, Column, ForeignKey, Table, TableKind, TableName, Trigger
from ...model.url import DatabaseUrl
from .session import connect
from .user_made import read_user_made

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

    _ByTable = defaultdict[int, list[TupleRow]]

KINDS: Mapping[str, TableKind] = {
    "r": "table",
    "p": "partitioned",
    "v": "view",
    "m": "materialized-view",
    "f": "foreign",
}

# What an extension brought belongs to it, and comes back with CREATE EXTENSION.
SCHEMAS = """
SELECT nspname FROM pg_catalog.pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND oid NOT IN (
  SELECT objid FROM pg_catalog.pg_depend
  WHERE classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND deptype = 'e')
ORDER BY 1
"""

EXTENSIONS = "SELECT extname FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' ORDER BY 1"

TABLES = """
SELECT c.oid, n.nspname, c.relname, c.relkind, parent_schema.nspname, parent.relname,
       CASE WHEN c.reltuples > 0 OR c.relpages > 0 THEN c.reltuples::bigint ELSE -1 END,
       CASE WHEN c.relkind IN ('r', 'm') THEN coalesce(pg_catalog.pg_table_size(c.oid), 0) ELSE 0 END,
       description, c.relrowsecurity
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
LEFT JOIN pg_catalog.pg_class parent ON parent.oid = i.inhparent
LEFT JOIN pg_catalog.pg_namespace parent_schema ON parent_schema.oid = parent.relnamespace
LEFT JOIN pg_catalog.pg_description d
  ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.oid NOT IN (
    SELECT objid FROM pg_catalog.pg_depend
    WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND deptype = 'e')
"""

COLUMNS = """
WITH RECURSIVE domains (oid, base, mod) AS (
  SELECT oid, typbasetype, typtypmod FROM pg_catalog.pg_type WHERE typtype = 'd'
  UNION ALL
  SELECT domains.oid, t.typbasetype, t.typtypmod
  FROM domains JOIN pg_catalog.pg_type t ON t.oid = domains.base WHERE t.typtype = 'd')
SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       pg_catalog.pg_get_expr(def.adbin, def.adrelid), a.attgenerated <> '', a.attidentity <> '', description,
       (SELECT pg_catalog.format_type(base, mod) FROM domains JOIN pg_catalog.pg_type t ON t.oid = base
        WHERE domains.oid = a.atttypid AND t.typtype <> 'd'),
       ARRAY(SELECT enumlabel::text FROM pg_catalog.pg_enum WHERE enumtypid = a.atttypid
             ORDER BY enumsortorder), a.atttypid
FROM pg_catalog.pg_attribute a
JOIN unnest(%s::oid[]) AS c (oid) ON c.oid = a.attrelid
LEFT JOIN pg_catalog.pg_attrdef def ON def.adrelid = a.attrelid AND def.adnum = a.attnum
LEFT JOIN pg_catalog.pg_description d
  ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""

# Of composite types, through domains, however deep.
FIELDS = """
WITH RECURSIVE fields (type, path, part) AS (
  SELECT DISTINCT a.atttypid, '' COLLATE "C", a.atttypid FROM pg_catalog.pg_attribute a
  JOIN unnest(%s::oid[]) AS c (oid) ON c.oid = a.attrelid
  WHERE a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT type, CASE WHEN f.attname IS NULL THEN path ELSE path || '.' || f.attname END,
         coalesce(f.atttypid, t.typbasetype)
  FROM fields JOIN pg_catalog.pg_type t ON t.oid = part AND t.typtype IN ('c', 'd')
  LEFT JOIN pg_catalog.pg_attribute f ON f.attrelid = t.typrelid AND f.attnum > 0 AND NOT f.attisdropped)
SELECT type, substr(path, 2) FROM fields WHERE path <> '' ORDER BY 1, 2
"""

# Whole keys only: an index on an expression or on a part of the rows makes nothing unique.
KEYS = """
SELECT indrelid, indisprimary,
       ARRAY(SELECT a.attname::text FROM unnest(indkey::int2[]) WITH ORDINALITY AS key (attnum, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = indrelid AND a.attnum = key.attnum
             WHERE place <= indnkeyatts ORDER BY place)
FROM pg_catalog.pg_index
JOIN unnest(%s::oid[]) AS c (oid) ON c.oid = indrelid
WHERE indisunique AND indisvalid AND indpred IS NULL AND indexprs IS NULL
ORDER BY indrelid, indexrelid
"""

# A key that refers to a partitioned table has entries for its partitions too, which are its own copies.
FOREIGN_KEYS = """
SELECT k.conrelid, k.conname, to_n.nspname, to_c.relname,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS key (attnum, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = key.attnum
             ORDER BY place),
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS key (attnum, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = key.attnum
             ORDER BY place)
FROM pg_catalog.pg_constraint k
JOIN unnest(%s::oid[]) AS c (oid) ON c.oid = k.conrelid
JOIN pg_catalog.pg_class to_c ON to_c.oid = k.confrelid
JOIN pg_catalog.pg_namespace to_n ON to_n.oid = to_c.relnamespace
LEFT JOIN pg_catalog.pg_constraint copied ON copied.oid = k.conparentid
WHERE k.contype = 'f' AND copied.conrelid IS DISTINCT FROM k.conrelid
ORDER BY k.conrelid, k.conname
"""

READS = """
SELECT DISTINCT r.ev_class, n.nspname, t.relname
FROM pg_catalog.pg_rewrite r
JOIN unnest(%s::oid[]) AS c (oid) ON c.oid = r.ev_class
JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = ANY (%s)
  AND d.refobjid <> r.ev_class AND r.rulename = '_RETURN'
ORDER BY 1, 2, 3
"""

INHERITS = """
SELECT i.inhrelid, n.nspname, p.relname
FROM pg_catalog.pg_inherits i
JOIN unnest(%s::oid[]) AS c (oid) ON c.oid = i.inhrelid
JOIN pg_catalog.pg_class child ON child.oid = i.inhrelid AND NOT child.relispartition
JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace
WHERE child.relkind IN ('r', 'f')
ORDER BY i.inhrelid, i.inhseqno
"""

# Bits of tgtype: 4 insert, 8 delete, 16 update, 32 truncate.
TRIGGERS = """
SELECT tgrelid, tgname,
       ARRAY(SELECT event FROM (VALUES (4, 'insert'), (8, 'delete'), (16, 'update'), (32, 'truncate'))
             AS known (bit, event) WHERE tgtype & bit <> 0)
FROM pg_catalog.pg_trigger
JOIN unnest(%s::oid[]) AS c (oid) ON c.oid = tgrelid
WHERE NOT tgisinternal AND tgenabled <> 'D'
ORDER BY tgrelid, tgname
"""


async def inspect(url: DatabaseUrl) -> Catalog:
    """Connect and read the structure."""
    async with connect(url) as connection, connection.transaction():
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return await read_catalog(connection)


async def read_catalog(connection: "AsyncConnection[TupleRow]") -> Catalog:
    """Read the structure that a connection sees, with our session settings."""
    schemas = await _rows(connection, SCHEMAS)
    extensions = await _rows(connection, EXTENSIONS)
    tables = await _rows(connection, TABLES)
    oids = [row[0] for row in tables]
    found = _Details(
        columns=_by_table(await _rows(connection, COLUMNS, oids)),
        fields=_by_table(await _rows(connection, FIELDS, oids)),
        keys=_by_table(await _rows(connection, KEYS, oids)),
        foreign_keys=_by_table(await _rows(connection, FOREIGN_KEYS, oids)),
        reads=_by_table(await _rows(connection, READS, oids, oids)),
        inherits=_by_table(await _rows(connection, INHERITS, oids)),
        triggers=_by_table(await _rows(connection, TRIGGERS, oids)),
    )
    return Catalog(
        schemas=tuple(name for (name,) in schemas),
        extensions=tuple(name for (name,) in extensions),
        tables=tuple(sorted((_table(row, found) for row in tables), key=lambda table: table.name)),
        user_made=await read_user_made(connection),
    )


@dataclass(frozen=True, slots=True)
class _Details:
    """Rows of the catalogue by the table that they belong to, fields by their type."""

    columns: "_ByTable"
    fields: "_ByTable"
    keys: "_ByTable"
    foreign_keys: "_ByTable"
    reads: "_ByTable"
    inherits: "_ByTable"
    triggers: "_ByTable"


async def _rows(connection: "AsyncConnection[TupleRow]", query: str, *values: list[int]) -> "list[TupleRow]":
    return await (await connection.execute(query.encode(), values or None)).fetchall()


def _by_table(rows: "Iterable[TupleRow]") -> "_ByTable":
    found: defaultdict[int, list[TupleRow]] = defaultdict(list)
    for oid, *rest in rows:
        found[oid].append(tuple(rest))
    return found


def _column(found: _Details, *values: Any) -> Column:
    *plain, labels, type_ = values
    fields = tuple(path for (path,) in found.fields[type_])
    return replace(Column(*plain), labels=tuple(labels), fields=fields)


def _table(row: "TupleRow", found: _Details) -> Table:
    oid, schema, name, kind, parent_schema, parent, rows, size, comment, row_security = row
    return Table(
        name=TableName(schema, name),
        kind=KINDS[kind],
        columns=tuple(_column(found, *column) for column in found.columns[oid]),
        primary_key=next((tuple(names) for primary, names in found.keys[oid] if primary), ()),
        unique=tuple(tuple(names) for primary, names in found.keys[oid] if not primary),
        foreign_keys=tuple(
            ForeignKey(key, tuple(own), TableName(to_schema, to), tuple(referenced))
            for key, to_schema, to, own, referenced in found.foreign_keys[oid]
        ),
        partition_of=TableName(parent_schema, parent) if parent else None,
        inherits=tuple(TableName(*parent) for parent in found.inherits[oid]),
        reads=tuple(TableName(*read) for read in found.reads[oid]),
        triggers=tuple(Trigger(trigger, tuple(events)) for trigger, events in found.triggers[oid]),
        row_security=row_security,
        rows=rows,
        bytes=size,
        comment=comment,
    )
