"""Who answers at a URL."""

import hashlib

from ...model.catalog import Server
from ...model.errors import SourceUnsuitable
from ...model.target import Limits
from ...model.url import DatabaseUrl
from .grants import read_grants
from .session import Connection, connect

OURS = "snapharbor_"
# Any of these lets a role stop everybody for the instant in which several connections begin.
STOPPING = ("RELOAD", "FLUSH_TABLES")
ALONE = "the role may not lock all tables for an instant (RELOAD, on MySQL 8 FLUSH_TABLES)"
OLDEST = {"MariaDB": (10, 4, 0), "MySQL": (5, 7, 0)}

SERVER = """
SELECT DATABASE(), CURRENT_USER(), @@hostname, @@port, @@datadir, @@socket, @@global.read_only,
       (SELECT COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0) FROM information_schema.TABLES
         WHERE TABLE_SCHEMA = DATABASE())
"""


async def identify(url: DatabaseUrl, limits: Limits | None = None, *, to_server: bool = False) -> Server:
    """Connect and say who answers.

    Raises:
        DatabaseUnreachable, DatabaseRefused: nobody does, or not to us.
        SourceUnsuitable: the server is too old.
    """
    async with connect(url, limits, to_server=to_server) as connection:
        version = connection.version
        if version.numbers < OLDEST[version.product]:
            oldest = ".".join(map(str, OLDEST[version.product][:2]))
            raise SourceUnsuitable(
                f"{version.product} {version.text} is older than {oldest}", f"Upgrade the server to {oldest}."
            )
        return await read_server(connection)


async def read_server(connection: Connection) -> Server:
    """Describe the server and database of a connection.

    MySQL has an identifier of its own. MariaDB has none that tells two servers of one machine apart, so it is
    named by its machine, port, socket and data directory: the same by any route, until it is moved. Neither
    tells a replica from its primary.
    """
    database, role, host, port, data, socket, read_only, size = (await connection.rows(SERVER))[0]
    if connection.version.mariadb:
        place = "\0".join(map(str, (host, port, data, socket)))
        system = hashlib.sha256(place.encode()).hexdigest()[:24]
    else:
        system = str((await connection.rows("SELECT @@server_uuid"))[0][0])
    grants = await read_grants(connection)
    return Server(
        system=system,
        started=system,
        database=str(database or ""),
        product=connection.version.product,
        version=connection.version.text,
        major=connection.version.major,
        role=str(role),
        role_can_write=grants.writes(str(database or "")),
        role_can_create=grants.may("CREATE", f"{OURS}x"),
        standby=bool(read_only),
        bytes=int(size),
        alone="" if any(map(grants.may, STOPPING)) else ALONE,
    )
