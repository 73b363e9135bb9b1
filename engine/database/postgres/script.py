"""Run a file of SQL with psql, which is held to be nothing but a way to the server.

Commands of psql itself (`\\!`, `\\copy`, `\\connect`) would run programs, read files of this machine and lead
elsewhere. `\\restrict` makes psql refuse all of them but `\\unrestrict`, so no file may say that.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from secrets import token_hex

from ...model.errors import ClientTooOld, DatabaseFailed, EngineError, RuleRefused
from ...model.job import Report
from ...model.target import Limits
from ...model.url import DatabaseUrl
from ..meter import Meter
from ..process import Completed, attend, stream
from ..script import feed, look_at, pieces
from .errors import from_program
from .identify import identify
from .session import Session, session
from .tools import ClientTools, Means

OPTIONS = ("--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=sqlstate")
ESCAPE = b"\\unrestrict"
_OPENING = re.compile(rb"\\restrict ([A-Za-z0-9]+)\r?\n")
_POSITION = re.compile(r"<stdin>:(\d+):")
_REFUSED = re.compile(r"backslash commands are restricted|backslash commands are not allowed", re.IGNORECASE)


async def run_script(url: DatabaseUrl, file: Path, report: Report, *, means: Means) -> None:
    """Run a file of SQL in a database, in one transaction if it does not end that itself.

    Raises:
        RuleRefused: it would have the client do something else than send SQL.
        ClientTooOld: the client cannot be kept from that.
        DatabaseFailed, ...: the server refused a statement; `details` name its line.
    """
    size = look_at(file)
    server = await identify(url)
    box = await means.client(url, server.major)
    with session(url, Limits(lock_timeout=0), means.working_directory) as access:
        await send(access, box, file, pieces(file), Meter(report, "running the file", size))


async def send(access: Session, box: ClientTools, file: Path, lines: Iterable[bytes], meter: Meter) -> None:
    """Let psql send what lines of a file say, and nothing else.

    Raises:
        RuleRefused, ClientTooOld, DatabaseFailed, ...: as `run_script`.
    """
    target = ("--single-transaction", "--file=-", f"--dbname={access.conninfo}")
    argv = (*box.command("psql"), *OPTIONS, *target)
    with stream(argv, env=access.environment, stdin=True, stdout=False, secrets=access.secrets) as child:

        def work() -> Completed:
            feed(child, (f"\\restrict {token_hex(16)}\n".encode(),), lambda _: None)
            feed(child, harmless(file.name, lines), meter.add)
            return child.wait()

        done = await attend(child, work)
    if done.code:
        raise _failed(file, done, box)
    meter.end()


def harmless(name: str, lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what pg_dump or anybody wrote, without pg_dump's own restriction, which ours takes the place of.

    Raises:
        RuleRefused: a line could lift our restriction.
    """
    key, in_head, end, begins = b"", True, b"", True
    for line in lines:
        if in_head and (opening := _OPENING.fullmatch(line)):
            key = opening[1]
            yield b"\n"
            continue
        in_head = in_head and (line.startswith(b"--") or not line.strip())
        if begins and key and line.rstrip(b"\r\n") == ESCAPE + b" " + key:
            yield b"\n"
            continue
        if ESCAPE in end + line:
            raise RuleRefused(
                f"`{name}` holds `{ESCAPE.decode()}`, which could let it run programs on this machine",
                "Take that line out if you know what it is for.",
            )
        end, begins = line[1 - len(ESCAPE) :], line.endswith(b"\n")
        yield line


def _failed(file: Path, done: Completed, box: ClientTools) -> EngineError:
    if "invalid command \\restrict" in done.stderr:
        return ClientTooOld(
            f"psql {box.version} cannot be kept from running commands of its own",
            "Update the PostgreSQL client programs to a release of August 2025 or later.",
            client=box.version,
        )
    # Our first line is not the file's.
    position = _POSITION.search(done.stderr)
    line = int(position[1]) - 1 if position else 0
    if _REFUSED.search(done.stderr):
        return RuleRefused(
            f"line {line} of `{file.name}` is a command of psql, not SQL", "Only SQL is run.", line=line
        )
    error = from_program("psql", done)
    where = f"line {line} of `{file.name}`: " if line else ""
    kind = type(error) if error.retryable else DatabaseFailed
    return kind(f"{where}{error.message}", error.hint, **{**error.details, "line": line})
