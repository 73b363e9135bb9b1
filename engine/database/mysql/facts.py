"""What the catalogue does not say of tables, and what rules are tried against: checks and keys."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ...model.catalog import Catalog, Column, Table, TableName
from ...model.pushdown import CheckFacts, ColumnFacts, Facts, ReferenceFacts, TableFacts, UniqueFacts
from .inspect import IDENTIFIER, by_table, unquoted
from .names import quote
from .session import Connection, Row

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
CHARSETS = """
SELECT TABLE_NAME, COLUMN_NAME, CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA = %s AND CHARACTER_SET_NAME IS NOT NULL
"""
# A key may be over parts of columns, or over expressions.
UNIQUE = """
SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = %s AND NON_UNIQUE = 0 ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX
"""
KINDS = """
SELECT TABLE_NAME, TABLE_TYPE, COALESCE(ENGINE, ''), COALESCE(CREATE_OPTIONS, '')
FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s
"""
ACTIONS = """
SELECT TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE FROM information_schema.REFERENTIAL_CONSTRAINTS
WHERE CONSTRAINT_SCHEMA = %s
"""
LETTERS = {"NO ACTION": "a", "RESTRICT": "r", "CASCADE": "c", "SET NULL": "n", "SET DEFAULT": "d"}
EVERYTHING = "utf8mb4"
WORD = re.compile(r"\w+")
ESCAPED = re.compile(r"\\(.)", re.DOTALL)


async def read_facts(connection: Connection, catalog: Catalog, taken: Iterable[TableName]) -> Facts:
    """Read the facts of every table of the catalogue."""
    checks = CHECKS_OF_MARIADB if connection.version.mariadb else CHECKS
    found = _Found(
        mariadb=connection.version.mariadb,
        rows={
            query: by_table(await connection.rows(query, catalog.schemas))
            for query in (checks, CHARSETS, UNIQUE, KINDS, ACTIONS)
        },
        checks=checks,
    )
    tables = {table.name: found.table(table) for table in catalog.tables}
    referring = defaultdict[TableName, list[ReferenceFacts]](list)
    by: defaultdict[TableName, list[TableName]] = defaultdict(list)
    for table in tables.values():
        for key in table.references:
            referring[key.referenced].append(key)
            by[key.referenced].append(table.name)
    for name, keys in referring.items():
        if name in tables:
            columns = frozenset(column for key in keys for column in key.referenced_columns)
            tables[name] = replace(
                tables[name], referenced_by=tuple(dict.fromkeys(by[name])), referenced_columns=columns
            )
    return Facts(tables, frozenset(taken))


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows of the information schema by query and table."""

    mariadb: bool
    rows: Mapping[str, Mapping[str, list[Row]]]
    checks: str

    def table(self, table: Table) -> TableFacts:
        name = table.name.name
        charsets = {
            str(column): (str(charset), str(collation))
            for column, charset, collation in self._of(CHARSETS, name)
        }
        unread, partitioned = self._kept(name)
        return TableFacts(
            table.name,
            "v" if table.kind == "view" else "r",
            tuple(self._column(column, charsets) for column in table.columns),
            checks=tuple(
                CheckFacts(str(check), clause, tuple(map(unquoted, re.findall(IDENTIFIER, clause))))
                for check, text in self._of(self.checks, name)
                for clause in (self._clause(text),)
            ),
            unique=tuple(self._unique(table)),
            references=tuple(self._references(table)),
            partition_key=("*",) if partitioned else (),
            unread=unread,
        )

    def _of(self, query: str, name: str) -> list[Row]:
        return self.rows[query].get(name, [])

    def _clause(self, text: object) -> str:
        """Return a condition as it stands in SQL: MySQL tells it with backslashes before quotes."""
        return str(text) if self.mariadb else ESCAPED.sub(r"\1", str(text))

    def _references(self, table: Table) -> Iterable[ReferenceFacts]:
        told = {name: actions for name, *actions in self._of(ACTIONS, table.name.name)}
        for key in table.foreign_keys:
            on_delete, on_update = (LETTERS.get(str(action), "?") for action in told.get(key.name, ("", "")))
            yield ReferenceFacts(
                key.name,
                key.columns,
                key.referenced,
                key.referenced_columns,
                on_delete=on_delete,
                on_update=on_update,
            )

    def _column(self, column: Column, charsets: Mapping[str, tuple[str, str]]) -> ColumnFacts:
        charset, collation = charsets.get(column.name, ("", ""))
        known = WORD.fullmatch(charset) and WORD.fullmatch(collation)
        return ColumnFacts(
            column.name,
            column.type,
            0,
            not_null=not column.nullable,
            generated=column.default if column.generated else None,
            collation=collation or None,
            charset=charset if known else "",
            lossy=not self.mariadb and charset != EVERYTHING,
        )

    def _unique(self, table: Table) -> Iterable[UniqueFacts]:
        columns: defaultdict[str, list[str | None]] = defaultdict(list)
        parts: set[str] = set()
        for index, column, part in self._of(UNIQUE, table.name.name):
            columns[index].append(column)
            parts.update({index} if part is not None or column is None else ())
        every = tuple(column.name for column in table.columns)
        for index, found in columns.items():
            names = tuple(name for name in found if name is not None)
            # Of an expression nobody says which columns it reads.
            read = names if len(names) == len(found) else every
            yield UniqueFacts(index, tuple(map(quote, names)), read, opaque=index in parts)

    def _kept(self, name: str) -> tuple[str | None, bool]:
        """Return why a table's rules never run while it is read, and whether it has partitions."""
        for type_, engine, options in self._of(KINDS, name):
            partitioned = "partitioned" in str(options)
            if type_ == "SYSTEM VERSIONED":
                return "a system-versioned table", partitioned
            if type_ == "BASE TABLE" and engine != "InnoDB":
                return f"a table of the engine {engine}", partitioned
            return None, partitioned
        return None, False
