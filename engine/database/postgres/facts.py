"""What rules that run while reading depend on, read from the catalogue of one moment in a few queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...model.catalog import Catalog, TableName
from ...model.pushdown import CheckFacts, ColumnFacts, Facts, ReferenceFacts, TableFacts, UniqueFacts
from .types import Types, read_types

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

    _Rows = Sequence[TupleRow]
    _ByTable = Mapping[int, _Rows]

OURS = """c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
                    AND d.deptype = 'e')"""

TABLES = """
SELECT c.oid, n.nspname, c.relname, c.relkind::text, c.relrowsecurity,
       EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type IN ('2', '4')),
       ARRAY(SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid ORDER BY 1),
       (SELECT CASE WHEN p.partexprs IS NOT NULL THEN '{*}' ELSE ARRAY(
                 SELECT a.attname::text FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum = ANY (p.partattrs::int2[])) END
        FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid = c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {ours}
"""

COLUMNS = """
SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid, a.atttypmod,
       a.attnotnull, a.attgenerated <> '',
       CASE WHEN a.attidentity <> '' THEN 'nextval' ELSE coalesce(
         pg_catalog.pg_get_expr(v.adbin, v.adrelid), pg_catalog.pg_get_expr(t.typdefaultbin, 0)) END,
       CASE WHEN a.attcollation <> 0 THEN
         pg_catalog.quote_ident(ln.nspname) || '.' || pg_catalog.quote_ident(l.collname) END, v.oid
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef v ON v.adrelid = a.attrelid AND v.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND {ours}
ORDER BY a.attrelid, a.attnum
"""

# 'c' are checks, 'n' a NOT NULL that may not be validated (since PostgreSQL 18).
CHECKS = """
SELECT conrelid, conname, coalesce(pg_catalog.pg_get_expr(conbin, conrelid), ''),
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = conrelid AND a.attnum = ANY (conkey)), convalidated, oid
FROM pg_catalog.pg_constraint WHERE conrelid <> 0 AND (contype = 'c' OR contype = 'n' AND NOT convalidated)
ORDER BY conrelid, conname
"""

UNIQUE = """
SELECT i.indrelid, x.relname,
       ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, place, true)
             FROM pg_catalog.generate_series(1, i.indnkeyatts) AS place ORDER BY place),
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = i.indrelid AND a.attnum > 0 AND (a.attnum = ANY (i.indkey::int2[]) OR EXISTS (
               SELECT FROM pg_catalog.pg_depend d
               WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = i.indexrelid
                 AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum))),
       pg_catalog.pg_get_expr(i.indpred, i.indrelid), {distinct}, i.indisexclusion, i.indexrelid, i.indisvalid
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
WHERE (i.indisunique OR i.indisexclusion) AND i.indislive
ORDER BY i.indrelid, x.relname
"""

REFERENCES = """
SELECT k.conrelid, k.conname, k.confrelid, n.nspname, c.relname,
       ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS key (attnum, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = key.attnum
             ORDER BY place),
       ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS key (attnum, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = key.attnum
             ORDER BY place),
       k.convalidated AND k.confmatchtype = 's' {period},
       copied.conrelid IS DISTINCT FROM k.conrelid, k.confdeltype::text, k.confupdtype::text
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.confrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_constraint copied ON copied.oid = k.conparentid
WHERE k.contype = 'f' ORDER BY k.conrelid, k.conname
"""

# Functions whose body the server runs as SQL or in a procedural language: they may read any table.
OPAQUE = """
SELECT p.oid FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE l.lanname NOT IN ('internal', 'c') AND n.nspname <> 'pg_catalog'
"""
FUNCTIONS = """
SELECT DISTINCT proname::text, provolatile = 'v', oid IN ({opaque}) FROM pg_catalog.pg_proc
WHERE provolatile = 'v' OR oid IN ({opaque})
"""
OWN_OPERATORS = """
SELECT EXISTS (SELECT FROM pg_catalog.pg_operator WHERE oprcode IN ({opaque}))
    OR EXISTS (SELECT FROM pg_catalog.pg_cast WHERE castfunc IN ({opaque})),
       EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata),
       pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'
"""
USERS = """
SELECT DISTINCT objid FROM pg_catalog.pg_depend
WHERE refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND refobjid IN ({opaque})
"""


async def read_facts(
    connection: "AsyncConnection[TupleRow]", catalog: Catalog, taken: Iterable[TableName]
) -> Facts:
    """Read what there is to know at the moment of a connection, with our session settings.

    Args:
        connection: One with an empty search path.
        catalog: The tables of the snapshot.
        taken: The tables whose rows are read.
    """
    version = connection.info.server_version
    distinct = "NOT i.indnullsnotdistinct" if version >= 150000 else "true"
    period = "AND NOT k.conperiod" if version >= 180000 else ""
    users = frozenset(oid for (oid,) in await _rows(connection, USERS))
    ((operators, objects, now),) = await _rows(connection, OWN_OPERATORS)
    functions = await _rows(connection, FUNCTIONS)
    selected = {table.name for table in catalog.tables}
    tables = _Tables(
        [row for row in await _rows(connection, TABLES) if TableName(row[1], row[2]) in selected],
        types=await read_types(connection),
        columns=_by_table(await _rows(connection, COLUMNS)),
        checks=_by_table(await _rows(connection, CHECKS)),
        unique=_by_table(await _rows(connection, UNIQUE.replace("{distinct}", distinct))),
        references=await _rows(connection, REFERENCES.replace("{period}", period)),
        users=users,
    )
    return Facts(
        tables.facts(),
        frozenset(taken),
        volatile=frozenset(name for name, volatile, _ in functions if volatile),
        opaque=frozenset(name for name, _, opaque in functions if opaque),
        own_operators=operators,
        large_objects=objects,
        now=now,
    )


async def _rows(connection: "AsyncConnection[TupleRow]", query: str) -> "_Rows":
    whole = query.replace("{ours}", OURS).replace("{opaque}", OPAQUE)
    return await (await connection.execute(whole.encode())).fetchall()


def _by_table(rows: "_Rows") -> "_ByTable":
    found: defaultdict[int, list[TupleRow]] = defaultdict(list)
    for oid, *rest in rows:
        found[oid].append(tuple(rest))
    return found


@dataclass(frozen=True, slots=True)
class _Tables:
    rows: "_Rows"
    types: Types
    columns: "_ByTable"
    checks: "_ByTable"
    unique: "_ByTable"
    references: "_Rows"
    users: frozenset[int]

    def facts(self) -> dict[TableName, TableFacts]:
        """Put everything about each table together."""
        names = {row[0]: TableName(row[1], row[2]) for row in self.rows}
        keys = self._partition_keys()
        found: dict[TableName, TableFacts] = {}
        for oid, _, _, kind, secured, rewritten, children, _ in self.rows:
            columns = self.columns.get(oid, ())
            found[names[oid]] = TableFacts(
                names[oid],
                kind,
                tuple(self._column(row) for row in columns),
                checks=tuple(
                    CheckFacts(name, text, tuple(used), valid, object_ in self.users)
                    for name, text, used, valid, object_ in self.checks.get(oid, ())
                ),
                unique=tuple(self._unique(row) for row in self.unique.get(oid, ())),
                references=tuple(
                    ReferenceFacts(name, tuple(own), TableName(schema, to), tuple(theirs), simple, *actions)
                    for table, name, _, schema, to, own, theirs, simple, first, *actions in self.references
                    if table == oid and first
                ),
                children=tuple(names[child] for child in children if child in names),
                partition_key=keys[oid],
                referenced_by=tuple(
                    sorted({names[row[0]] for row in self.references if row[2] == oid and row[0] in names})
                ),
                referenced_columns=frozenset(
                    column for row in self.references if row[2] == oid for column in row[6]
                ),
                rewritten=rewritten,
                row_security=secured,
                opaque=tuple(row[0] for row in columns if row[5] and row[8] in self.users),
            )
        return found

    def _column(self, row: "TupleRow") -> ColumnFacts:
        name, type_, oid, modifier, not_null, generated, default, collation, _ = row
        base, _ = self.types.base(oid, modifier)
        return ColumnFacts(
            name,
            type_,
            base,
            not_null=not_null,
            generated=default if generated else None,
            default=None if generated else default,
            collation=collation,
            limited=self.types.limit(oid, modifier),
            nested_limit=self.types.limited_inside(oid, modifier),
            names_objects=self.types.names_objects(oid),
            holds_objects=self.types.holds_objects(oid),
        )

    def _unique(self, row: "TupleRow") -> UniqueFacts:
        name, keys, columns, predicate, distinct, excludes, oid, valid = row
        return UniqueFacts(
            name,
            tuple(keys),
            tuple(columns),
            predicate,
            nulls_distinct=distinct,
            opaque=oid in self.users,
            excludes=excludes,
            valid=valid,
        )

    def _partition_keys(self) -> dict[int, tuple[str, ...]]:
        """Return, for every table, the columns that it or what it is a part of is partitioned by."""
        keys = {row[0]: set(row[7] or ()) for row in self.rows}
        below = {row[0]: row[6] for row in self.rows}
        for _ in below:
            before = sum(map(len, keys.values()))
            for parent, children in below.items():
                for child in children:
                    keys.setdefault(child, set()).update(keys[parent])
            if sum(map(len, keys.values())) == before:
                break
        return {oid: tuple(sorted(found)) for oid, found in keys.items()}
