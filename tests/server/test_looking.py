"""What an agent sees of what there is: also of what cannot be read."""

from support.harbor import World, add_snapshot, manifest
from support.server import Connect


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
