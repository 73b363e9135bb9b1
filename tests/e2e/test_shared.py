"""Sharing on a real server: who can open what, and where it is loaded."""

import socket
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio
import pytest
from support.postgres import query
from support.repository import somebody
from support.shop import Shop, do, recipient

from snapharbor.engine.harbor import Harbor
from snapharbor.engine.model.errors import ConfigMissing, KeyMissing, RecipientUnknown, ShareUnknown
from snapharbor.engine.model.settings import Settings
from snapharbor.engine.model.target import StorageProfile, Target
from snapharbor.engine.operations.requests import (
    BuildRequest,
    LoadRequest,
    PullRequest,
    RevokeRequest,
    SanitizeRequest,
    ShareRequest,
)
from snapharbor.server.serve import run_shares

pytestmark = pytest.mark.server
RAW = "SELECT count(*) FROM customers WHERE email NOT LIKE '%@example.com' OR profile ? 'contact'"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def serving(shop: Shop, settings: Settings, port: int) -> AsyncGenerator[None]:
    """Serve this shop's shares."""

    def open_harbor() -> AbstractAsyncContextManager[Harbor]:
        return shop.harbor(settings=settings)

    ready = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(
            partial(run_shares, open_harbor, host="127.0.0.1", port=port, told=lambda _url: ready.set())
        )
        await ready.wait()
        yield
        tasks.cancel_scope.cancel()


async def test_only_the_recipient_can_open_a_share_and_nobody_after_it_is_revoked(
    shop: Shop, tmp_path: Path
) -> None:
    ben, eve = somebody(), somebody()
    port = free_port()
    settings = shop.settings(recipients=(recipient(ben),), serve_url=f"http://127.0.0.1:{port}")
    elsewhere = replace(
        settings, working_directory=tmp_path / "ben", identities=(ben.identity,), signing_key=ben.signing_key
    )
    spying = replace(elsewhere, working_directory=tmp_path / "eve", identities=(eve.identity,))
    async with serving(shop, settings, port), shop.harbor(settings=settings) as harbor:
        await do(harbor, SanitizeRequest("shop", new=True))
        with pytest.raises(RecipientUnknown):
            await harbor.plan(ShareRequest("shop", ("nobody",)))
        share = await do(harbor, ShareRequest("shop", ("dev",)))
        async with shop.harbor(settings=elsewhere) as bens:
            pulled = await do(bens, PullRequest(str(share["link"])))
            assert pulled["snapshot"] == share["snapshot"]
            await do(bens, LoadRequest(str(pulled["snapshot"])))
        async with shop.harbor(settings=spying) as eves:
            with pytest.raises(KeyMissing):
                await do(eves, PullRequest(str(share["link"])))
        await do(harbor, RevokeRequest(str(share["share"])))
        async with shop.harbor(settings=elsewhere) as bens:
            with pytest.raises(ShareUnknown):
                await do(bens, PullRequest(str(share["link"])))
    assert query(shop.destination, RAW) == [(0,)]


async def test_what_came_by_a_link_is_listed_and_loaded_without_the_target_being_configured(
    shop: Shop, tmp_path: Path
) -> None:
    ben, port = somebody(), free_port()
    settings = shop.settings(recipients=(recipient(ben),), serve_url=f"http://127.0.0.1:{port}")
    bens = replace(
        settings,
        working_directory=tmp_path / "ben",
        identities=(ben.identity,),
        signing_key=ben.signing_key,
        targets={},
    )
    async with serving(shop, settings, port), shop.harbor(settings=settings) as harbor:
        await do(harbor, SanitizeRequest("shop", new=True))
        share = await do(harbor, ShareRequest("shop", ("dev",)))
        async with shop.harbor(settings=bens) as theirs:
            await do(theirs, PullRequest(str(share["link"])))
            assert (await theirs.find_target("shop")).type == "share"
            with pytest.raises(ConfigMissing) as unset:
                await theirs.plan(LoadRequest("shop"))
            assert "defaults.shared_target_dst_db_url" in unset.value.hint
    async with shop.harbor(settings=replace(bens, shared_destination=shop.destination)) as theirs:
        await do(theirs, LoadRequest("shop"))
    assert query(shop.destination, RAW) == [(0,)]


async def test_a_share_target_loads_the_newest_of_its_storage_into_its_own_destination(
    shop: Shop, tmp_path: Path
) -> None:
    profile = {"team": StorageProfile("team", "local", tmp_path / "team")}
    assert shop.target.rules is not None
    target = replace(shop.target, rules=replace(shop.target.rules, storage_profile="team"))
    settings = shop.settings(target, storage_profiles=profile)
    async with shop.harbor(settings=settings) as harbor:
        made = await do(harbor, SanitizeRequest("shop", new=True))
        await do(harbor, BuildRequest("shop"))
    team = Target(key="team", name="team", type="share", destination=shop.destination, share_profile="team")
    elsewhere = replace(settings, working_directory=tmp_path / "ben", targets={"team": team})
    for away in (None, shop.destination.on("nowhere")):
        async with shop.harbor(settings=replace(elsewhere, shared_destination=away)) as theirs:
            plan = await theirs.plan(LoadRequest("team"))
            assert (plan.target, plan.arguments["snapshot"]) == ("team", made["snapshot"])
            loaded = await theirs.run(plan, confirmed=True)
            assert loaded["destination"] == str(shop.destination)
    async with shop.harbor(settings=elsewhere) as theirs:
        with pytest.raises(ConfigMissing):
            await theirs.plan(BuildRequest("team"))
    assert query(shop.destination, RAW) == [(0,)]
