"""Share links: what a signature opens, for how long, and nothing beside it."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest
from support.harbor import World

from snapharbor.engine.keypair import new_signing_key
from snapharbor.engine.model.errors import ConfigInvalid, NotAuthorized, ShareExpired, ShareUnknown
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.share import Share
from snapharbor.engine.operations.links import bundle_path, check_link, chunk_path, link_key, sign_link
from snapharbor.engine.repository.layout import chunk_key, share_key
from snapharbor.server.serve import build_share_app, run_shares

CHUNK = "ab" * 32
BUNDLE = b"sealed bundle"
CONTENT = bytes(range(256)) * 4096
SHARE = Share(
    id="k3-share",
    snapshot="20261122-100000-0badcafe",
    target="shop",
    profile=None,
    recipients=("ana",),
    created_by="somebody else",
    created_at="2026-11-22T10:00:00Z",
    expires_at="2099-01-01T00:00:00Z",
)
SOON = 4_000_000_000


@pytest.fixture
def key(world: World) -> bytes:
    return link_key(world.settings.signing_key)


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    await world.ledger.save_share(SHARE)
    await world.storages[None].put(share_key(SHARE.id), BUNDLE)
    await world.storages[None].put(chunk_key(CHUNK), CONTENT)
    async with world.open() as harbor:
        transport = httpx2.ASGITransport(build_share_app(harbor))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            yield http


def signed(key: bytes, path: str, expires: int = SOON) -> str:
    return f"{path}?{sign_link(key, path, expires)}"


async def test_a_signed_link_opens_the_bundle_and_its_chunks(client: httpx2.AsyncClient, key: bytes) -> None:
    bundle = await client.get(signed(key, bundle_path(SHARE.id)))
    chunk = await client.get(signed(key, chunk_path(SHARE.id, CHUNK)))
    assert (bundle.status_code, bundle.content) == (200, BUNDLE)
    assert (chunk.status_code, chunk.content) == (200, CONTENT)
    assert chunk.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    ("asked", "status", "piece", "described"),
    [
        ("bytes=0-9", 206, CONTENT[:10], "bytes 0-9/1048576"),
        ("bytes=1048570-", 206, CONTENT[-6:], "bytes 1048570-1048575/1048576"),
        ("bytes=-6", 206, CONTENT[-6:], "bytes 1048570-1048575/1048576"),
        ("bytes=1048570-9999999", 206, CONTENT[-6:], "bytes 1048570-1048575/1048576"),
        ("bytes=300000-900000", 206, CONTENT[300000:900001], "bytes 300000-900000/1048576"),
        ("bytes=1048576-", 416, b"", "bytes */1048576"),
        ("bytes=-0", 416, b"", "bytes */1048576"),
        ("bytes=9-3", 416, b"", "bytes */1048576"),
        ("bytes=0-1,4-5", 200, CONTENT, None),
        ("lines=1-2", 200, CONTENT, None),
        ("bytes=-", 200, CONTENT, None),
    ],
)
async def test_a_piece_of_a_chunk_can_be_asked_for(
    asked: str, status: int, piece: bytes, described: str | None, client: httpx2.AsyncClient, key: bytes
) -> None:
    answer = await client.get(signed(key, chunk_path(SHARE.id, CHUNK)), headers={"range": asked})
    assert (answer.status_code, answer.headers.get("content-range")) == (status, described)
    assert answer.content == piece


async def test_head_tells_the_size(client: httpx2.AsyncClient, key: bytes) -> None:
    answer = await client.head(signed(key, chunk_path(SHARE.id, CHUNK)))
    assert (answer.status_code, answer.headers["content-length"]) == (200, str(len(CONTENT)))


async def test_what_is_not_signed_for_that_path_and_moment_opens_nothing(
    client: httpx2.AsyncClient, key: bytes
) -> None:
    path, chunk = bundle_path(SHARE.id), chunk_path(SHARE.id, CHUNK)
    good = sign_link(key, path, SOON)
    other = link_key(new_signing_key())
    links = [
        path,
        f"{path}?expires={SOON}",
        f"{path}?expires={SOON + 1}&{good.partition('&')[2]}",
        f"{path}?{good[:-1]}{'0' if good[-1] != '0' else '1'}",
        f"{chunk}?{good}",
        signed(other, path),
        f"{path}?expires=x&signature=ж",
        signed(key, bundle_path("unknown")),
        signed(key, chunk_path(SHARE.id, "../../repository.json")),
        signed(key, chunk_path(SHARE.id, "AB" * 32)),
    ]
    for link in links:
        assert (await client.get(link)).status_code == 404, link


async def test_nothing_is_listed(client: httpx2.AsyncClient) -> None:
    for path in ("/", "/shares", "/shares/", "/shares/k3-share/chunks/", "/shares/k3-share/chunks"):
        assert (await client.get(path)).status_code in (404, 307), path
    assert (await client.post("/shares/k3-share")).status_code == 405


async def test_an_expired_link_is_gone(client: httpx2.AsyncClient, key: bytes) -> None:
    answer = await client.get(signed(key, bundle_path(SHARE.id), int(time.time()) - 1))
    assert answer.status_code == 410
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "share-expired"


async def test_a_revoked_share_opens_nothing(world: World, client: httpx2.AsyncClient, key: bytes) -> None:
    await world.ledger.save_share(replace(SHARE, revoked_at="2026-11-22T11:00:00Z"))
    for path in (bundle_path(SHARE.id), chunk_path(SHARE.id, CHUNK)):
        answer = await client.get(signed(key, path))
        assert (answer.status_code, answer.json()["code"]) == (404, "share-unknown")


async def test_a_share_whose_time_is_over_opens_nothing(
    world: World, client: httpx2.AsyncClient, key: bytes
) -> None:
    await world.ledger.save_share(replace(SHARE, expires_at="2026-01-01T00:00:00Z"))
    assert (await client.get(signed(key, bundle_path(SHARE.id)))).status_code == 410


async def test_what_was_pruned_is_missing(world: World, client: httpx2.AsyncClient, key: bytes) -> None:
    await world.storages[None].delete(chunk_key(CHUNK))
    answer = await client.get(signed(key, chunk_path(SHARE.id, CHUNK)))
    assert (answer.status_code, answer.json()["code"]) == (404, "object-missing")


async def test_health_needs_no_link(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/health")).json()["status"] == "ok"


async def test_another_address_needs_tls(world: World) -> None:
    with pytest.raises(NotAuthorized):
        await run_shares(world.open, host="0.0.0.0", port=0, told=print)


def test_a_link_is_checked_for_its_signature_before_its_time() -> None:
    key = link_key(new_signing_key())
    with pytest.raises(ShareUnknown):
        check_link(key, "/shares/x", expires="1", signature="0" * 64)
    past = dict(pair.split("=") for pair in sign_link(key, "/shares/x", 1).split("&"))
    with pytest.raises(ShareExpired):
        check_link(key, "/shares/x", **past)


def test_links_are_signed_with_a_key_of_their_own() -> None:
    signing = new_signing_key()
    assert link_key(signing) == link_key(signing)
    assert link_key(signing) != link_key(new_signing_key())
    with pytest.raises(ConfigInvalid):
        link_key(Secret("not a key"))


async def test_who_opens_a_bundle_is_recorded_and_who_guesses_is_not(
    world: World, client: httpx2.AsyncClient, key: bytes
) -> None:
    link = signed(key, bundle_path(SHARE.id))
    await client.head(link)
    await client.get(bundle_path(SHARE.id))
    await client.get(signed(key, chunk_path(SHARE.id, CHUNK)))
    await client.get(link)
    await world.storages[None].delete(share_key(SHARE.id))
    await client.get(link)
    await client.get(signed(key, bundle_path(SHARE.id), 1))
    await world.ledger.save_share(replace(SHARE, revoked_at="2026-11-22T11:00:00Z"))
    await client.get(link)
    recorded = [(one.what, one.subject, one.outcome) for one in await world.ledger.records()]
    assert recorded == [
        ("fetch", SHARE.id, outcome)
        for outcome in ("fetched", "object-missing", "share-expired", "share-unknown")
    ]
