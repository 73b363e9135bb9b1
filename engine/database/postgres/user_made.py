"""What users wrote that a statement can run without naming a function: casts, operators, overloads."""

from typing import TYPE_CHECKING

from ...model.catalog import Cast, Operator, UserMade

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

# Programs that an extension brings were installed by who may install programs on the server.
FUNCTIONS = """
SELECT p.oid FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND NOT (l.lanname IN ('internal', 'c') AND EXISTS (
    SELECT FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e'))
"""
NAMES = "SELECT DISTINCT proname::text FROM pg_catalog.pg_proc WHERE oid IN ({functions})"
CASTS = """
SELECT pg_catalog.format_type(castsource, NULL), pg_catalog.format_type(casttarget, NULL),
       CASE castcontext WHEN 'e' THEN 'explicit' WHEN 'a' THEN 'assignment' ELSE 'implicit' END
FROM pg_catalog.pg_cast WHERE castfunc IN ({functions}) ORDER BY 1, 2
"""
OPERATORS = """
SELECT oprname::text, ARRAY(SELECT pg_catalog.format_type(operand, NULL)
                            FROM pg_catalog.unnest(ARRAY[oprleft, oprright]) AS operand WHERE operand <> 0)
FROM pg_catalog.pg_operator WHERE oprcode IN ({functions}) ORDER BY 1, 2
"""
TYPES = """
SELECT pg_catalog.format_type(t.oid, NULL) FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
"""


async def read_user_made(connection: "AsyncConnection[TupleRow]") -> UserMade:
    """Read what users wrote; their types only where there is something to tell from."""
    names = await _rows(connection, NAMES)
    casts, operators = await _rows(connection, CASTS), await _rows(connection, OPERATORS)
    types = await _rows(connection, TYPES) if casts or operators else []
    return UserMade(
        functions=frozenset(name for (name,) in names),
        casts=tuple(Cast(*row) for row in casts),
        operators=tuple(Operator(name, tuple(operands)) for name, operands in operators),
        types=frozenset(name for (name,) in types),
    )


async def _rows(connection: "AsyncConnection[TupleRow]", query: str) -> "list[TupleRow]":
    whole = query.replace("{functions}", FUNCTIONS)
    return await (await connection.execute(whole.encode())).fetchall()
