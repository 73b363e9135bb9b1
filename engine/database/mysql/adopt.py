"""A dump that somebody else wrote, run on a throw-away server by a user who owns that database alone.

Not as root: whoever may set global variables of a server makes it write files (its logs, wherever it is told
to), and whoever may install plugins makes it run them. So nothing may be made in root's name either: what a
dump says of owners is left out, and what it says in words that are not known is refused by the server.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

from ...model.job import Report
from ...model.secret import Secret
from ...model.url import DatabaseUrl
from .names import account, quote
from .script import run_script
from .session import connect
from .tools import Means

ROLE = "snapharbor_adopts"
_NAME = rb"`(?:[^`]|``)*`"
# As both products' programs write it: at the beginning of a line, behind nothing but CREATE.
OWNER = re.compile(
    rb"((?:/\*!\d+ )?(?:CREATE(?: OR REPLACE)?(?: ALGORITHM=\w+)?(?: ?\*/)? )?(?:/\*!\d+ )?)DEFINER="
    + _NAME
    + b"@"
    + _NAME
)


async def fill(url: DatabaseUrl, dump: Path, report: Report, *, means: Means) -> None:
    """Restore a dump into an empty database, whose root has the URL, as a user who owns it alone.

    Raises:
        DatabaseFailed, RuleRefused: it cannot be restored by somebody who owns no more than the database.
    """
    await run_script(await _loader(url), dump, report, means=means, through=without_owners)


def without_owners(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield lines of a dump that say nothing of who owns views, triggers, routines and events."""
    begins = True
    for line in lines:
        yield OWNER.sub(rb"\1", line, count=1) if begins and OWNER.match(line) else line
        begins = line.endswith(b"\n")


async def _loader(url: DatabaseUrl) -> DatabaseUrl:
    """Make the user who may do everything in the database, and nothing outside of it."""
    user, password = account(ROLE, url), token_hex(24)
    pattern = re.sub(r"([_%\\])", r"\\\1", url.database)
    async with connect(url, read_only=False) as connection:
        await connection.run(
            f"CREATE USER {user} IDENTIFIED BY '{password}'", f"GRANT ALL ON {quote(pattern)}.* TO {user}"
        )
    return replace(url, user=ROLE, password=Secret(password))
