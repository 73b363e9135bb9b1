"""Run a file of SQL with the native client, which is held to be nothing but a way to the server.

With `--binary-mode` and its input a pipe, the client knows no commands of its own but DELIMITER.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ...model.errors import DatabaseFailed, EngineError, RuleRefused
from ...model.job import Report
from ...model.target import Limits
from ...model.url import DatabaseUrl
from ..meter import Meter
from ..process import Completed, attend, stream
from ..script import feed, look_at, pieces
from .errors import from_program
from .pump import arguments
from .session import connect, session
from .tools import Means

OPTIONS = ("--batch", "--binary-mode", "--silent", "--skip-column-names", "--local-infile=0")
ELSEWHERE = re.compile(
    rb"\s*(?:/\*!\d+\s*)?(?:USE|(?:CREATE|DROP|ALTER)\s+(?:DATABASE|SCHEMA))\b[^\n]*", re.IGNORECASE
)
Filter = Callable[[Iterable[bytes]], Iterator[bytes]]
DELIMITER = re.compile(rb"DELIMITER\s+(\S+)", re.IGNORECASE)
# Identifiers of transactions may take several lines.
OF_THE_LOG = re.compile(
    rb"SET @@SESSION\.SQL_LOG_BIN ?= ?(?:0|@MYSQLDUMP_TEMP_LOG_BIN);\s*"
    rb"|SET @@GLOBAL\.GTID_PURGED=(?:/\*!80000 '\+'\*/ )?'[^';]*(?:';)?\s*"
)
MORE = re.compile(rb"[^';]*(?:';)?\s*")
_POSITION = re.compile(r"at line (\d+)")


async def run_script(
    url: DatabaseUrl, file: Path, report: Report, *, means: Means, through: Filter = iter
) -> None:
    """Run a file of SQL in a database; what it defines cannot be undone if a later statement fails.

    Args:
        url: The database.
        file: The file.
        report: Hears how far it is.
        means: The client programs.
        through: What its lines go through before.

    Raises:
        RuleRefused: it names the database that it wants to be run in.
        DatabaseFailed, ...: the server refused a statement; `details` name its line.
    """
    size = look_at(file)
    async with connect(url) as connection:
        version = connection.version
    client = await means.client(url, version.product, version.text)
    meter = Meter(report, "running the file", size)
    with session(url, Limits(lock_timeout=0), means.working_directory) as access:
        argv = arguments(access, client.command, *OPTIONS, f"--database={url.database}")
        with stream(argv, stdin=True, stdout=False, secrets=access.secrets) as child:

            def work() -> Completed:
                feed(child, at_home(file.name, through(pieces(file))), meter.add)
                return child.wait()

            done = await attend(child, work)
    if done.code:
        raise _failed(file, done)
    meter.end()


def at_home(name: str, lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file that stays in the database that it is run in.

    Raises:
        RuleRefused: a line leads to another one.
    """
    begins = True
    for number, line in enumerate(without_log(lines), 1):
        if begins and ELSEWHERE.match(line):
            raise RuleRefused(
                f"line {number} of `{name}` names a database of its own",
                "Take USE and CREATE DATABASE out: mysqldump without --databases writes none.",
                line=number,
            )
        begins = line.endswith(b"\n")
        yield line


def without_log(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield lines without what mysqldump says of the source's binary log, which is of no other server.

    Only its very words count: whatever else stands on such a line is left for the server to judge.
    """
    begins, in_body, more = True, False, False
    for line in lines:
        if begins and (delimiter := DELIMITER.match(line)):
            in_body = delimiter[1] != b";"
        said = (MORE if more else OF_THE_LOG).fullmatch(line) if begins and not in_body else None
        more = said is not None and not line.rstrip().endswith(b";")
        begins = line.endswith(b"\n")
        yield b"\n" if said else line


def _failed(file: Path, done: Completed) -> EngineError:
    error = from_program("mysql", done)
    position = _POSITION.search(done.stderr)
    line = int(position[1]) if position else 0
    where = f"line {line} of `{file.name}`: " if line else ""
    kind = type(error) if error.retryable else DatabaseFailed
    return kind(f"{where}{error.message}", error.hint, **{**error.details, "line": line})
