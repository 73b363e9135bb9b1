"""Which MySQL and MariaDB client programs are on this machine, and which of them fits a server."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from anyio import to_thread

from ...model.errors import ClientMissing
from ...model.settings import Programs, Settings
from ...model.url import DatabaseUrl
from ..container.daemon import instead_of, tagged
from ..container.program import contain
from ..process import run
from .session import reached

Origin = Literal["configured", "system", "container"]
Product = Literal["MariaDB", "MySQL"]

CLIENTS = ("mariadb", "mysql")
PLACES = (
    "/opt/homebrew/opt/mysql-client*/bin",
    "/opt/homebrew/opt/mysql*/bin",
    "/opt/homebrew/opt/mariadb*/bin",
    "/usr/local/opt/mysql*/bin",
    "/usr/local/opt/mariadb*/bin",
    "/opt/local/bin",
    "/usr/local/mysql/bin",
    "/usr/local/mariadb/bin",
    "C:/Program Files/MySQL/MySQL Server */bin",
    "C:/Program Files/MariaDB */bin",
)
HINT = (
    "Install a MySQL or MariaDB client, such as the package `mariadb-client`, or start Docker and "
    "`pip install snapharbor[docker]`."
)
NONE = "no MySQL or MariaDB client program was found"


@dataclass(frozen=True, slots=True)
class Client:
    """One client program; `command` is what to start, before its arguments."""

    command: tuple[str | Path, ...]
    product: Product
    version: str
    origin: Origin

    @property
    def label(self) -> str:
        """How to call it in a record: name, version and origin, no path."""
        return f"{self.product.lower()} {self.version} ({self.origin})"


@dataclass(frozen=True, slots=True)
class Means:
    """What client programs there are, and where private files are made for them.

    `images` are, by product in small letters, what they come from where none is installed, None if they may
    not.
    """

    clients: Sequence[Client]
    working_directory: Path
    images: Mapping[str, str] | None = None

    async def client(self, url: DatabaseUrl, product: str, version: str) -> Client:
        """Return the client for a server: an installed one, or that of its image.

        Raises:
            ClientMissing: there is none.
            DatabaseFailed: the image cannot be had.
        """
        images = self.images
        if images is None or not await instead_of(bool(self.clients)):
            return choose_client(self.clients, product)
        reference = tagged(images[product.lower()], series(version))
        reach = reached(url)
        files = (Path(name) for name in (reach.socket, reach.authority) if name)
        contained = await to_thread.run_sync(contain, reference, self.working_directory, files)
        command = contained.command(product.lower())
        if (found := await _identify(command, "container")) is None:
            raise ClientMissing(
                f"{NONE}, and `{reference}` has none", f"Name an image in `docker.images.{product.lower()}`."
            )
        return found


async def means(settings: Settings) -> Means:
    """Return what a configuration lets us work with.

    Raises:
        ClientMissing: there is nothing in the directory that it names.
    """
    explicit = settings.mysql_programs
    images = settings.images if explicit is None else None
    return Means(await discover(explicit), settings.working_directory, images)


def series(version: str) -> str:
    """Return how images of a version are tagged: by its first two numbers."""
    return ".".join(version.split(".")[:2])


async def discover(explicit: Programs | None = None) -> tuple[Client, ...]:
    """Return the client programs of this machine, the preferred first.

    Args:
        explicit: The only directory to look into.

    Raises:
        ClientMissing: there is nothing in the explicit directory; names the setting.
    """
    found = [
        client for program, origin in _places(explicit) if (client := await _identify((program,), origin))
    ]
    if explicit is not None and not found:
        raise ClientMissing(
            f"{explicit.setting} names a directory without a MySQL or MariaDB client: `{explicit.directory}`",
            "Name the directory of mysql or mariadb, or remove the setting: they are found.",
        )
    return tuple(found)


def choose_client(clients: Sequence[Client], product: str) -> Client:
    """Return the client of the server's own kind, else of the other one, which speaks the same protocol.

    Raises:
        ClientMissing: there is none.
    """
    if not clients:
        raise ClientMissing(NONE, HINT)
    return next((client for client in clients if client.product == product), clients[0])


def _places(explicit: Programs | None) -> Iterator[tuple[Path, Origin]]:
    directories = [str(explicit.directory)] if explicit is not None else [None, *globbed()]
    seen: set[Path] = set()
    for directory in directories:
        for name in CLIENTS:
            found = shutil.which(name, path=directory)
            # `mysql` is often only another name of `mariadb`.
            if found is not None and (program := Path(found).resolve()) not in seen:
                seen.add(program)
                yield Path(found), "configured" if explicit is not None else "system"


def globbed() -> Iterator[str]:
    """Yield the directories of installations that are on no path."""
    for pattern in PLACES:
        if anchor := Path(pattern).anchor:
            yield from sorted(map(str, Path(anchor).glob(pattern.removeprefix(anchor))))


async def _identify(command: tuple[str | Path, ...], origin: Origin) -> Client | None:
    answer = (await run([*command, "--version"])).stdout.decode(errors="replace")
    if found := re.search(r"(\d+\.\d+\.\d+)-MariaDB", answer):
        return Client(command, "MariaDB", found[1], origin)
    if found := re.search(r"Ver (?:[\d.]+ Distrib )?(\d+\.\d+\.\d+)", answer):
        return Client(command, "MySQL", found[1], origin)
    return None
