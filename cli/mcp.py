"""`snapharbor mcp`."""

import gc
import os
import stat
from functools import partial
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from . import output
from .session import Session

if TYPE_CHECKING:
    from ..server.app import Server


class Http(TypedDict):
    """The options of the http door."""

    host: str
    port: int
    path: str
    allow_host: tuple[str, ...]
    token_file: str | None


@click.command()
@click.option(
    "-t",
    "--transport",
    type=click.Choice(["auto", "stdio", "http"]),
    default="auto",
    help="auto: stdio if a client started us over pipes, else http.",
)
@click.option("--stdio", "transport", flag_value="stdio", help="The same as --transport stdio.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address for http.")
@click.option(
    "-p",
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="Port for http; 0 is any free one.",
)
@click.option("--path", default="/mcp", show_default=True, help="Path for http.")
@click.option("--allow-host", multiple=True, metavar="NAME", help="Host name that http clients know us by.")
@click.option(
    "--token-file",
    metavar="FILE",
    help="Ask http callers for a token that this file (or `secret:` reference) lists.",
)
@click.option("--toolsets", default="", metavar="A,B", help="Only these: read, build, sanitize, load, share.")
@click.option(
    "--confirm",
    type=click.Choice(["ask", "token"]),
    default="ask",
    show_default=True,
    help="Ask the person if the client can, or always answer a plan with a confirmation.",
)
@click.pass_obj
def mcp(session: Session, *, transport: str, toolsets: str, confirm: str, **http: Unpack[Http]) -> None:
    """Serve the tools to an MCP client, over stdio or http.

    With --read-only, tools that change something are not offered, and the engine refuses to run them.
    """
    # What is imported here lives until the end: no use in searching it for garbage.
    gc.disable()
    from ..server.app import build_server
    from ..server.stdio import run_stdio

    gc.freeze()
    gc.enable()
    build = partial(
        build_server,
        session.harbor,
        toolsets=tuple(name.strip() for name in toolsets.split(",") if name.strip()),
        read_only=session.read_only,
        asks_people=confirm == "ask",
    )
    if transport == "stdio" or (transport == "auto" and started_by_a_client()):
        run_stdio(build())
    else:
        _listen(session, build, http)


def started_by_a_client() -> bool:
    """Tell whether stdin and stdout are pipes or sockets, as a client that starts a server makes them."""
    return all(stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) for mode in (os.fstat(fd).st_mode for fd in (0, 1)))


def _listen(session: Session, build: "partial[Server]", http: Http) -> None:
    import anyio

    from ..server.auth import bearer, read_tokens
    from ..server.http import run_http

    places, told = http["token_file"], partial(output.note, session)
    door = partial(
        run_http, host=http["host"], port=http["port"], path=http["path"], names=http["allow_host"]
    )
    anyio.run(partial(door, build(auth=bearer(read_tokens(places)) if places else None), told=told))
