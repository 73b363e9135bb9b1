"""Rules that an agent is given to review: in pages, by a template, without a word that is not fenced."""

import re

import pytest
from support.harbor import World
from support.server import Connect

from snapharbor.engine.model.catalog import Catalog, Column, Table, TableName

TABLES = tuple(
    Table(TableName("public", f"people_{number}"), "table", (Column("email", "text", True),))
    for number in range(60)
)


async def test_suggested_rules_come_in_pages_and_every_table_once(world: World, connect: Connect) -> None:
    world.catalog = Catalog(("public",), TABLES)
    seen: list[str] = []
    cursor = ""
    async with connect() as client:
        while True:
            result = await client.call_tool("suggest_rules", {"target": "shop", "cursor": cursor})
            assert len(result.model_dump_json(by_alias=True, exclude_none=True).encode()) <= 8192
            answer = result.structured_content
            assert answer["columns"] == {"decided": 60, "left": 0, "outside": 0, "keep": 0}
            seen += re.findall(r"UPDATE public\.(people_\d+) SET", answer["sql"])
            cursor = answer.get("next_cursor", "")
            if not cursor:
                break
    assert sorted(seen) == sorted(table.name.name for table in TABLES)


async def test_a_template_chooses_and_an_unknown_one_is_refused(world: World, connect: Connect) -> None:
    world.catalog = Catalog(("public",), TABLES[:1])
    async with connect() as client:
        cards = await client.call_tool("suggest_rules", {"target": "shop", "template": "pci"})
        wrong = await client.call_tool("suggest_rules", {"target": "shop", "template": "hippa"})
    assert cards.structured_content["columns"] == {"decided": 0, "left": 0, "outside": 1, "keep": 0}
    assert wrong.structured_content["code"] == "argument-invalid"
    assert "`hipaa`" in wrong.structured_content["hint"]


@pytest.mark.parametrize("read_only", [True, False])
async def test_looking_is_always_allowed(world: World, connect: Connect, read_only: bool) -> None:
    world.read_only, world.catalog = read_only, Catalog(("public",), TABLES[:1])
    async with connect(server={"read_only": read_only}) as client:
        assert not (await client.call_tool("suggest_rules", {"target": "shop"})).is_error
