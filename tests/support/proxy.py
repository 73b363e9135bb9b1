"""A TCP proxy on the loopback interface that breaks connections on command."""

import re
import select
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

BLOCK = 16 << 10
HOLD_SECONDS = 30
REQUEST = re.compile(rb"(GET|PUT|POST|HEAD|DELETE) (\S+) HTTP/1\.1\r\n")


@dataclass(slots=True)
class Faults:
    """What to do wrong.

    Each of the next `cuts` connections ends when it has carried more than `upload_budget` bytes to the
    server or `download_budget` from it. The next `refusals` connections end at once. `answers` maps
    patterns of a request's head to whole HTTP answers, given in the server's place. The first request
    whose head matches `held` waits for `release`. Heads are matched in lower case.
    """

    cuts: int = 0
    upload_budget: int = 1 << 62
    download_budget: int = 1 << 62
    refusals: int = 0
    answers: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    held: bytes | None = None


class FaultyProxy:
    """Passes connections on to a port of this machine, and remembers the HTTP requests it saw."""

    def __init__(self, upstream: int) -> None:
        self.faults = Faults()
        self.requests: list[str] = []
        self.holding = threading.Event()
        self.release = threading.Event()
        self._upstream = upstream
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._clients: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._accept)]

    @property
    def port(self) -> int:
        """Where to connect to."""
        return int(self._listener.getsockname()[1])

    def seen(self, pattern: str) -> list[str]:
        """Return the requests (`METHOD /path?query`) that hold the pattern."""
        return [request for request in self.requests if re.search(pattern, request)]

    def hang_up(self) -> None:
        """Break every connection that is open now."""
        with self._lock:
            for client in self._clients:
                with suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        self.release.set()
        self.hang_up()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self._upstream)) as server:
            with self._lock:
                self._clients.add(client)
            try:
                self._carry(client, server)
            finally:
                with self._lock:
                    self._clients.discard(client)

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        if self.faults.refusals and self._spend("refusals"):
            return
        carried = {client: 0, server: 0}
        budget = {client: self.faults.upload_budget, server: self.faults.download_budget}
        while True:
            for side in select.select([client, server], [], [])[0]:
                block = side.recv(BLOCK)
                carried[side] += len(block)
                if not block or (carried[side] > budget[side] and self._spend("cuts")):
                    return
                if side is client and (answer := self._read(block)) is not None:
                    client.sendall(answer)
                    return
                (server if side is client else client).sendall(block)

    def _read(self, block: bytes) -> bytes | None:
        """Remember the request that begins here, and return the answer to give in the server's place."""
        if (request := REQUEST.match(block)) is None:
            return None
        self.requests.append(f"{request[1].decode()} {request[2].decode()}")
        head = block.partition(b"\r\n\r\n")[0].lower()
        if self.faults.held and re.search(self.faults.held, head):
            self.faults.held = None
            self.holding.set()
            self.release.wait(HOLD_SECONDS)
        return next((answer for piece, answer in self.faults.answers.items() if re.search(piece, head)), None)

    def _spend(self, what: str) -> bool:
        """Take one of a number of faults, if any is left."""
        with self._lock:
            left = int(getattr(self.faults, what))
            if left:
                setattr(self.faults, what, left - 1)
            return left > 0
