"""The door for clients that connect: streamable HTTP, both protocol revisions, Host and Origin checked."""

from collections.abc import Callable, Sequence

from mcp.server.transport_security import TransportSecuritySettings

from ..engine.model.errors import ConfigMissing
from .app import Server
from .auth import refuse_open_door
from .listen import address, listen, serve

TOKENS = "Listen on 127.0.0.1, or name the tokens that callers need with --token-file."
LOCAL = ("127.0.0.1", "localhost", "[::1]")
ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 - recognised here, never bound without authentication


async def run_http(
    server: Server,
    *,
    host: str,
    port: int,
    path: str,
    names: Sequence[str],
    told: Callable[[str], None],
) -> None:
    """Serve on an address, telling its URL once it listens. `names` are hosts that clients know us by.

    Raises:
        NotAuthorized: others can reach the address, and nobody asks who they are.
        ConfigMissing: every interface was asked for, and no name.
    """
    refuse_open_door(host, guarded=server.settings.auth is not None, hint=TOKENS)
    security = allowed(host, names)
    listening = listen(host, port)
    app = server.streamable_http_app(streamable_http_path=path, host=host, transport_security=security)
    await serve(app, listening, ready=lambda: told(f"http://{address(listening, host)}{path}"))


def allowed(host: str, names: Sequence[str]) -> TransportSecuritySettings:
    """Return which Host and Origin headers are answered: the address itself and the given names."""
    if host in ANYWHERE and not names:
        raise ConfigMissing(
            f"`{host}` has no name that a client could ask for",
            "Name the hosts that clients use with --allow-host.",
        )
    hosts = [f"[{host}]" if ":" in host else host, *LOCAL, *names]
    return TransportSecuritySettings(
        allowed_hosts=[*hosts, *(f"{name}:*" for name in hosts)],
        allowed_origins=[
            f"{scheme}://{name}{port}"
            for scheme in ("http", "https")
            for name in hosts
            for port in ("", ":*")
        ],
    )
