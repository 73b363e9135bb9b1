"""The HTTP door: who is let in, from where, and as whom."""

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from support.harbor import World
from support.server import Listening, Mode

from snapharbor.engine.model.errors import ConfigInvalid, ConfigMissing, NotAuthorized
from snapharbor.engine.model.share import Principal
from snapharbor.server.app import build_server
from snapharbor.server.auth import bearer, principal_of, read_tokens
from snapharbor.server.http import allowed, run_http
from snapharbor.server.toolsets import chosen

pytestmark = pytest.mark.server

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPT = {"accept": "application/json, text/event-stream"}


@asynccontextmanager
async def connected(url: str, token: str, mode: Mode) -> AsyncGenerator[Client]:
    http = httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}, timeout=30)
    async with http, Client(streamable_http_client(url, http_client=http), mode=mode) as client:
        yield client


@pytest.fixture
def tokens(tmp_path: Path) -> str:
    file = tmp_path / "tokens"
    lines = (
        "# who may call",
        f"{sha256(b'ana-token').hexdigest()} ana groups=dev,qa",
        f"{sha256(b'bob-token').hexdigest()} bob scopes=read",
        f"{sha256(b'dan-token').hexdigest()} dan scopes=read,load",
        f"{sha256(b'eve-token').hexdigest()} eve scopes=build",
    )
    file.write_text("\n".join(lines))
    file.chmod(0o600)
    return str(file)


async def test_a_client_connects_and_works(listening: Listening, mode: Mode) -> None:
    async with listening() as url, Client(url, mode=mode) as client:
        assert len((await client.list_tools()).tools) == 15
        assert not (await client.call_tool("list_targets", {})).is_error


async def test_a_foreign_host_or_origin_is_refused(listening: Listening) -> None:
    async with listening() as url, httpx2.AsyncClient() as http:
        host = await http.post(url, json=INITIALIZE, headers={**ACCEPT, "host": "evil.example"})
        origin = await http.post(url, json=INITIALIZE, headers={**ACCEPT, "origin": "https://evil.example"})
        own = await http.post(url, json=INITIALIZE, headers={**ACCEPT, "origin": url.removesuffix("/mcp")})
    assert (host.status_code, origin.status_code, own.status_code) == (421, 403, 200)


@pytest.mark.parametrize("header", [{}, {"authorization": "Bearer wrong"}, {"authorization": "Basic YTpi"}])
async def test_nobody_comes_in_without_a_token(
    header: dict[str, str], listening: Listening, tokens: str
) -> None:
    async with listening(auth=bearer(read_tokens(tokens))) as url, httpx2.AsyncClient() as http:
        answer = await http.post(url, json=INITIALIZE, headers={**ACCEPT, **header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_token_that_may_not_read_is_forbidden(listening: Listening, tokens: str) -> None:
    headers = {**ACCEPT, "authorization": "Bearer eve-token"}
    async with listening(auth=bearer(read_tokens(tokens))) as url, httpx2.AsyncClient() as http:
        answer = await http.post(url, json=INITIALIZE, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("token", "missing"),
    [
        ("ana-token", set[str]()),
        (
            "bob-token",
            {"build_snapshot", "sanitize_snapshot", "load_snapshot", "share_snapshot", "revoke_share"},
        ),
        ("dan-token", {"build_snapshot", "sanitize_snapshot", "share_snapshot", "revoke_share"}),
    ],
)
async def test_a_token_is_shown_the_tools_that_it_allows(
    token: str, missing: set[str], listening: Listening, tokens: str, mode: Mode
) -> None:
    everything = {tool.run.__name__ for tool in chosen()}
    async with (
        listening(auth=bearer(read_tokens(tokens))) as url,
        connected(url, token, mode) as client,
    ):
        assert {tool.name for tool in (await client.list_tools()).tools} == everything - missing


async def test_everybody_acts_as_themselves(
    world: World, listening: Listening, tokens: str, mode: Mode
) -> None:
    async with listening(auth=bearer(read_tokens(tokens))) as url:
        async with connected(url, "ana-token", mode) as ana:
            job = (await ana.call_tool("build_snapshot", {"target": "shop"})).structured_content["job_id"]
            assert (await ana.call_tool("get_job", {"job_id": job})).structured_content[
                "state"
            ] == "succeeded"
            plan = (await ana.call_tool("load_snapshot", {"snapshot": "shop"})).structured_content
        async with connected(url, "bob-token", mode) as bob:
            other = await bob.call_tool("get_job", {"job_id": job})
            refused = await bob.call_tool("build_snapshot", {"target": "shop"})
            stolen = {"snapshot": "shop", "confirmation": plan["confirmation"]}
            taken = await bob.call_tool("load_snapshot", stolen)
    assert other.structured_content["code"] == "job-unknown"
    assert refused.structured_content["code"] == "not-authorized"
    assert taken.structured_content["code"] == "confirmation-invalid"
    records = await world.ledger.records()
    assert {record.who for record in records} == {"ana", "bob"}
    assert [(record.what, record.subject, record.outcome) for record in records if record.who == "bob"] == [
        ("build", "shop", "not-authorized"),
        ("load", "shop", "confirmation-invalid"),
    ]


async def test_a_token_becomes_a_principal_with_groups_and_scopes(tokens: str) -> None:
    verifier = read_tokens(tokens)
    ana, bob = await verifier.verify_token("ana-token"), await verifier.verify_token("bob-token")
    assert ana is not None
    assert bob is not None
    assert principal_of(ana) == Principal("ana", ("dev", "qa"))
    assert principal_of(bob) == Principal("bob", (), frozenset(("read",)))
    assert "ana-token" not in repr(ana)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "db.example"])
async def test_another_address_needs_authentication(host: str, world: World) -> None:
    with pytest.raises(NotAuthorized):
        await run_http(build_server(world.open), host=host, port=0, path="/mcp", names=(), told=print)


def test_every_interface_needs_a_name() -> None:
    with pytest.raises(ConfigMissing):
        allowed("0.0.0.0", ())
    assert "snap.example:*" in allowed("0.0.0.0", ("snap.example",)).allowed_hosts
    assert "https://snap.example" in allowed("0.0.0.0", ("snap.example",)).allowed_origins


async def test_an_address_that_is_taken_is_told(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigInvalid):
            await run_http(
                build_server(world.open), host="127.0.0.1", port=port, path="/mcp", names=(), told=print
            )


def test_a_token_file_that_others_can_read_is_refused(tokens: str) -> None:
    Path(tokens).chmod(0o644)
    with pytest.raises(ConfigInvalid):
        read_tokens(tokens)


@pytest.mark.parametrize(
    "line",
    ["plain-token ana", f"{'a' * 64}", f"{'a' * 64} ana scopes=all", f"{'a' * 64} ana admin=yes", "ana"],
)
def test_a_line_that_is_no_token_is_refused(line: str, tokens: str) -> None:
    Path(tokens).write_text(line)
    with pytest.raises(ConfigInvalid):
        read_tokens(tokens)


def test_a_token_file_without_tokens_is_refused(tokens: str) -> None:
    Path(tokens).write_text("# nobody\n")
    with pytest.raises(ConfigMissing):
        read_tokens(tokens)
