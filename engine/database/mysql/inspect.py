"""The structure of a database, read in a few queries however many tables it has."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ...model.catalog import Catalog, Column, ForeignKey, Table, TableKind, TableName, Trigger
from ...model.url import DatabaseUrl
from .note import NOTE_TABLE
from .session import Connection, Row, connect

KINDS: Mapping[str, TableKind] = {
    "BASE TABLE": "table",
    "SYSTEM VERSIONED": "table",
    "VIEW": "view",
    "SYSTEM VIEW": "view",
}
# The rows of these are kept by another server or in other tables.
ELSEWHERE = frozenset(("FEDERATED", "CONNECT", "SPIDER", "MRG_MYISAM", "NDBCLUSTER"))

TABLES = """
SELECT TABLE_NAME, TABLE_TYPE, ENGINE, COALESCE(TABLE_ROWS, -1),
       COALESCE(DATA_LENGTH + INDEX_LENGTH, 0), TABLE_COMMENT
FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s
"""
COLUMNS = """
SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLUMN_COMMENT,
       COALESCE(GENERATION_EXPRESSION, '')
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s ORDER BY TABLE_NAME, ORDINAL_POSITION
"""
# A key over a part of a column's text, or over an expression, makes no value unique.
KEYS = """
SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = %s AND NON_UNIQUE = 0 ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX
"""
FOREIGN_KEYS = """
SELECT TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME,
       REFERENCED_COLUMN_NAME
FROM information_schema.KEY_COLUMN_USAGE
WHERE TABLE_SCHEMA = %s AND REFERENCED_TABLE_NAME IS NOT NULL
ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION
"""
VIEWS = "SELECT TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %s"
TRIGGERS = """
SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME, EVENT_MANIPULATION FROM information_schema.TRIGGERS
WHERE TRIGGER_SCHEMA = %s ORDER BY EVENT_OBJECT_TABLE, TRIGGER_NAME
"""
# MariaDB has no type for documents: such a column is a text with a check of exactly this form.
DOCUMENTS = """
SELECT TABLE_NAME, CONSTRAINT_NAME FROM information_schema.CHECK_CONSTRAINTS
WHERE CONSTRAINT_SCHEMA = %s
  AND CHECK_CLAUSE = CONCAT('json_valid(`', REPLACE(CONSTRAINT_NAME, '`', '``'), '`)')
"""
IDENTIFIER = r"`(?:[^`]|``)*`"
QUALIFIED = re.compile(rf"({IDENTIFIER})\.({IDENTIFIER})")
LABEL = re.compile(r"'((?:[^'\\]|''|\\.)*)'")


async def inspect(url: DatabaseUrl) -> Catalog:
    """Connect and read the structure."""
    async with connect(url) as connection:
        return await read_catalog(connection, url.database)


async def read_catalog(connection: Connection, database: str) -> Catalog:
    """Read the structure of one database, which is its only schema."""
    rows = {
        query: by_table(await connection.rows(query, (database,)))
        for query in (COLUMNS, KEYS, FOREIGN_KEYS, VIEWS, TRIGGERS)
    }
    tables = [
        row
        for row in await connection.rows(TABLES, (database,))
        if row[1] != "SEQUENCE" and row[0] != NOTE_TABLE
    ]
    if connection.version.mariadb:
        rows[DOCUMENTS] = by_table(await connection.rows(DOCUMENTS, (database,)))
    names = frozenset(str(row[0]) for row in tables)
    found = _Details(database, names, rows)
    described = sorted(map(found.table, tables), key=lambda table: table.name)
    return Catalog((database,), tuple(described), engine="mysql")


def by_table(rows: Iterable[Row]) -> Mapping[str, list[Row]]:
    """Return rows without their first column, by the table that it names."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for table, *rest in rows:
        found[str(table)].append(tuple(rest))
    return found


@dataclass(frozen=True, slots=True)
class _Details:
    """Rows of the information schema by the table that they belong to."""

    database: str
    names: frozenset[str]
    rows: Mapping[str, Mapping[str, list[Row]]]

    def table(self, row: Row) -> Table:
        name, kind, engine, count, size, comment = row
        keys = self._keys(name)
        is_view = kind in ("VIEW", "SYSTEM VIEW")
        return Table(
            name=TableName(self.database, name),
            kind="foreign" if engine in ELSEWHERE else KINDS.get(kind, "table"),
            columns=tuple(self._columns(name)),
            primary_key=keys.pop("PRIMARY", ()),
            unique=tuple(columns for columns in keys.values() if columns),
            foreign_keys=tuple(self._foreign_keys(name)),
            reads=self._reads(name),
            triggers=tuple(Trigger(key, (event.lower(),)) for key, event in self._of(TRIGGERS, name)),
            rows=-1 if is_view else int(count),
            bytes=int(size),
            comment=None if is_view else comment or None,
        )

    def _of(self, query: str, name: str) -> list[Row]:
        return self.rows[query].get(name, []) if query in self.rows else []

    def _columns(self, name: str) -> Iterable[Column]:
        documents = {str(column) for (column,) in self._of(DOCUMENTS, name)}
        for column in map(_column, self._of(COLUMNS, name)):
            yield replace(column, type="json") if column.name in documents else column

    def _keys(self, name: str) -> dict[str, tuple[str, ...]]:
        columns: defaultdict[str, list[str]] = defaultdict(list)
        partial: set[str] = set()
        for key, column, part in self._of(KEYS, name):
            columns[key].append(column)
            if part is not None or column is None:
                partial.add(key)
        return {key: () if key in partial else tuple(names) for key, names in columns.items()}

    def _foreign_keys(self, name: str) -> Iterable[ForeignKey]:
        grouped: defaultdict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
        for key, column, schema, table, referenced in self._of(FOREIGN_KEYS, name):
            grouped[key, schema, table].append((column, referenced))
        for (key, schema, table), pairs in grouped.items():
            own, others = zip(*pairs, strict=True)
            yield ForeignKey(key, own, TableName(schema, table), others)

    def _reads(self, name: str) -> tuple[TableName, ...]:
        """Return what a view reads; the server writes every table with its database."""
        read = {
            (unquoted(schema), unquoted(table))
            for (text,) in self._of(VIEWS, name)
            for schema, table in QUALIFIED.findall(text or "")
        }
        inside = (table for schema, table in read if schema == self.database and table in self.names)
        return tuple(TableName(self.database, table) for table in sorted({*inside} - {name}))


def _column(row: Row) -> Column:
    name, type_, nullable, default, extra, comment, expression = map(_text, row)
    generated = bool(expression) or "GENERATED" in extra.upper().replace("DEFAULT_GENERATED", "")
    return Column(
        name=name,
        type=type_,
        nullable=nullable == "YES",
        default=expression if generated else None if row[3] is None else default,
        generated=generated,
        identity="auto_increment" in extra.lower(),
        comment=comment or None,
        labels=_labels(type_),
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _labels(type_: str) -> tuple[str, ...]:
    if not type_.startswith(("enum(", "set(")):
        return ()
    return tuple(label.replace("''", "'") for label in LABEL.findall(type_))


def unquoted(name: str) -> str:
    """Return the name that an identifier in backticks stands for."""
    return name[1:-1].replace("``", "`")
