"""What the catalogue does not say of tables, and what rules are tried against: checks and keys."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from ...model.catalog import Catalog, Table, TableName
from ...model.pushdown import CheckFacts, ColumnFacts, Facts, TableFacts, UniqueFacts
from .inspect import IDENTIFIER, unquoted
from .names import quote
from .session import Connection

CHECKS = """
SELECT t.TABLE_NAME, c.CONSTRAINT_NAME, c.CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS c
JOIN information_schema.TABLE_CONSTRAINTS t
  ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME
WHERE c.CONSTRAINT_SCHEMA = %s AND t.CONSTRAINT_TYPE = 'CHECK'
"""
# Those of columns stand in no list of constraints there, and names are a table's own.
CHECKS_OF_MARIADB = """
SELECT TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
WHERE CONSTRAINT_SCHEMA = %s
"""


async def read_facts(connection: Connection, catalog: Catalog, taken: Iterable[TableName]) -> Facts:
    """Read the facts of every table of the catalogue."""
    query = CHECKS_OF_MARIADB if connection.version.mariadb else CHECKS
    checks: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for table, name, clause in await connection.rows(query, catalog.schemas):
        checks[str(table)].append((str(name), str(clause)))
    tables = {table.name: _of(table, checks) for table in catalog.tables}
    return Facts(tables, frozenset(taken))


def _of(table: Table, checks: Mapping[str, list[tuple[str, str]]]) -> TableFacts:
    keys = (table.primary_key, *table.unique)
    return TableFacts(
        table.name,
        "v" if table.kind == "view" else "r",
        tuple(
            ColumnFacts(
                column.name,
                column.type,
                0,
                not_null=not column.nullable,
                generated=column.default if column.generated else None,
            )
            for column in table.columns
        ),
        checks=tuple(
            CheckFacts(name, clause, tuple(map(unquoted, re.findall(IDENTIFIER, clause))))
            for name, clause in checks.get(table.name.name, ())
        ),
        unique=tuple(UniqueFacts("unique key", tuple(map(quote, key)), key) for key in keys if key),
    )
