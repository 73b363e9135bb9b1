"""A throw-away server in a container: for machines that have Docker and not the server's programs.

The image is of the source's own version and pinned by its digest once it was pulled. The server listens on
loopback, or, if this process is in a container itself, on a network that only ours are in. Its random
password is a file in it, never an argument or a variable, and nothing of it is left at the end.
"""

import io
import json
import os
import secrets
import socket
import tarfile
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import anyio
from anyio import to_thread

from ..model.errors import ClientMissing, DatabaseFailed, DatabaseRefused, DatabaseUnreachable
from ..model.secret import Secret
from ..model.settings import Settings
from ..model.url import DatabaseUrl, Engine
from ..tasks import in_thread
from .base import Database, Housekeeper
from .lease import leased_directory, remove, write_private

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

PREFIX = "container"
NAME, PINS = "name", "images.json"
NETWORK = LABEL = "snapharbor"
PASSWORD = "snapharbor-password"  # noqa: S105 - the name of a file
SOCKET = "unix:///var/run/docker.sock"
LOOPBACK = "127.0.0.1"
SECONDS_OF_PATIENCE = 120
START_SECONDS, PAUSE_SECONDS = 60.0, 0.1
END_OF_LOG = 300
INSIDE = ("/.dockerenv", "/run/.containerenv")
HINT = "Install the server's programs, or start Docker and `pip install snapharbor[docker]`."


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


def tagged(reference: str, version: str) -> str:
    """Return an image's reference, with the version as its tag if it has none."""
    return reference if ":" in reference.rpartition("/")[2] or "@" in reference else f"{reference}:{version}"


def docker_answers() -> bool:
    """Tell whether a container could be started here."""
    try:
        _connect().close()
    except ClientMissing:
        return False
    return True


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
    own: Callable[[], AbstractAsyncContextManager[Running]] | None,
    image: Callable[[], Image],
) -> AsyncGenerator[DatabaseUrl]:
    """Run a throw-away server with an empty database of a name, and yield its URL.

    It is of this machine's programs, `own`; where they are not installed, None, it is in a container.
    """
    async with AsyncExitStack() as stack:
        if own is not None:
            url = (await stack.enter_async_context(own())).url(name)
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
    with leased_directory(working_directory / "tmp", PREFIX, destroy=destroy) as directory:
        client = _connect()
        from docker.errors import DockerException

        try:
            host, port = _start(client, image, directory, working_directory / PINS, password=password)
            yield host, port, password
        except DockerException as error:
            raise DatabaseFailed(
                f"Docker refused a container of `{image.reference}`: {_told(error)}", HINT
            ) from None
        finally:
            client.close()


async def instead_of(installed: bool) -> bool:
    """Tell whether a container takes the place of a server, as that is not installed and Docker answers."""
    return not installed and await to_thread.run_sync(docker_answers)


async def _answers(database: Database) -> bool:
    try:
        await database.identify()
    except (DatabaseUnreachable, DatabaseRefused):
        return False
    return True


def destroy(directory: Path) -> None:
    """Remove a directory's container and what it wrote; if Docker does not answer, the next start does."""
    named = directory / NAME
    if named.exists():
        try:
            client = _connect()
        except ClientMissing:
            return
        from docker.errors import DockerException, NotFound

        try:
            with suppress(NotFound):
                client.containers.get(named.read_text()).remove(force=True, v=True)
        except DockerException:
            return
        finally:
            client.close()
    remove(directory)


def _connect() -> "DockerClient":
    """Return a client of this machine's Docker.

    Raises:
        ClientMissing: there is none, or it is reached over a network, where raw data must not go.
    """
    host = os.environ.get("DOCKER_HOST") or SOCKET
    if not host.startswith(("unix://", "npipe://")):
        raise ClientMissing(
            "DOCKER_HOST may be another machine, where raw data must not go",
            "Use a Docker of this machine by its socket, or install the server's programs.",
        )
    # Looked for first, as the library leaves the socket of a vain attempt open.
    if host.startswith("unix://") and not Path(host.removeprefix("unix://")).is_socket():
        raise ClientMissing("no server programs were found, and no Docker", HINT)
    try:
        import docker
        from docker.errors import DockerException
    except ImportError:
        raise ClientMissing(
            "no server programs were found, nor the library that talks to Docker", HINT
        ) from None
    try:
        return docker.from_env(timeout=SECONDS_OF_PATIENCE)
    except DockerException:
        raise ClientMissing("no server programs were found, and Docker does not answer", HINT) from None


def _start(
    client: "DockerClient", image: Image, directory: Path, pins: Path, *, password: Secret
) -> tuple[str, int]:
    own = _own(client)
    name = f"snapharbor-{secrets.token_hex(8)}"
    pinned = _pinned(client, image.reference, pins)
    network = _network(client)
    # First its name, then the container: whatever happens between, the reaper knows what to look for.
    write_private(directory / NAME, name)
    container = client.containers.create(
        pinned,
        list(image.command),
        name=name,
        labels={LABEL: "throw-away"},
        environment={**image.environment, image.password_variable: f"/run/{PASSWORD}"},
        network=network,
        ports={} if own else {f"{image.port}/tcp": (LOOPBACK, 0)},
    )
    cast(_Fillable, container).put_archive("/run", _packed(PASSWORD, password.reveal()))
    container.start()
    if own:
        _join(client, own, network)
        return name, image.port
    container.reload()
    ports = cast("Mapping[str, Sequence[Mapping[str, str]]]", container.ports)
    return LOOPBACK, int(ports[f"{image.port}/tcp"][0]["HostPort"])


def _pinned(client: "DockerClient", reference: str, pins: Path) -> str:
    """Return an image by its digest: what was pulled first is what runs ever after."""
    from docker.errors import ImageNotFound

    known: dict[str, str] = json.loads(pins.read_text()) if pins.exists() else {}
    wanted = known.get(reference, reference)
    try:
        image = client.images.get(wanted)
    except ImageNotFound:
        image = client.images.pull(wanted)
    if reference not in known:
        digests: list[str] = image.attrs.get("RepoDigests") or []
        known[reference] = next(iter(digests), str(image.id))
        fresh = pins.with_name(f".{pins.name}-{secrets.token_hex(4)}")
        write_private(fresh, json.dumps(known))
        fresh.replace(pins)
    return known[reference]


def _network(client: "DockerClient") -> str:
    networks = cast(_Networks, client.networks)
    if not networks.list(names=[NETWORK]):
        networks.create(NETWORK, driver="bridge", labels={LABEL: "network"})
    return NETWORK


def _own(client: "DockerClient") -> "Container | None":
    """Return the container of this Docker that this process is in, None if it is in none."""
    from docker.errors import NotFound

    if not any(Path(mark).exists() for mark in INSIDE):
        return None
    try:
        return client.containers.get(socket.gethostname())
    except NotFound:
        return None


def _join(client: "DockerClient", own: "Container", network: str) -> None:
    """Bring the container that this process is in into the network, so that names resolve."""
    if network not in own.attrs["NetworkSettings"]["Networks"]:
        cast(_Networks, client.networks).get(network).connect(own)


def _packed(name: str, content: str) -> bytes:
    """Return an archive of one file, which the server's own account can read."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        about = tarfile.TarInfo(name)
        about.size, about.mode = len(content), 0o444
        archive.addfile(about, io.BytesIO(content.encode()))
    return packed.getvalue()


def _told(error: Exception) -> str:
    said = str(getattr(error, "explanation", None) or error)
    return " ".join(said.split())[:END_OF_LOG]
