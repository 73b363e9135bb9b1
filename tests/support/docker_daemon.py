"""A Docker daemon on a socket that knows just what is asked of it: its containers are servers and programs.

Only what the daemon itself does is made up: the requests are the real library's, and what it starts is real.
"""

import io
import json
import os
import re
import signal
import socket
import struct
import subprocess
import tarfile
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import IO, Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from snapharbor.engine.database.container import daemon as docker
from snapharbor.engine.database.mysql import servers as mysql_servers
from snapharbor.engine.database.mysql import tools as mysql_tools
from snapharbor.engine.database.postgres import tools
from snapharbor.engine.database.postgres.cluster import Cluster, throwaway_cluster
from snapharbor.engine.database.postgres.tools import Toolbox

from .postgres import execute

DIGEST = "sha256:" + "5" * 64


@dataclass
class Machine:
    """One container: what it was asked for, and the server or program in it once it runs.

    `line` is where somebody attached to it is, `ended` is set with the program's `code`.
    """

    name: str
    asked: dict[str, Any]
    port: int
    files: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    running: AbstractContextManager[Cluster] | None = None
    line: socket.socket | None = None
    program: "subprocess.Popen[bytes] | None" = None
    code: int = 0
    ended: threading.Event = field(default_factory=threading.Event)


@dataclass
class Daemon:
    """What there is, what was asked in which order, and how much of it works."""

    socket: Path
    box: Toolbox
    place: Path
    images: set[str] = field(default_factory=set[str])
    networks: list[str] = field(default_factory=list[str])
    machines: dict[str, Machine] = field(default_factory=dict[str, Machine])
    requests: list[str] = field(default_factory=list[str])
    created: list[Machine] = field(default_factory=list[Machine])
    programs: dict[str, Path] = field(default_factory=dict[str, Path])
    about: dict[str, object] = field(default_factory=dict[str, object])
    refuse: str = ""
    deaf: bool = False
    broken: bool = False

    @property
    def url(self) -> str:
        """What DOCKER_HOST is set to."""
        return f"unix://{self.socket}"

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, Any]:
        """Answer one request: a status and what is said."""
        self.requests.append(f"{method} {path}")
        if self.deaf:
            return 503, {"message": "busy"}
        parts = path.strip("/").split("/")
        match (method, *parts):
            case ("GET", "version"):
                return 200, {"ApiVersion": "1.47", "MinAPIVersion": "1.24", "Version": "27.0"}
            case ("GET", "_ping"):
                return 200, "OK"
            case ("GET", "info"):
                return 200, self.about
            case ("GET", "images", *name, "json"):
                wanted = "/".join(name)
                about = {"Id": DIGEST, "RepoDigests": [f"{re.split('[:@]', wanted)[0]}@{DIGEST}"]}
                return (200, about) if wanted in self.images else (404, {"message": "No such image"})
            case ("POST", "images", "create"):
                if self.refuse:
                    return 500, {"message": self.refuse}
                tag = query.get("tag", ["latest"])[0]
                between = "@" if tag.startswith("sha256:") else ":"
                name = query["fromImage"][0]
                self.images |= {f"{name}{between}{tag}", f"{name}@{DIGEST}"}
                return 200, {"status": "pulled"}
            case ("GET", "networks"):
                return 200, [{"Id": name, "Name": name} for name in self.networks]
            case ("GET", "networks", name):
                return 200, {"Id": name, "Name": name}
            case ("POST", "networks", "create"):
                self.networks.append(json.loads(body)["Name"])
                return 201, {"Id": self.networks[-1]}
            case ("POST", "networks", name, "connect"):
                self.machines[json.loads(body)["Container"]].asked["joined"] = name
                return 200, ""
            case (_, "containers", *rest):
                return self._container(method, rest, query, body)
            case _:
                return 501, {"message": f"{method} {path}"}

    def _container(
        self, method: str, rest: list[str], query: dict[str, list[str]], body: bytes
    ) -> tuple[int, Any]:
        if rest == ["create"]:
            name = query["name"][0]
            self.created.append(self.add(name, json.loads(body)))
            return 201, {"Id": name}
        machine = self.machines.get(rest[0])
        if machine is None:
            return 404, {"message": "No such container"}
        match (method, *rest[1:]):
            case ("GET", "json"):
                ports = {"5432/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(machine.port)}]}
                joined: str | None = machine.asked.get("joined")
                networks: dict[str, object] = {joined: {}} if joined else {}
                settings: dict[str, object] = {"Ports": ports, "Networks": networks}
                return 200, {"Id": machine.name, "Name": f"/{machine.name}", "NetworkSettings": settings}
            case ("PUT", "archive"):
                with tarfile.open(fileobj=io.BytesIO(body)) as archive:
                    for member in archive:
                        held = archive.extractfile(member)
                        assert held is not None
                        path = f"{query['path'][0]}/{member.name}"
                        machine.files[path] = (member.mode, held.read().decode())
                return 200, ""
            case ("POST", "start"):
                self._start(machine) if machine.line is None else self._run(machine)
                return 204, ""
            case ("POST", "wait"):
                machine.ended.wait()
                return 200, {"StatusCode": machine.code}
            case ("DELETE",):
                self.remove(machine)
                return 204, ""
            case _:
                return 501, {"message": f"{method} {rest}"}

    def _start(self, machine: Machine) -> None:
        """Do what the official image does: make a superuser, with the password that stands in a file."""
        variables = dict(one.split("=", 1) for one in machine.asked["Env"])
        _, password = machine.files[variables["POSTGRES_PASSWORD_FILE"]]
        machine.running = throwaway_cluster(self.box, self.place, port=machine.port)
        cluster = machine.running.__enter__()
        execute(
            cluster.url(), f"CREATE ROLE {variables['POSTGRES_USER']} SUPERUSER LOGIN PASSWORD '{password}'"
        )

    def _run(self, machine: Machine) -> None:
        """Run a program where it is installed: it sees this machine's files at their own places."""
        (name,) = machine.asked["Entrypoint"]
        machine.program = subprocess.Popen(
            [self.programs.get(name) or self.box.program(name), *machine.asked["Cmd"]],
            env={"PATH": os.defpath, **dict(one.split("=", 1) for one in machine.asked["Env"])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        threading.Thread(target=_serve, args=(machine,), daemon=True).start()

    def add(self, name: str, asked: dict[str, Any] | None = None) -> Machine:
        """Make a container that does not run."""
        machine = self.machines[name] = Machine(name, asked or {}, _free_port())
        return machine

    def remove(self, machine: Machine) -> None:
        """End a container and forget it."""
        del self.machines[machine.name]
        if machine.running is not None:
            machine.running.__exit__(None, None, None)
        if machine.program is not None and not machine.ended.is_set():
            os.killpg(machine.program.pid, signal.SIGKILL)
            machine.ended.wait()


@pytest.fixture
def docker_daemon(
    toolboxes: Sequence[Toolbox], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Generator[Daemon]:
    """Run a daemon and let DOCKER_HOST name it."""
    place = tmp_path_factory.mktemp("d")
    box = next(box for box in reversed(toolboxes) if box.has(("postgres", "initdb")))
    daemon = Daemon(place / "s", box, place / "servers")
    server = ThreadingUnixStreamServer(str(daemon.socket), _handler(daemon))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("DOCKER_HOST", daemon.url)
    yield daemon
    server.shutdown()
    server.server_close()
    for machine in [*daemon.machines.values()]:
        daemon.remove(machine)


@pytest.fixture
def no_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Find no programs of a database on this machine, which is no container itself."""

    def nothing(_explicit: object) -> Iterator[tuple[Path, str]]:
        return iter(())

    monkeypatch.setattr(tools, "_places", nothing)
    monkeypatch.setattr(mysql_tools, "_places", nothing)
    monkeypatch.setattr(mysql_servers, "_places", nothing)
    monkeypatch.setattr(docker, "INSIDE", ())


def _handler(daemon: Daemon) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.client_address = ("", 0)
            super().handle_one_request()

        def _respond(self) -> None:
            parts = urlsplit(self.path)
            path = "/" + unquote(parts.path).removeprefix("/v1.47/").lstrip("/")
            if daemon.broken:
                self.close_connection = True
                return
            if path.endswith("/attach"):
                self._attach(daemon.machines[path.split("/")[2]])
                return
            status, said = daemon.answer(self.command, path, parse_qs(parts.query), self._body())
            told = said.encode() if isinstance(said, str) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain" if isinstance(said, str) else "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            if status != 204:
                self.wfile.write(told)

        def _attach(self, machine: Machine) -> None:
            """Give the connection to what the container says, as long as it says anything."""
            # First, as the answer is what the library waits for before it starts the program.
            machine.line = self.connection
            self.wfile.write(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
            self.close_connection = True
            machine.ended.wait()

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        do_GET = do_POST = do_PUT = do_DELETE = _respond  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    return Handler


def _serve(machine: Machine) -> None:
    """Carry what goes in and comes out, as a daemon does: the output in pieces, each with its stream."""
    line, program = machine.line, machine.program
    assert line is not None
    assert program is not None
    lock = threading.Lock()

    def carry(stream: int, pipe: IO[bytes]) -> None:
        with pipe:
            while block := os.read(pipe.fileno(), 1 << 15):
                with lock, suppress(OSError):
                    line.sendall(struct.pack(">BxxxL", stream, len(block)) + block)

    def feed() -> None:
        assert program.stdin is not None
        with suppress(OSError), program.stdin:
            while block := line.recv(1 << 15):
                program.stdin.write(block)
                program.stdin.flush()

    assert program.stdout is not None
    assert program.stderr is not None
    out = [threading.Thread(target=carry, args=one) for one in ((1, program.stdout), (2, program.stderr))]
    for thread in (*out, threading.Thread(target=feed, daemon=True)):
        thread.start()
    for thread in out:
        thread.join()
    machine.code = program.wait()
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    machine.ended.set()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
