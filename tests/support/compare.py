"""Are two PostgreSQL databases the same? Compared without regard to the order of rows."""

import re
from collections.abc import Mapping

import psycopg

from snapharbor.engine.database.postgres.tools import Toolbox
from snapharbor.engine.model.url import DatabaseUrl

from .postgres import connect
from .snapshots import client

Facts = Mapping[str, object]

USER = "nspname !~ '^pg_' AND nspname <> 'information_schema'"
TABLES = f"""
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'm') AND relispopulated AND {USER} ORDER BY 1
"""
# Two hashes of each row's text, summed: no order, and repeated rows count as often as they are there.
ROWS = """
SELECT count(*), coalesce(sum(hashtextextended(every_row::text, 0)::numeric), 0),
       coalesce(sum(hashtextextended(every_row::text, 7)::numeric), 0) FROM ONLY {table} AS every_row
"""
OTHERS = {
    "sequences": """
        SELECT schemaname, sequencename, start_value, increment_by, cycle, last_value FROM pg_sequences""",
    "indexes": f"""
        SELECT indexrelid::regclass::text, indisvalid, indisunique, pg_get_indexdef(indexrelid)
        FROM pg_index JOIN pg_class c ON c.oid = indrelid JOIN pg_namespace n ON n.oid = relnamespace
        WHERE {USER}""",
    "constraints": f"""
        SELECT conrelid::regclass::text, conname, convalidated, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_namespace n ON n.oid = connamespace WHERE {USER}""",
    "views": f"""
        SELECT c.oid::regclass::text, relispopulated, pg_get_viewdef(c.oid)
        FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('v', 'm') AND {USER}""",
    "functions": f"""
        SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid)
        FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE prokind IN ('f', 'p') AND {USER}
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')""",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, tgenabled, pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal""",
    "large objects": """
        SELECT oid, length(lo_get(oid)), sha256(lo_get(oid)) FROM pg_largeobject_metadata""",
    "comments": """
        SELECT pg_describe_object(classoid, objoid, objsubid), description FROM pg_description
        WHERE objoid >= 16384""",
}


def facts(url: DatabaseUrl, tools: Toolbox | None = None) -> Facts:
    """Return everything about a database that a copy must have too, and with tools its DDL as well."""
    found: dict[str, object] = {}
    with connect(url) as connection:
        connection.execute("SET search_path = ''")
        for (name,) in connection.execute(TABLES.encode()).fetchall():
            found[f"rows of {name}"] = _rows(connection, str(name))
        for name, query in OTHERS.items():
            found[name] = sorted(connection.execute(query.encode()).fetchall(), key=repr)
    if tools is not None:
        found["definition"] = definition(url, tools)
    return found


def differences(one: Facts, other: Facts) -> list[str]:
    """Name what is not the same; nothing, if all is."""
    return sorted(key for key in {*one, *other} if one.get(key) != other.get(key))


def definition(url: DatabaseUrl, tools: Toolbox) -> list[str]:
    """Return `pg_dump -s` without owners and grants, and without the key that differs every time."""
    dumped = client(tools, "pg_dump", url, "-s", "--no-owner", "--no-acl").decode()
    text = re.sub(r"(?m)^\\(un)?restrict .*\n", "", dumped)
    return text.splitlines()


def _rows(connection: "psycopg.Connection[tuple[object, ...]]", table: str) -> tuple[object, ...]:
    query = ROWS.format(table=table)
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row
