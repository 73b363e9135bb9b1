"""The same oracle for MariaDB: a row is its table and what its primary key holds."""

from snapharbor.engine.model.url import DatabaseUrl

from .mysql import MysqlServer
from .references import References, Spot

KEYS = """
SELECT k.TABLE_NAME, k.REFERENCED_TABLE_NAME,
       GROUP_CONCAT(CONCAT('t.`', k.COLUMN_NAME, '` = r.`', k.REFERENCED_COLUMN_NAME, '`') SEPARATOR ' AND ')
FROM information_schema.KEY_COLUMN_USAGE k
WHERE k.TABLE_SCHEMA = DATABASE() AND k.REFERENCED_TABLE_SCHEMA = DATABASE()
GROUP BY k.TABLE_NAME, k.CONSTRAINT_NAME, k.REFERENCED_TABLE_NAME
"""
PRIMARY = """
SELECT TABLE_NAME, GROUP_CONCAT(CONCAT('HEX({}.`', COLUMN_NAME, '`)') ORDER BY ORDINAL_POSITION)
FROM information_schema.KEY_COLUMN_USAGE
WHERE TABLE_SCHEMA = DATABASE() AND CONSTRAINT_NAME = 'PRIMARY' GROUP BY TABLE_NAME
"""


class MariaReferences(References):
    """Every reference of every row, and which tables refer to which."""

    def __init__(self, server: MysqlServer, url: DatabaseUrl) -> None:
        self.server = server
        found = server.query(PRIMARY, database=url.database)
        self.keys = {str(name): f"CONCAT_WS(',', {outputs})" for name, outputs in found}
        self.top = {name: name for name in self.keys}
        self.to = {}
        self.tables = set()
        for child, parent, on in server.query(KEYS, database=url.database):
            self.tables.add((str(child), str(parent)))
            ours, theirs = self.keys[str(child)].format(*"t" * 9), self.keys[str(parent)].format(*"r" * 9)
            query = f"SELECT {ours}, {theirs} FROM `{child}` t JOIN `{parent}` r ON {on}"
            for one, other in server.query(query, database=url.database):
                self.to.setdefault((str(child), str(one)), set()).add((str(parent), str(other)))

    def rows(self, url: DatabaseUrl, table: str, where: str = "TRUE") -> set[Spot]:
        """Return the rows of a table of this or another database of the same shape."""
        query = f"SELECT {self.keys[table].format(*'t' * 9)} FROM `{table}` t WHERE {where}"
        return {(table, str(key)) for (key,) in self.server.query(query, database=url.database)}
