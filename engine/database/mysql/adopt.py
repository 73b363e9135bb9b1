"""A dump that somebody else wrote, run on a throw-away server by a user who owns that database alone.

Not as root: whoever may set global variables of a server makes it write files (its logs, wherever it is told
to), and whoever may install plugins makes it run them.
"""

import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

from ...model.errors import DatabaseFailed, PrivilegeMissing
from ...model.job import Report
from ...model.secret import Secret
from ...model.url import DatabaseUrl
from .names import account, quote
from .script import run_script
from .session import connect
from .tools import Means

ROLE = "snapharbor_adopts"
# What lets a view or routine belong to somebody who is not here; servers call it differently.
OF_OTHERS = ("SET USER", "SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER", "SET_USER_ID")


async def fill(url: DatabaseUrl, dump: Path, report: Report, *, means: Means) -> None:
    """Restore a dump into an empty database, whose root has the URL, as a user who owns it alone.

    Raises:
        DatabaseFailed, RuleRefused: it cannot be restored by somebody who owns no more than the database.
    """
    await run_script(await _loader(url), dump, report, means=means)


async def _loader(url: DatabaseUrl) -> DatabaseUrl:
    """Make the user who may do everything in the database, and nothing outside of it."""
    user, password = account(ROLE, url), token_hex(24)
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
