"""Are two MySQL databases the same? Compared without regard to the order of rows, and byte by byte."""

import re
from collections.abc import Callable, Mapping, Sequence

from snapharbor.engine.database.mysql.note import NOTE_TABLE

from .mysql import MysqlServer

Facts = Mapping[str, object]
CHARACTER_SET = re.compile(r" CHARACTER SET \w+(?= COLLATE)")
Rows = Sequence[tuple[object, ...]]

TABLES = """
SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1
"""
COLUMNS = """
SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '{}' ORDER BY ORDINAL_POSITION
"""
OTHERS = {
    "defaults": """
        SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA
        WHERE SCHEMA_NAME = DATABASE()""",
    "triggers": """
        SELECT TRIGGER_NAME, EVENT_MANIPULATION, EVENT_OBJECT_TABLE, ACTION_ORDER, ACTION_TIMING,
               ACTION_STATEMENT, SQL_MODE, CHARACTER_SET_CLIENT, COLLATION_CONNECTION
        FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()""",
    "routines": """
        SELECT ROUTINE_NAME, ROUTINE_TYPE, DTD_IDENTIFIER, ROUTINE_DEFINITION, IS_DETERMINISTIC,
               SECURITY_TYPE, SQL_MODE, ROUTINE_COMMENT, CHARACTER_SET_CLIENT, DATABASE_COLLATION
        FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()""",
    "parameters": """
        SELECT SPECIFIC_NAME, ORDINAL_POSITION, PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER
        FROM information_schema.PARAMETERS WHERE SPECIFIC_SCHEMA = DATABASE()""",
    "events": """
        SELECT EVENT_NAME, TIME_ZONE, EVENT_DEFINITION, INTERVAL_VALUE, INTERVAL_FIELD, STARTS, ENDS, STATUS,
               ON_COMPLETION, EVENT_COMMENT FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()""",
    "foreign keys": """
        SELECT TABLE_NAME, CONSTRAINT_NAME, REFERENCED_TABLE_NAME, UPDATE_RULE, DELETE_RULE,
               UNIQUE_CONSTRAINT_SCHEMA = DATABASE()
        FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()""",
}


def facts(server: MysqlServer, database: str) -> Facts:
    """Return everything about a database that a copy must have too."""
    with server.connect(database) as connection, connection.cursor() as cursor:

        def ask(query: str) -> Rows:
            cursor.execute(query)
            return cursor.fetchall()

        found: dict[str, object] = {name: sorted(map(repr, ask(query))) for name, query in OTHERS.items()}
        for name, kind in ask(TABLES):
            if name == NOTE_TABLE and not server.mariadb:
                continue
            what = {"VIEW": "VIEW", "SEQUENCE": "SEQUENCE"}.get(str(kind), "TABLE")
            definition = str(ask(f"SHOW CREATE {what} {_quote(str(name))}")[0][1])
            # MySQL names the character set of a column whose collation was named.
            found[f"definition of {name}"] = (
                definition if server.mariadb else CHARACTER_SET.sub("", definition)
            )
            if what == "SEQUENCE":
                state = f"SELECT next_not_cached_value, cycle_count FROM {_quote(str(name))}"
                found[f"state of {name}"] = ask(state)
            else:
                found[f"rows of {name}"] = _rows(ask, str(name))
        return found


def differences(one: Facts, other: Facts) -> list[str]:
    """Name what is not the same; nothing, if all is."""
    return sorted(key for key in {*one, *other} if one.get(key) != other.get(key))


def _rows(ask: Callable[[str], Rows], table: str) -> Sequence[str]:
    columns = ask(COLUMNS.format(table.replace("'", "''")))
    outputs = ", ".join(_exact(str(column), str(type_)) for column, type_ in columns)
    return sorted(map(repr, ask(f"SELECT {outputs} FROM {_quote(table)}")))


def _exact(column: str, type_: str) -> str:
    if re.fullmatch("float|double", type_):
        return f"{_quote(column)} + 0e0"
    return f"HEX(CAST({_quote(column)} AS BINARY))"


def _quote(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
