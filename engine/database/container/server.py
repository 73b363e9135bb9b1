"""A throw-away server in a container: for machines that have Docker and not the server's programs.

The image is of the source's own version and pinned by its digest once it was pulled. The server listens on
loopback, or, if this process is in a container itself, on a network that only ours are in. Its random
password is a file in it, never an argument or a variable, and nothing of it is left at the end.
"""

import io
import secrets
import tarfile
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import anyio

from ...model.errors import DatabaseFailed, DatabaseRefused, DatabaseUnreachable
from ...model.secret import Secret
from ...model.settings import Settings
from ...model.url import DatabaseUrl, Engine
from ...tasks import in_thread
from ..base import Database, Housekeeper
from ..lease import leased_directory
from .daemon import LABEL, PINS, PREFIX, destroy, docker_for, named, own, pinned

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

NETWORK = "snapharbor"
PASSWORD = "snapharbor-password"  # noqa: S105 - the name of a file
LOOPBACK = "127.0.0.1"
START_SECONDS, PAUSE_SECONDS = 60.0, 0.1


class _Network(Protocol):
    def connect(self, container: object, /) -> None: ...


class _Networks(Protocol):
    """What is used of the library's networks, which it types in part only."""

    def list(self, names: Sequence[str]) -> Sequence[_Network]: ...
    def get(self, name: str, /) -> _Network: ...
    def create(self, name: str, /, *, driver: str, labels: Mapping[str, str]) -> _Network: ...


class _Fillable(Protocol):
    def put_archive(self, path: str, data: bytes, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class Image:
    """What runs: an image that makes a server with a password from a file, as the official ones do.

    `reference` is a repository with a tag; `scheme`, `user` and `database` are how its server is reached at
    first, `port` is its own; `password_variable` tells the image where the password stands.
    """

    reference: str
    scheme: Engine
    user: str
    database: str
    port: int
    password_variable: str
    environment: Mapping[str, str]
    command: tuple[str, ...]


@asynccontextmanager
async def contained(
    image: Image, working_directory: Path, database: Callable[[DatabaseUrl], Database]
) -> AsyncGenerator[DatabaseUrl]:
    """Run a server in a container for as long as the block, and yield its URL once it answers.

    Raises:
        ClientMissing: Docker does not answer.
        DatabaseFailed: the image cannot be had, or its server does not answer in time.
    """
    async with in_thread(container_server(image, working_directory)) as (host, port, password):
        url = DatabaseUrl(image.scheme, host, port, image.user, image.database, password)
        deadline = time.monotonic() + START_SECONDS
        while not await _answers(database(url)):
            if time.monotonic() > deadline:
                raise DatabaseFailed(
                    f"the server in a container of `{image.reference}` does not answer",
                    "Check the free space and memory of Docker, and the image in `docker.images`.",
                )
            await anyio.sleep(PAUSE_SECONDS)
        yield url


class Running(Protocol):
    """A server of this machine's own programs."""

    def url(self, database: str, /) -> DatabaseUrl: ...


class Using(Protocol):
    """What is needed of a kit."""

    def database(self, url: DatabaseUrl, settings: Settings) -> Database: ...
    def housekeeper(self, url: DatabaseUrl) -> Housekeeper: ...


@asynccontextmanager
async def work_copy(
    kit: Using,
    settings: Settings,
    name: str,
    *,
    installed: Callable[[], AbstractAsyncContextManager[Running]] | None,
    image: Callable[[], Image],
) -> AsyncGenerator[DatabaseUrl]:
    """Run a throw-away server with an empty database of a name, and yield its URL.

    It is of this machine's programs, `installed`; where they are not installed, None, it is in a container.
    """
    async with AsyncExitStack() as stack:
        if installed is not None:
            url = (await stack.enter_async_context(installed())).url(name)
        else:
            database = partial(kit.database, settings=settings)
            server = contained(image(), settings.working_directory, database)
            url = (await stack.enter_async_context(server)).on(name)
        await kit.housekeeper(url).create(name, "work copy")
        yield url


@contextmanager
def container_server(image: Image, working_directory: Path) -> Generator[tuple[str, int, Secret]]:
    """Run a server for as long as the block; yields its host, port and password; blocking.

    Whatever ends this process, the container goes with it or at the next start.

    Raises:
        ClientMissing: Docker does not answer.
        DatabaseFailed: the image cannot be had, or its server does not stay up.
    """
    password = Secret(secrets.token_hex(24))
    with (
        leased_directory(working_directory / "tmp", PREFIX, destroy=destroy) as directory,
        docker_for(image.reference) as client,
    ):
        host, port = _start(client, image, directory, working_directory / PINS, password=password)
        yield host, port, password


async def _answers(database: Database) -> bool:
    try:
        await database.identify()
    except (DatabaseUnreachable, DatabaseRefused):
        return False
    return True


def _start(
    client: "DockerClient", image: Image, directory: Path, pins: Path, *, password: Secret
) -> tuple[str, int]:
    ours = own(client)
    reference = pinned(client, image.reference, pins)
    network = _network(client)
    name = named(directory)
    container = client.containers.create(
        reference,
        list(image.command),
        name=name,
        labels={LABEL: "throw-away"},
        environment={**image.environment, image.password_variable: f"/run/{PASSWORD}"},
        network=network,
        ports={} if ours else {f"{image.port}/tcp": (LOOPBACK, 0)},
    )
    cast(_Fillable, container).put_archive("/run", _packed(PASSWORD, password.reveal()))
    container.start()
    if ours:
        _join(client, ours, network)
        return name, image.port
    container.reload()
    ports = cast("Mapping[str, Sequence[Mapping[str, str]]]", container.ports)
    return LOOPBACK, int(ports[f"{image.port}/tcp"][0]["HostPort"])


def _network(client: "DockerClient") -> str:
    networks = cast(_Networks, client.networks)
    if not networks.list(names=[NETWORK]):
        networks.create(NETWORK, driver="bridge", labels={LABEL: "network"})
    return NETWORK


def _join(client: "DockerClient", ours: "Container", network: str) -> None:
    """Bring the container that this process is in into the network, so that names resolve."""
    if network not in ours.attrs["NetworkSettings"]["Networks"]:
        cast(_Networks, client.networks).get(network).connect(ours)


def _packed(name: str, content: str) -> bytes:
    """Return an archive of one file, which the server's own account can read."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        about = tarfile.TarInfo(name)
        about.size, about.mode = len(content), 0o444
        archive.addfile(about, io.BytesIO(content.encode()))
    return packed.getvalue()
