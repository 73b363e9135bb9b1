"""Foreign keys as the server has them: what they do by themselves, and whether they hold."""

import re
from collections import defaultdict
from dataclasses import dataclass

from ...model.rules import Rule
from .names import qualified, quote
from .session import Connection

KEYS = """
SELECT r.TABLE_NAME, r.CONSTRAINT_NAME, r.REFERENCED_TABLE_NAME, r.DELETE_RULE, r.UPDATE_RULE,
       k.COLUMN_NAME, k.REFERENCED_COLUMN_NAME
FROM information_schema.REFERENTIAL_CONSTRAINTS r
JOIN information_schema.KEY_COLUMN_USAGE k
  ON k.CONSTRAINT_SCHEMA = r.CONSTRAINT_SCHEMA AND k.CONSTRAINT_NAME = r.CONSTRAINT_NAME
 AND k.TABLE_NAME = r.TABLE_NAME
WHERE r.CONSTRAINT_SCHEMA = %s AND k.REFERENCED_TABLE_SCHEMA = %s
ORDER BY r.TABLE_NAME, r.CONSTRAINT_NAME, k.ORDINAL_POSITION
"""
FOLLOWING = frozenset(("CASCADE", "SET NULL", "SET DEFAULT"))


@dataclass(frozen=True, slots=True)
class Key:
    """A foreign key within one database; `pairs` are its columns with those that they refer to."""

    database: str
    table: str
    name: str
    referenced: str
    on_delete: str
    on_update: str
    pairs: tuple[tuple[str, str], ...]

    def follows(self, rule: Rule) -> bool:
        """Tell whether a rule may make the key change rows by itself."""
        if not rule.tables or rule.tables[0].rpartition(".")[2] != self.referenced:
            return False
        if rule.kind == "delete":
            return self.on_delete in FOLLOWING
        referenced = "|".join(re.escape(column) for _, column in self.pairs)
        mentioned = re.search(rf"\b({referenced})\b", rule.text, re.IGNORECASE)
        return rule.kind == "update" and self.on_update in FOLLOWING and mentioned is not None

    async def orphans(self, connection: Connection) -> int:
        """Count the rows that refer to nothing."""
        here, there = qualified(self.database, self.table), qualified(self.database, self.referenced)
        joined = " AND ".join(f"p.{quote(other)} = c.{quote(own)}" for own, other in self.pairs)
        set_ = " AND ".join(f"c.{quote(own)} IS NOT NULL" for own, _ in self.pairs)
        missing = f"p.{quote(self.pairs[0][1])} IS NULL"
        query = f"SELECT COUNT(*) FROM {here} c LEFT JOIN {there} p ON {joined} WHERE {set_} AND {missing}"  # noqa: S608
        return int((await connection.rows(query))[0][0])


async def read_keys(connection: Connection, database: str) -> tuple[Key, ...]:
    """Return the foreign keys of a database whose other end is in it, too."""
    found: defaultdict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
    for *key, own, other in await connection.rows(KEYS, (database, database)):
        found[tuple(map(str, key))].append((str(own), str(other)))
    return tuple(
        Key(database, table, name, referenced, on_delete=on_delete, on_update=on_update, pairs=tuple(pairs))
        for (table, name, referenced, on_delete, on_update), pairs in found.items()
    )
