"""The door for a client that started us: JSON-RPC over stdin and stdout, and gone when the client is."""

import os
import select
import threading
from typing import Final

import anyio

from .app import Server

GRACE: Final = 1.0


def run_stdio(server: Server) -> None:
    """Serve until stdin ends. What still runs then is cut off: jobs have processes of their own."""
    _leave_with_the_client(os.dup(0))
    anyio.run(server.run_stdio_async)


def _leave_with_the_client(wire: int) -> None:
    """End this process soon after the other end of stdin is closed, whatever a worker thread waits for.

    A thread that is inside a blocking call cannot be cancelled, and the interpreter would wait for it.
    """

    def watch() -> None:
        poll = select.poll()
        poll.register(wire, getattr(select, "POLLRDHUP", 0))
        poll.poll()
        threading.Event().wait(GRACE)
        os._exit(0)

    if hasattr(select, "poll"):
        threading.Thread(target=watch, name="client-watch", daemon=True).start()
