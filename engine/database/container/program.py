"""Client programs in containers: for machines that have Docker and not the programs.

A process of this machine stands for the program. It hands on what it is given and writes what the program
says, so whoever feeds and ends it feeds and ends the program. The container sees the private files at their
own places and this machine's network, may do nothing else, and Docker logs nothing of what it writes.
"""

import json
import os
import signal
import socket
import struct
import sys
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO, TYPE_CHECKING, Protocol, cast

from ...model.errors import ClientMissing, EngineError
from ..lease import leased_directory
from ..process import REFUSED
from .daemon import LABEL, PINS, PREFIX, destroy, docker_for, inside, named, pinned

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

BLOCK_BYTES = 1 << 20
# Of each piece of output: which stream it is of, and its size.
HEAD = struct.Struct(">BxxxL")
OUT, COMPLAINT = 1, 2
INSTALL = "Install the client programs."


class _Attachable(Protocol):
    """What is used of the library, which does not type it."""

    def attach_socket(self, container: str, params: Mapping[str, int], /) -> "IO[bytes]": ...


@dataclass(frozen=True, slots=True)
class Contained:
    """Programs of an image, which is pinned. `seen` is what they may read beside our private files."""

    image: str
    working_directory: Path
    seen: tuple[Path, ...]

    def command(self, program: str) -> tuple[str | Path, ...]:
        """Return what to start in place of a program, before its arguments."""
        asked = {
            "image": self.image,
            "directory": str(self.working_directory),
            "seen": [*map(str, self.seen)],
            "docker": os.environ.get("DOCKER_HOST"),
        }
        # -P: what lies in the current directory is not to be imported.
        return (sys.executable, "-P", "-m", __name__, json.dumps(asked), program)


def contain(reference: str, working_directory: Path, seen: Iterable[Path]) -> Contained:
    """Return the programs of an image, which is pulled when it is first needed; blocking.

    Args:
        reference: The image.
        working_directory: Where private files are made, which the programs read.
        seen: Files and directories that a program reads where they are there.

    Raises:
        ClientMissing: Docker does not answer, or its containers see neither our files nor our network.
        DatabaseFailed: the image cannot be had.
    """
    with _near(reference) as client:
        there = tuple(path.absolute() for path in seen if path.exists())
        return Contained(
            pinned(client, reference, working_directory / PINS), working_directory.absolute(), there
        )


def require_docker(reference: str) -> None:
    """Refuse, as `contain` does, what cannot take the place of programs; nothing is pulled; blocking.

    Raises:
        ClientMissing: Docker does not answer, or its containers see neither our files nor our network.
    """
    with _near(reference):
        return


@contextmanager
def _near(reference: str) -> "Generator[DockerClient]":
    """Give a client of a Docker whose containers see our files and our network."""
    if inside():
        raise ClientMissing(
            "no programs were found, and those of other containers cannot read files of this one", INSTALL
        )
    with docker_for(reference) as client:
        about: Mapping[str, object] = client.info()
        apart = ""
        if "Docker Desktop" in str(about.get("OperatingSystem")):
            apart = "Docker Desktop runs containers on a machine of its own"
        elif any(mode in str(about.get("SecurityOptions")) for mode in ("name=rootless", "name=userns")):
            apart = "this Docker gives containers other users than ours"
        if apart:
            raise ClientMissing(f"no programs were found, and {apart}", INSTALL)
        yield client


def main(arguments: Sequence[str]) -> int:
    """Run a program in a container, with our input and outputs, and return its exit code.

    Args:
        arguments: What `Contained.command` asks for, the program's name, its arguments.
    """
    # Until the container is made: what ends us then would leave one behind.
    signal.signal(signal.SIGTERM, _end)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    asked = json.loads(arguments[0])
    if asked["docker"]:
        os.environ["DOCKER_HOST"] = asked["docker"]
    contained = Contained(asked["image"], Path(asked["directory"]), tuple(map(Path, asked["seen"])))
    try:
        with (
            leased_directory(contained.working_directory / "tmp", PREFIX, destroy=destroy) as directory,
            docker_for(contained.image) as client,
        ):
            container = _made(client, contained, directory, arguments[1:])
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
            return _run(client, container)
    except EngineError as error:
        sys.stderr.write(f"{error.message}\n")
        return REFUSED
    except BrokenPipeError:
        return 128 + signal.SIGPIPE


def _end(number: int, frame: object) -> None:
    del frame
    sys.exit(128 + number)


def _made(client: "DockerClient", contained: Contained, directory: Path, argv: Sequence[str]) -> "Container":
    from docker.types import LogConfig, Mount

    tmp = str(contained.working_directory / "tmp")
    places = [Mount(tmp, tmp, type="bind")]
    places += [Mount(str(path), str(path), type="bind", read_only=True) for path in contained.seen]
    return client.containers.create(
        contained.image,
        [*argv[1:]],
        entrypoint=[argv[0]],
        name=named(directory),
        labels={LABEL: "program"},
        user=f"{os.geteuid()}:{os.getegid()}",
        environment=_environment(),
        mounts=places,
        network_mode="host",
        stdin_open=True,
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges", "label=disable"],
        # Its output is rows.
        log_config=LogConfig(type="none"),
    )


def _environment() -> dict[str, str]:
    """Return what our own environment says to the program."""
    return {
        name: value for name, value in os.environ.items() if name.startswith("PG") or name in ("HOME", "LANG")
    }


def _run(client: "DockerClient", container: "Container") -> int:
    streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
    attached = cast(_Attachable, client.api).attach_socket(str(container.id), streams)
    with socket.socket(fileno=os.dup(attached.fileno())) as line:
        line.settimeout(None)
        container.start()
        Thread(target=_hand_in, args=(line,), daemon=True).start()
        _hand_out(line)
    return int(container.wait()["StatusCode"])


def _hand_in(line: socket.socket) -> None:
    """Send what we are given; when the program has ended, nobody takes it any more."""
    try:
        while block := os.read(0, BLOCK_BYTES):
            line.sendall(block)
        line.shutdown(socket.SHUT_WR)
    except OSError:
        return


def _hand_out(line: socket.socket) -> None:
    with line.makefile("rb", buffering=BLOCK_BYTES) as said:
        while len(head := said.read(HEAD.size)) == HEAD.size:
            stream, size = HEAD.unpack(head)
            rest = memoryview(said.read(size))
            while rest:
                rest = rest[os.write(COMPLAINT if stream == COMPLAINT else OUT, rest) :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
