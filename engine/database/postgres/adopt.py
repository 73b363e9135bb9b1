"""A dump that somebody else wrote, restored on a throw-away server by a role that owns that database alone.

Neither pg_restore nor the dump's SQL runs as a superuser: what a dump says could run programs or read files
of this machine then. A dump that needs a superuser (for an extension that is not trusted) is refused by it.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from secrets import token_hex

from anyio import to_thread

from ...model.errors import ArgumentInvalid, DatabaseFailed, EngineError
from ...model.identifier import quote
from ...model.job import Progress, Report
from ...model.secret import Secret
from ...model.target import Limits
from ...model.url import DatabaseUrl
from ..lease import leased_directory, write_private
from ..meter import Meter
from ..parcel import BLOCK, TABLE_OF_CONTENTS, Parcel
from ..process import attend, stream
from ..script import pieces
from .errors import from_program
from .identify import identify
from .plain import without_owners
from .restore import OPTIONS
from .roles import make_roles, roles_named
from .script import send
from .session import Session, connect, session
from .toc import ArchiveDamaged, ByteStream, Toc, read_toc
from .tools import ClientTools, Means

ROLE = "snapharbor_adopts"
# What every database has by itself.
THERE = frozenset(((b"SCHEMA", b"public"), (b"EXTENSION", b"plpgsql"), (b"COMMENT", b"EXTENSION plpgsql")))
OBJECTS = re.compile(r"\d+ blob_\d+\.dat(?:\.\w+)?")
DENIED = re.compile(r"permission denied to create extension|must be superuser", re.IGNORECASE)


async def read_versions(dump: Path, parcel: Parcel) -> tuple[Toc | None, int]:
    """Return an archive's table of contents, None for plain SQL, and the newest PostgreSQL that it names.

    Raises:
        ArgumentInvalid: the archive is damaged, or leads out of its directory.
    """
    toc = None if parcel.form == "sql" else await to_thread.run_sync(_contents, dump, parcel)
    return toc, max(parcel.majors if toc is None else _majors(toc), default=0)


async def fill(
    url: DatabaseUrl, dump: Path, parcel: Parcel, report: Report, *, toc: Toc | None, means: Means
) -> None:
    """Restore a dump into an empty database, whose superuser has the URL, as a role that owns it alone.

    Raises:
        DatabaseFailed, RuleRefused: it cannot be restored without a superuser.
    """
    box = await means.client(url, (await identify(url)).major, dump)
    loader = await _loader(url)
    with session(loader, Limits(lock_timeout=0), means.working_directory) as access:
        if toc is None:
            meter = Meter(report, "restoring the dump", parcel.bytes)
            await send(access, box, dump, without_owners(pieces(dump)), meter)
            return
        await make_roles(url, roles_named(toc.entries))
        report(Progress("restoring the dump"))
        with leased_directory(means.working_directory / "tmp", "adopt") as directory:
            chosen = write_private(directory / "list", _chosen(toc))
            await _restore(access, box, dump, (f"--format={parcel.form}", f"--use-list={chosen}"))


async def _restore(access: Session, box: ClientTools, dump: Path, options: Sequence[str]) -> None:
    argv: tuple[str | Path, ...] = (
        *box.command("pg_restore"),
        *OPTIONS[1:],
        *("--exit-on-error", *options, f"--dbname={access.conninfo}"),
        dump,
    )
    with stream(argv, env=access.environment, stdout=False, secrets=access.secrets) as child:
        done = await attend(child, child.wait)
    if done.code:
        raise _explained(from_program("pg_restore", done))


async def _loader(url: DatabaseUrl) -> DatabaseUrl:
    """Make the role that owns the database and can do nothing else."""
    password = token_hex(24)
    async with connect(url, read_only=False) as connection:
        for statement in (
            f"CREATE ROLE {ROLE} LOGIN PASSWORD '{password}'",
            f"ALTER DATABASE {quote(url.database)} OWNER TO {ROLE}",
            f"ALTER SCHEMA public OWNER TO {ROLE}",
        ):
            await connection.execute(statement.encode())
    return replace(url, user=ROLE, password=Secret(password))


def _contents(dump: Path, parcel: Parcel) -> Toc:
    """Read an archive's table of contents, and refuse one that leads out of its directory; blocking."""
    place = dump / TABLE_OF_CONTENTS if parcel.form == "directory" else dump
    try:
        with place.open("rb") as opened:
            toc = read_toc(ByteStream(iter(lambda: opened.read(BLOCK), b"")))
    except ArchiveDamaged as error:
        raise ArgumentInvalid(
            f"the archive in `{dump.name}` cannot be read: {error}", "Fetch the snapshot again."
        ) from None
    if parcel.form == "directory":
        named = [(entry.place or b"").decode(errors="replace") for entry in toc.entries]
        objects = [
            line for file in dump.glob("blobs*.toc") for line in file.read_text(errors="replace").split("\n")
        ]
        if not all(PurePosixPath(name).name == name for name in named if name) or not all(
            OBJECTS.fullmatch(line) for line in objects if line
        ):
            raise ArgumentInvalid(
                "the archive names files outside of itself", "Do not use it: pg_dump did not write that."
            )
    return toc


def _majors(toc: Toc) -> tuple[int, ...]:
    found = (re.match(rb"\d+", text or b"") for text in (toc.server, toc.tool))
    return tuple(int(one[0]) for one in found if one)


def _chosen(toc: Toc) -> str:
    """Return the list of what is restored, as pg_restore reads it."""
    taken = (entry for entry in toc.entries if (entry.desc, entry.tag) not in THERE)
    return "".join(f"{entry.id};\n" for entry in taken)


def _explained(error: EngineError) -> EngineError:
    if DENIED.search(error.message):
        hint = "Restore it yourself into a database of yours, and build a snapshot of that."
        return DatabaseFailed(f"the dump needs a superuser: {error.message}", hint, **error.details)
    return error
