"""Which MySQL and MariaDB server programs are on this machine, for private copies."""

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...model.errors import ClientMissing
from ...model.settings import Programs
from ..process import run
from .tools import Product, globbed

DAEMONS = ("mariadbd", "mysqld")
PLACES = ("/usr/sbin", "/usr/local/sbin", "/usr/libexec")
HINT = (
    "Install the server's programs, such as the package `mariadb-server-core`; no service has to run. "
    "Or start Docker and `pip install snapharbor[docker]`."
)


@dataclass(frozen=True, slots=True)
class Installed:
    """One installed server. `install` is the command, without the directory, that makes its first data."""

    program: Path
    install: tuple[str | Path, ...]
    product: Product
    version: str


async def discover_servers(explicit: Programs | None = None) -> tuple[Installed, ...]:
    """Return the servers of this machine, lowest version first; `explicit` is where to look alone."""
    found = [server for program in _places(explicit) if (server := await _identify(program))]
    return tuple(sorted(found, key=lambda server: [*map(int, server.version.split("."))]))


def choose_server(servers: Sequence[Installed], product: str) -> Installed:
    """Return the newest server of a product.

    Raises:
        ClientMissing: there is none, and definitions of one product are not those of the other.
    """
    fitting = [server for server in servers if server.product == product]
    if not fitting:
        raise ClientMissing(f"no {product} server programs were found", HINT)
    return fitting[-1]


def _places(explicit: Programs | None) -> Iterator[Path]:
    if explicit is not None:
        directories: tuple[str | None, ...] = (
            str(explicit.directory),
            str(explicit.directory.parent / "sbin"),
        )
    else:
        directories = (None, *PLACES, *globbed())
    seen: set[Path] = set()
    for directory in directories:
        for name in DAEMONS:
            found = shutil.which(name, path=directory)
            # `mysqld` is often only another name of `mariadbd`.
            if found is not None and (program := Path(found).resolve()) not in seen:
                seen.add(program)
                yield Path(found)


async def _identify(program: Path) -> Installed | None:
    answer = (await run([program, "--no-defaults", "--version"])).stdout.decode(errors="replace")
    if found := re.search(r"(\d+\.\d+\.\d+)-MariaDB", answer):
        install = _installer(program)
        return Installed(program, install, "MariaDB", found[1]) if install else None
    if found := re.search(r"Ver (\d+\.\d+\.\d+)", answer):
        return Installed(program, (program, "--no-defaults", "--initialize-insecure"), "MySQL", found[1])
    return None


def _installer(program: Path) -> tuple[str | Path, ...]:
    """Return how the first data of a MariaDB server are made, nothing if they cannot be."""
    beside = (program.parent, program.parent.parent / "bin", program.parent.parent / "scripts")
    found = shutil.which("mariadb-install-db", path=":".join(map(str, beside)))
    if found is None:
        return ()
    return (
        *(found, "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"),
        *("--skip-name-resolve", "--innodb-flush-method=nosync", "--skip-innodb-doublewrite"),
    )
