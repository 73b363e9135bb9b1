"""A dump that somebody else wrote, run on a throw-away server by a user who owns that database alone.

Not as root: whoever may set global variables of a server makes it write files (its logs, wherever it is told
to), and whoever may install plugins makes it run them.
"""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

from ...model.errors import DatabaseFailed, PrivilegeMissing
from ...model.job import Report
from ...model.secret import Secret
from ...model.url import DatabaseUrl
from ..parcel import Parcel
from .cluster import ephemeral_cluster
from .housekeeper import MysqlHousekeeper
from .names import quote
from .script import run_script
from .servers import Installed, choose_server
from .session import connect
from .tools import Client

ROLE = "snapharbor_adopts"
# What lets a view or routine belong to somebody who is not here; servers call it differently.
OF_OTHERS = ("SET USER", "SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER", "SET_USER_ID")


@asynccontextmanager
async def adopted(
    dump: Path,
    parcel: Parcel,
    report: Report,
    *,
    servers: Sequence[Installed],
    clients: tuple[Client, ...],
    working_directory: Path,
) -> AsyncGenerator[DatabaseUrl]:
    """Run a throw-away server with what a dump holds, and yield the URL of its root.

    A dump that does not say of which product it is runs on the newest server at hand.

    Raises:
        ClientMissing: there is no server of its product.
        DatabaseFailed, RuleRefused: it cannot be restored by somebody who owns no more than the database.
    """
    server = choose_server(servers, parcel.product or (servers[-1].product if servers else "MySQL"))
    tmp = working_directory / "tmp"
    async with ephemeral_cluster(server, tmp, templates=working_directory / "templates") as cluster:
        url = cluster.url(parcel.database)
        await MysqlHousekeeper(url).create(url.database, "adopted")
        loader = await _loader(url)
        await run_script(loader, dump, report, clients=clients, working_directory=working_directory)
        yield url


async def _loader(url: DatabaseUrl) -> DatabaseUrl:
    """Make the user who may do everything in the database, and nothing outside of it."""
    user, password = f"{ROLE}@localhost", token_hex(24)
    pattern = re.sub(r"([_%\\])", r"\\\1", url.database)
    async with connect(url, read_only=False) as connection:
        await connection.run(
            f"CREATE USER {user} IDENTIFIED BY '{password}'", f"GRANT ALL ON {quote(pattern)}.* TO {user}"
        )
        for privilege in OF_OTHERS:
            with suppress(DatabaseFailed, PrivilegeMissing):  # another server's word
                await connection.run(f"GRANT {privilege} ON *.* TO {user}")
                break
    return replace(url, user=ROLE, password=Secret(password))
