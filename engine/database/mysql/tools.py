"""Which MySQL and MariaDB client programs are on this machine, and which of them fits a server."""

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...model.errors import ClientMissing
from ...model.settings import Programs
from ..process import run

Origin = Literal["configured", "system"]
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
HINT = "Install a MySQL or MariaDB client, such as the package `mariadb-client`."
NONE = "no MySQL or MariaDB client program was found"


@dataclass(frozen=True, slots=True)
class Client:
    """One client program."""

    program: Path
    product: Product
    version: str
    origin: Origin

    @property
    def label(self) -> str:
        """How to call it in a record: name, version and origin, no path."""
        return f"{self.product.lower()} {self.version} ({self.origin})"


async def discover(explicit: Programs | None = None) -> tuple[Client, ...]:
    """Return the client programs of this machine, the preferred first.

    Args:
        explicit: The only directory to look into.

    Raises:
        ClientMissing: there is nothing in the explicit directory; names the setting.
    """
    found = [client for program, origin in _places(explicit) if (client := await _identify(program, origin))]
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


async def _identify(program: Path, origin: Origin) -> Client | None:
    answer = (await run([program, "--version"])).stdout.decode(errors="replace")
    if found := re.search(r"(\d+\.\d+\.\d+)-MariaDB", answer):
        return Client(program, "MariaDB", found[1], origin)
    if found := re.search(r"Ver (?:[\d.]+ Distrib )?(\d+\.\d+\.\d+)", answer):
        return Client(program, "MySQL", found[1], origin)
    return None
