"""What a role may do, as the server says it."""

import re
from dataclasses import dataclass

from .session import Connection

GRANT = re.compile(r"GRANT (?P<rights>.+?) ON (?:TABLE )?(?P<scope>\S+)\.(?P<object>\S+) TO ", re.DOTALL)
# Everything by which a role could change what others read. Temporary tables are its own business.
WRITING = frozenset(
    ("ALL PRIVILEGES", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "SUPER", "FILE")
)
ROUTINES = ("EXECUTE", "ALTER ROUTINE", "SHOW CREATE ROUTINE")


@dataclass(frozen=True, slots=True)
class Grant:
    """Rights, in capitals and without columns, on databases and a thing in them (`*`: all).

    `scope` is a pattern as it was granted: `%`, `_` and backslashes before what is meant as it is.
    """

    rights: frozenset[str]
    scope: str
    thing: str

    def covers(self, database: str | None) -> bool:
        """Tell whether it holds in a database, or on the server with None."""
        return self.scope == "*" or (database is not None and _like(self.scope, database))


@dataclass(frozen=True, slots=True)
class Grants:
    """All grants of a role."""

    all: tuple[Grant, ...]

    def may(self, right: str, database: str | None = None) -> bool:
        """Tell whether a role has a right on a whole database, or on the server with None."""
        whole = (grant for grant in self.all if grant.thing == "*" and grant.covers(database))
        return any(not grant.rights.isdisjoint({right, "ALL PRIVILEGES"}) for grant in whole)

    def may_see_routines(self, database: str) -> bool:
        """Tell whether a role sees every routine of a database: where, depends on the product and its age."""
        whole = any(self.may(right, database) for right in ROUTINES)
        listed = any(
            "SELECT" in grant.rights and (grant.scope, grant.thing) == ("mysql", "proc") for grant in self.all
        )
        return whole or listed or self.may("SELECT", "mysql") or self.may("SHOW_ROUTINE")

    def writes(self, database: str) -> bool:
        """Tell whether a role can change what others read in a database."""
        return any(grant.covers(database) and not grant.rights.isdisjoint(WRITING) for grant in self.all)


async def read_grants(connection: Connection) -> Grants:
    """Ask what the role of a connection may do."""
    lines = await connection.rows("SHOW GRANTS")
    return Grants(tuple(grant for (line,) in lines if (grant := parse_grant(str(line))) is not None))


def parse_grant(line: str) -> Grant | None:
    """Read a line of SHOW GRANTS; None if it gives no rights."""
    found = GRANT.match(line)
    if found is None:
        return None
    rights = re.sub(r"\([^)]*\)", "", found["rights"])
    return Grant(
        frozenset(right.strip().upper() for right in rights.split(",")),
        found["scope"].strip("`").replace("``", "`"),
        found["object"].strip("`"),
    )


def _like(pattern: str, name: str) -> bool:
    """Tell whether a name is of a pattern of LIKE."""
    pieces = re.findall(r"\\.|[^\\]|\\", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    regex = "".join(wild.get(piece) or re.escape(piece[-1]) for piece in pieces)
    return re.fullmatch(regex, name, re.DOTALL) is not None
