"""What an agent sees of what there is: also of what cannot be read."""

import json
import re
from dataclasses import replace

import pytest
from support.harbor import SHOP, World, add_snapshot, manifest
from support.server import Connect, text_of

from snapharbor.engine.model.catalog import Catalog, Column, Table, TableName
from snapharbor.engine.model.errors import ShareUnknown
from snapharbor.engine.model.share import Share
from snapharbor.engine.model.target import Rules
from snapharbor.engine.operations.requests import RevokeRequest
from snapharbor.engine.operations.verbs import decide

OPEN = Share(
    id="sh-1",
    snapshot=manifest(1).id,
    target="shop",
    profile=None,
    recipients=("ben",),
    created_by="ana",
    created_at="2026-11-22T10:00:00Z",
    expires_at="2999-01-01T00:00:00Z",
)


async def test_a_snapshot_that_cannot_be_read_is_listed_as_one(world: World, connect: Connect) -> None:
    async with world.open() as harbor:
        await add_snapshot(harbor, manifest(1))
        await add_snapshot(harbor, manifest(2))
    await world.storages[None].put(f"snapshots/{manifest(2).id}/manifest", b"SHMANIF\x02 and no more")
    async with connect() as client:

        async def call(tool: str, **arguments: str) -> dict[str, object]:
            return dict((await client.call_tool(tool, arguments)).structured_content or {})

        listed = await call("list_snapshots")
        described = await call("describe_target", target="shop")
        by_id = await call("describe_snapshot", snapshot=manifest(2).id)
        by_name = await call("describe_snapshot", snapshot="shop")
    assert [row["snapshot"] for row in listed["snapshots"]] == [manifest(1).id]  # type: ignore[index]
    for answer in (listed, described):
        assert f"{manifest(2).id}: " in str(answer["unreadable"])
        assert str(answer["unreadable"]).startswith("<data-")
    assert (by_id["code"], by_name["code"]) == ("key-missing", "key-missing")


async def test_an_agent_is_told_why_a_table_is_changed_in_a_copy(world: World, connect: Connect) -> None:
    columns = (Column("id", "integer", False), Column("email", "text", True))
    name = TableName("public", "customers")
    world.catalog = Catalog(("public",), (Table(name, "table", columns, primary_key=("id",)),))
    rules = Rules(override_query="-- all of them\n UPDATE customers SET email = NULL RETURNING id")
    world.targets = (replace(SHOP, rules=rules),)
    async with connect() as client:
        told = await client.call_tool("explain_sanitization", {"target": "shop"})
    report = told.structured_content["report"].splitlines()
    place = report.index("  public.customers: changed in a private copy, which is destroyed afterwards")
    assert report[place + 1] == "    because of line 2, column 2: RETURNING"


async def test_shares_are_listed_to_whoever_made_them(world: World, connect: Connect) -> None:
    async with world.open() as harbor:
        await add_snapshot(harbor, manifest(1))
        for share in (
            OPEN,
            replace(OPEN, id="sh-2", expires_at="2020-01-01T00:00:00Z"),
            replace(OPEN, id="sh-3", revoked_at="2026-11-22T11:00:00Z"),
            replace(OPEN, id="sh-4", created_by="somebody else"),
        ):
            await harbor.services.ledger.save_share(share)
    async with connect() as client:
        listed = json.loads(text_of(await client.read_resource("snapharbor://shares")))
        shown = await client.call_tool("describe_snapshot", {"snapshot": "shop"})
    assert {one["share"]: one["open"] for one in listed} == {"sh-1": True, "sh-2": False, "sh-3": False}
    assert (shown.structured_content or {})["shares"] == "sh-1 to ben until 2999-01-01T00:00:00Z"


async def test_a_share_that_is_not_there_is_answered_with_where_they_are_listed(
    world: World, connect: Connect
) -> None:
    async with world.open() as harbor:
        with pytest.raises(ShareUnknown) as unknown:
            await decide(harbor.services, RevokeRequest("sh-9"))
    (uri,) = re.findall("snapharbor://[a-z]+", unknown.value.hint)
    async with connect() as client:
        assert text_of(await client.read_resource(uri)) == "[]"
