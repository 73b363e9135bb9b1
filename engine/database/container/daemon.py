"""This machine's Docker: how it is reached, which image is run, and how a container ends with its owner."""

import json
import os
import secrets
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread

from ...model.errors import ClientMissing, DatabaseFailed
from ..lease import remove, write_private

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

PREFIX = "container"
NAME, PINS = "name", "images.json"
LABEL = "snapharbor"
SOCKET = "unix:///var/run/docker.sock"
SECONDS_OF_PATIENCE = 120
END_OF_LOG = 300
INSIDE = ("/.dockerenv", "/run/.containerenv")
HINT = "Install the programs of the database, or start Docker and `pip install snapharbor[docker]`."


def connect() -> "DockerClient":
    """Return a client of this machine's Docker.

    Raises:
        ClientMissing: there is none, or it is reached over a network, where raw data must not go.
    """
    host = os.environ.get("DOCKER_HOST") or SOCKET
    if not host.startswith(("unix://", "npipe://")):
        raise ClientMissing(
            "DOCKER_HOST may be another machine, where raw data must not go",
            "Use a Docker of this machine by its socket, or install the programs of the database.",
        )
    # Looked for first, as the library leaves the socket of a vain attempt open.
    if host.startswith("unix://") and not Path(host.removeprefix("unix://")).is_socket():
        raise ClientMissing("no programs were found, and no Docker", HINT)
    try:
        import docker
        from docker.errors import DockerException
    except ImportError:
        raise ClientMissing("no programs were found, nor the library that talks to Docker", HINT) from None
    try:
        return docker.from_env(timeout=SECONDS_OF_PATIENCE)
    except DockerException:
        raise ClientMissing("no programs were found, and Docker does not answer", HINT) from None


@contextmanager
def docker_for(reference: str) -> "Generator[DockerClient]":
    """Give a client of Docker for containers of an image.

    Raises:
        ClientMissing: Docker does not answer.
        DatabaseFailed: it refuses what is asked of it, or answers no more.
    """
    client = connect()
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    try:
        yield client
    except (DockerException, RequestException) as error:
        raise DatabaseFailed(f"Docker refused a container of `{reference}`: {_told(error)}", HINT) from None
    finally:
        client.close()


def docker_answers() -> bool:
    """Tell whether a container could be started here."""
    try:
        connect().close()
    except ClientMissing:
        return False
    return True


async def instead_of(installed: bool) -> bool:
    """Tell whether a container takes the place of programs, as they are not installed and Docker answers."""
    return not installed and await to_thread.run_sync(docker_answers)


def tagged(reference: str, version: str) -> str:
    """Return an image's reference, with the version as its tag if it has none."""
    return reference if ":" in reference.rpartition("/")[2] or "@" in reference else f"{reference}:{version}"


def pinned(client: "DockerClient", reference: str, pins: Path) -> str:
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


def named(directory: Path) -> str:
    """Return a fresh name for a container; it is noted first, so that the reaper knows what to look for."""
    name = f"snapharbor-{secrets.token_hex(8)}"
    write_private(directory / NAME, name)
    return name


def destroy(directory: Path) -> None:
    """Remove a directory's container and what it wrote; if Docker does not answer, the next start does."""
    noted = directory / NAME
    if noted.exists():
        try:
            client = connect()
        except ClientMissing:
            return
        from docker.errors import DockerException, NotFound
        from requests.exceptions import RequestException

        try:
            with suppress(NotFound):
                client.containers.get(noted.read_text()).remove(force=True, v=True)
        except (DockerException, RequestException):
            return
        finally:
            client.close()
    remove(directory)


def inside() -> bool:
    """Tell whether this process is in a container itself."""
    return any(Path(mark).exists() for mark in INSIDE)


def own(client: "DockerClient") -> "Container | None":
    """Return the container of this Docker that this process is in, None if it is in none."""
    from docker.errors import NotFound

    if not inside():
        return None
    try:
        return client.containers.get(socket.gethostname())
    except NotFound:
        return None


def _told(error: Exception) -> str:
    said = str(getattr(error, "explanation", None) or error)
    return " ".join(said.split())[:END_OF_LOG]
