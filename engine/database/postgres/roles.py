"""Roles that definitions name: without them a copy on another server could not be restored."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ...model.identifier import quote
from ...model.url import DatabaseUrl
from .session import connect
from .toc import Entry

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

# As pg_dump writes them.
NAME = rb'(?:"(?:[^"]|"")*"|[a-z_][a-z0-9_]*)'
POLICY = re.compile(
    rb"CREATE POLICY %b ON %b\.%b(?: AS RESTRICTIVE)?(?: FOR [A-Z]+)? TO (%b(?:, %b)*) "
    % (NAME, NAME, NAME, NAME, NAME)
)
MAPPING = re.compile(rb"CREATE USER MAPPING FOR (%b) SERVER " % NAME)
NAMING = {b"POLICY": POLICY, b"USER MAPPING": MAPPING}
EVERYBODY = "public"
OF_THE_SERVER = "pg_"


def roles_named(entries: Iterable[Entry]) -> frozenset[str]:
    """Return the roles that policies and user mappings of an archive name."""
    return frozenset(role for entry in entries for role in _named(entry))


async def make_roles(url: DatabaseUrl, names: Iterable[str]) -> None:
    """Make the roles that a server lacks; they may do nothing, not even log in."""
    async with connect(url, read_only=False) as connection:
        there = await _there(connection)
        for name in sorted(set(names) - there):
            await connection.execute(f"CREATE ROLE {quote(name)} NOLOGIN".encode())


def _named(entry: Entry) -> Iterator[str]:
    pattern = NAMING.get(entry.desc or b"")
    found = pattern.match(entry.definition or b"") if pattern else None
    for name in re.findall(NAME, found[1]) if found else ():
        plain = name.decode()
        role = plain[1:-1].replace('""', '"') if plain.startswith('"') else plain
        if role != EVERYBODY and not role.startswith(OF_THE_SERVER):
            yield role


async def _there(connection: "AsyncConnection[TupleRow]") -> set[str]:
    cursor = await connection.execute("SELECT rolname FROM pg_catalog.pg_roles")
    return {str(name) for (name,) in await cursor.fetchall()}
