"""What cannot stand without things that are left out, by the server's own record of dependencies."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...model.catalog import Catalog, TableName
from ...model.target import Selection
from ..selection import Selected, select, sentence

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

# From what is left out to everything that depends on it. A part takes along what it is an inner part of, as a
# rule its view; a default or a check takes along its table or domain. What belongs to an extension stays.
# Parts of what goes are not worth a word of their own, and foreign keys are told elsewhere.
TIES = """
WITH RECURSIVE roots (classid, objid) AS (
  SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_namespace n
    ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = n.oid
  WHERE n.nspname = ANY (%s) AND d.classid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
  UNION
  SELECT c.tableoid, c.oid FROM unnest(%s::text[], %s::text[]) AS t (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = t.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.name
), members AS (
  SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
), lost (classid, objid) AS (
  SELECT * FROM roots WHERE (classid, objid) NOT IN (SELECT * FROM members)
  UNION
  SELECT next.* FROM lost CROSS JOIN LATERAL (
    SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
    WHERE d.refclassid = lost.classid AND d.refobjid = lost.objid
    UNION ALL
    SELECT d.refclassid, d.refobjid FROM pg_catalog.pg_depend d
    WHERE d.classid = lost.classid AND d.objid = lost.objid AND d.deptype = 'i'
    UNION ALL
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, adrelid FROM pg_catalog.pg_attrdef a
    WHERE a.tableoid = lost.classid AND a.oid = lost.objid
    UNION ALL
    SELECT CASE conrelid WHEN 0 THEN 'pg_catalog.pg_type'::pg_catalog.regclass
                         ELSE 'pg_catalog.pg_class'::pg_catalog.regclass END,
           CASE conrelid WHEN 0 THEN contypid ELSE conrelid END
    FROM pg_catalog.pg_constraint k WHERE k.tableoid = lost.classid AND k.oid = lost.objid AND contype = 'c'
  ) AS next WHERE (next.classid, next.objid) NOT IN (SELECT * FROM members)
), unsaid AS (
  SELECT * FROM roots
  UNION ALL
  SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
  JOIN lost ON lost.classid = d.refclassid AND lost.objid = d.refobjid
  WHERE d.deptype = 'i' OR d.deptype <> 'n' AND d.refclassid IN (
    'pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass)
)
SELECT lost.classid::int8, lost.objid::int8, n.nspname, c.relname,
       CASE WHEN c.oid IS NULL AND k.oid IS NULL AND (lost.classid, lost.objid) NOT IN (SELECT * FROM unsaid)
            THEN (SELECT type || ' ' || identity
                  FROM pg_catalog.pg_identify_object(lost.classid, lost.objid, 0)) END
FROM lost
LEFT JOIN pg_catalog.pg_class c
  ON c.tableoid = lost.classid AND c.oid = lost.objid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_constraint k
  ON k.tableoid = lost.classid AND k.oid = lost.objid AND k.contype = 'f'
"""

CatalogId = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Ties:
    """Everything that goes when a selection's rest goes, by catalogue and oid, and how to say so."""

    ids: frozenset[CatalogId]
    warnings: tuple[str, ...]


async def select_tied(
    connection: "AsyncConnection[TupleRow]", selection: Selection, catalog: Catalog
) -> tuple[Selected, Ties]:
    """Apply a selection, and leave out whatever cannot be restored without what it leaves out.

    Raises:
        ConfigInvalid: the lists contradict each other, or nothing would be taken.
    """
    selected = select(selection, catalog)
    if selected.whole:
        return selected, Ties(frozenset(), ())
    schemas, names = list(selected.schemas.left_out), selected.excluded
    values = (schemas, [name.schema for name in names], [name.name for name in names])
    found = await (await connection.execute(TIES.encode(), values)).fetchall()
    taken = {table.name for table in selected.tables}
    tied = [table for *_, schema, name, _ in found if name and (table := TableName(schema, name)) in taken]
    if tied:
        selected = select(selection, catalog, frozenset(tied))
    labels = [label for *_, label in found if label]
    return selected, Ties(
        frozenset((catalogue, oid) for catalogue, oid, *_ in found),
        sentence("left out, as what it needs is left out", labels),
    )
