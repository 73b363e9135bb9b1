"""Documents by URI, guided work, and completions of names."""

import json
import re
from dataclasses import replace

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import PromptReference, ResourceTemplateReference
from support.harbor import SHOP, World, add_snapshot, manifest
from support.server import Connect, Mode, text_of

from snapharbor.engine.masks.templates import template
from snapharbor.engine.model.catalog import Catalog, Column, Table, TableName
from snapharbor.engine.model.errors import DatabaseUnreachable
from snapharbor.engine.model.share import Recipient
from snapharbor.engine.model.target import Rules
from snapharbor.engine.report.suggested import template_row
from snapharbor.resources.errors import page

PROMPTS = ("prepare_copy", "write_rules", "review_rules", "prove_clean", "share_with_team", "diagnose_target")


async def test_every_resource_is_listed(connect: Connect, mode: Mode) -> None:
    async with connect(mode=mode) as client:
        fixed = {str(resource.uri) for resource in (await client.list_resources()).resources}
        templates = (await client.list_resource_templates()).resource_templates
    assert fixed == {
        f"snapharbor://{name}" for name in ("targets", "templates", "shares", "config", "errors")
    }
    assert {template.uri_template for template in templates} == {
        "snapharbor://targets/{name}",
        "snapharbor://targets/{name}/schema",
        "snapharbor://targets/{name}/rules",
        "snapharbor://targets/{name}/suggestion",
        "snapharbor://targets/{name}/plan",
        "snapharbor://targets/{name}/leaks",
        "snapharbor://templates/{name}",
        "snapharbor://snapshots/{id}/manifest",
        "snapharbor://jobs/{id}",
    }


async def test_resources_say_what_they_are_about(world: World, connect: Connect) -> None:
    world.catalog = Catalog(
        ("public",), (Table(TableName("public", "t"), "table", (Column("c", "int4", True),)),)
    )
    async with world.open() as harbor:
        await add_snapshot(harbor, manifest())
    async with connect() as client:
        job = (await client.call_tool("build_snapshot", {"target": "shop"})).structured_content["job_id"]
        await client.call_tool("sanitize_snapshot", {"target": "shop"})

        async def read(uri: str) -> str:
            return text_of(await client.read_resource(f"snapharbor://{uri}"))

        assert json.loads(await read("targets"))[0]["target"] == "shop"
        assert json.loads(await read("targets/shop"))["source"] == "postgres://db.example:5432/shop"
        assert "  c int4" in await read("targets/shop/schema")
        assert "UPDATE customers" in await read("targets/shop/rules")
        assert "succeeded as job" in await read("targets/shop/plan")
        assert json.loads(await read("templates"))[0] == template_row(template("pii"))
        assert "WHAT IT DOES NOT DO" in await read("templates/hipaa")
        assert json.loads(await read(f"snapshots/{manifest().id}/manifest"))["kind"] == "sanitized"
        assert json.loads(await read(f"jobs/{job}"))["state"] == "succeeded"
        assert await read("config") == "targets.shop.snapshot.src_url = ********  # snapharbor.yml:3"
        assert await read("errors") == page()


async def test_the_structure_says_what_each_column_looks_like_and_the_suggestion_what_to_do(
    world: World, connect: Connect
) -> None:
    columns = (Column("email", "text", True), Column("label", "text", True), Column("phone", "text", True))
    world.catalog = Catalog(("public",), (Table(TableName("public", "customers"), "table", columns),))
    async with connect() as client:
        schema = text_of(await client.read_resource("snapharbor://targets/shop/schema"))
        sql = text_of(await client.read_resource("snapharbor://targets/shop/suggestion"))
    assert "  email text [email 0.85: masked]" in schema
    assert "  label text\n" in schema
    assert "  phone text [phone 0.85: undecided]" in schema
    assert "phone = snapharbor.phone(phone)" in sql
    assert "email" not in sql


async def test_the_structure_can_be_read_although_the_rules_cannot(world: World, connect: Connect) -> None:
    world.targets = (replace(SHOP, rules=Rules(override_query="UPDATE customers SETT email = 'x'")),)
    columns = (Column("email", "text", True),)
    world.catalog = Catalog(("public",), (Table(TableName("public", "customers"), "table", columns),))
    async with connect() as client:
        schema = text_of(await client.read_resource("snapharbor://targets/shop/schema"))
        with pytest.raises(MCPError) as refused:
            await client.read_resource("snapharbor://targets/shop/suggestion")
    assert "  email text [email 0.85: undecided]" in schema
    assert refused.value.error.data["code"] == "rule-syntax"


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("targets/shpo", "target-unknown"),
        ("targets/shpo/rules", "target-unknown"),
        ("targets/shpo/suggestion", "target-unknown"),
        ("targets/shpo/plan", "target-unknown"),
        ("targets/shpo/leaks", "target-unknown"),
        ("targets/shop/plan", "job-unknown"),
        ("targets/shop/leaks", "snapshot-unknown"),
        ("templates/hippa", "argument-invalid"),
        ("snapshots/20260101-000000-00000000/manifest", "snapshot-unknown"),
        ("jobs/unknown", "job-unknown"),
    ],
)
async def test_an_unknown_name_is_a_protocol_error_with_code_and_hint(
    uri: str, code: str, connect: Connect, mode: Mode
) -> None:
    async with connect(mode=mode) as client:
        with pytest.raises(MCPError) as refused:
            await client.read_resource(f"snapharbor://{uri}")
    assert refused.value.error.code == -32602
    assert refused.value.error.data["code"] == code
    assert refused.value.error.data["hint"]


@pytest.mark.parametrize("name", ["..%2F..%2Fetc", "%2Fetc%2Fpasswd", "a%00b"])
async def test_a_path_is_no_name(name: str, connect: Connect) -> None:
    async with connect() as client:
        with pytest.raises(MCPError):
            await client.read_resource(f"snapharbor://targets/{name}")


async def test_a_source_that_does_not_answer_is_told(world: World, connect: Connect) -> None:
    world.source_error = DatabaseUnreachable("nobody answers")
    async with connect() as client:
        with pytest.raises(MCPError) as refused:
            await client.read_resource("snapharbor://targets/shop/schema")
    assert refused.value.error.data["code"] == "database-unreachable"


@pytest.mark.parametrize("name", PROMPTS)
async def test_a_prompt_names_its_target_and_only_tools_that_exist(name: str, connect: Connect) -> None:
    async with connect() as client:
        text = text_of(await client.get_prompt(name, {"target": "shop"}))
        tools = {tool.name for tool in (await client.list_tools()).tools}
    assert '"shop"' in text
    assert "$" not in text
    named = set(re.findall(r"\b[a-z]+_(?:snapshots?|targets?|job|share|setup|rules|sanitization)\b", text))
    assert named <= tools | set(PROMPTS)


async def test_every_prompt_is_listed_with_a_title(connect: Connect, mode: Mode) -> None:
    async with connect(mode=mode) as client:
        prompts = (await client.list_prompts()).prompts
    assert {prompt.name for prompt in prompts} == set(PROMPTS)
    assert all(prompt.title and prompt.description for prompt in prompts)


async def test_names_are_completed(world: World, connect: Connect, mode: Mode) -> None:
    people = (Recipient("ben", "age1", ("dev",)), Recipient("eve", "age1", ("dev",)))
    world.settings = replace(world.settings, recipients=people)
    async with world.open() as harbor:
        await add_snapshot(harbor, manifest())
    target = ResourceTemplateReference(uri="snapharbor://targets/{name}")
    snapshot = ResourceTemplateReference(uri="snapharbor://snapshots/{id}/manifest")
    templates = ResourceTemplateReference(uri="snapharbor://templates/{name}")
    jobs = ResourceTemplateReference(uri="snapharbor://jobs/{id}")
    async with connect(mode=mode) as client:
        job = (await client.call_tool("build_snapshot", {"target": "shop"})).structured_content["job_id"]

        async def complete(
            ref: PromptReference | ResourceTemplateReference, name: str, start: str
        ) -> list[str]:
            return (await client.complete(ref, {"name": name, "value": start})).completion.values

        assert await complete(target, "name", "sh") == ["shop"]
        assert await complete(target, "name", "x") == []
        assert await complete(snapshot, "id", "2026") == [manifest().id]
        assert await complete(templates, "name", "h") == ["hipaa"]
        assert await complete(PromptReference(name="write_rules"), "template", "p") == ["pii", "pci"]
        assert await complete(jobs, "id", "") == [job]
        assert await complete(PromptReference(name="prepare_copy"), "target", "") == ["shop"]
        assert await complete(PromptReference(name="share_with_team"), "recipients", "") == [
            "ben",
            "eve",
            "dev",
        ]
        assert await complete(PromptReference(name="share_with_team"), "recipients", "d") == ["dev"]
