"""One HTTP application on one address, until a signal ends it."""

import socket
from collections.abc import Callable
from pathlib import Path

import anyio
import uvicorn
from starlette.types import ASGIApp

from ..engine.model.errors import ConfigInvalid
from ..engine.tasks import open_tasks

GRACEFUL = 2


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 is any free one.

    Raises:
        ConfigInvalid: the address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        hint = "Choose another one with --host and --port; port 0 is any free one."
        raise ConfigInvalid(f"cannot listen on `{host}` port {port}: {reason}", hint) from None


def address(listening: socket.socket, host: str) -> str:
    """Return `host:port` as it stands in a URL."""
    return f"{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"


async def serve(
    app: ASGIApp,
    listening: socket.socket,
    *,
    certificate: tuple[Path, Path] | None = None,
    ready: Callable[[], None],
) -> None:
    """Serve an application. Access logs are off: addresses of requests hold signatures."""
    ready()
    chain, key = certificate or (None, None)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACEFUL,
        ssl_certfile=str(chain) if chain else None,
        ssl_keyfile=str(key) if key else None,
    )
    server = uvicorn.Server(config)
    async with open_tasks() as tasks:
        tasks.start_soon(_end_when_cancelled, server)
        with anyio.CancelScope(shield=True):
            await server.serve(sockets=[listening])
        tasks.cancel_scope.cancel()


async def _end_when_cancelled(server: uvicorn.Server) -> None:
    """Ask uvicorn to end; cancelled in the middle of its work it would leave connections open."""
    try:
        await anyio.sleep_forever()
    finally:
        server.should_exit = True
