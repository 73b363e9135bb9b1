"""What goes wrong reaches the agent as code, message, hint and details, and nothing else does."""

import logging

import pytest
from support.harbor import CANARY, World
from support.server import Connect, text_of
from support.surface import ERRORS

from snapharbor.engine.model.errors import (
    ConfigMissing,
    DatabaseUnreachable,
    EngineError,
    RuleFailed,
    every_error,
)
from snapharbor.engine.model.json import JsonObject
from snapharbor.engine.model.plan import Plan
from snapharbor.resources.errors import page
from snapharbor.server.access import HarborFactory
from snapharbor.server.app import build_server


async def test_an_engine_error_carries_code_hint_retryable_and_details(
    world: World, connect: Connect
) -> None:
    world.source_error = DatabaseUnreachable("nobody answers at `db.example:5432`", "Start it.", port=5432)
    async with connect() as client:
        result = await client.call_tool("describe_target", {"target": "shop", "structure": True})
    assert result.is_error
    assert result.structured_content == {
        "code": "database-unreachable",
        "message": "nobody answers at `db.example:5432`",
        "hint": "Start it.",
        "retryable": True,
        "details": {"port": 5432},
    }
    assert "Start it." in text_of(result)
    assert "nobody answers" in text_of(result)


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.code)
async def test_every_code_reaches_the_agent(kind: type[EngineError], world: World, connect: Connect) -> None:
    world.source_error = kind("something about `x`")
    async with connect() as client:
        result = await client.call_tool("build_snapshot", {"target": "shop"})
    assert result.is_error
    found = result.structured_content
    assert (found["code"], found["hint"], found["retryable"]) == (
        kind.code,
        kind.default_hint,
        kind.retryable,
    )
    assert "something about `x`" in found["message"]


async def test_an_unknown_name_is_answered_with_the_closest(connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool("describe_target", {"target": "shpo"})
    assert result.structured_content["code"] == "target-unknown"
    assert "`shop`" in result.structured_content["hint"]


async def test_an_unforeseen_error_keeps_its_words_in_the_house(
    world: World, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    world.source_error = ValueError(f"password={CANARY}")  # type: ignore[assignment]
    async with connect() as client:
        result = await client.call_tool("build_snapshot", {"target": "shop"})
    assert result.structured_content["code"] == "internal"
    assert "ValueError" in caplog.text
    assert CANARY not in caplog.text + result.model_dump_json()


@pytest.mark.parametrize(
    ("tool", "arguments", "named"),
    [
        ("list_targets", {"bogus": CANARY}, "`bogus`"),
        ("build_snapshot", {}, "`target`"),
        ("get_job", {"job_id": "j", "wait_seconds": CANARY}, "`wait_seconds`"),
        ("get_job", {"job_id": "j", "wait_seconds": 46}, "`wait_seconds`"),
        ("list_targets", {"cursor": CANARY}, "`cursor`"),
        ("drop_everything", {}, "`drop_everything`"),
    ],
)
async def test_a_wrong_argument_is_named_and_its_value_never_repeated(
    tool: str, arguments: JsonObject, named: str, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    async with connect() as client:
        result = await client.call_tool(tool, dict(arguments))
    assert result.is_error
    assert result.structured_content["code"] == "argument-invalid"
    assert named in result.structured_content["message"]
    everything = result.model_dump_json() + caplog.text
    assert CANARY not in everything
    assert "pydantic" not in everything


async def test_a_misspelt_argument_is_answered_with_the_right_one(connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool("load_snapshot", {"snapshot": "shop", "confirmaton": "x"})
    assert "`confirmation`" in result.structured_content["hint"]


async def test_a_broken_configuration_is_an_answer_and_its_correction_needs_no_restart(world: World) -> None:
    from mcp import Client

    broken = [True]

    def factory() -> object:
        if broken:
            raise ConfigMissing("there is no configuration")
        return world.open()

    opening: HarborFactory = factory  # type: ignore[assignment]
    async with Client(build_server(opening)) as client:
        assert (await client.call_tool("list_targets", {})).structured_content["code"] == "config-missing"
        broken.clear()
        assert not (await client.call_tool("list_targets", {})).is_error


async def test_a_failed_job_tells_why(world: World, connect: Connect) -> None:
    async def fails(_services: object, _plan: Plan, _report: object) -> JsonObject:
        raise RuleFailed('duplicate key in "users"', statement=3)

    world.perform = fails
    async with connect() as client:
        result = await client.call_tool("sanitize_snapshot", {"target": "shop"})
    assert not result.is_error
    assert result.structured_content["state"] == "failed"
    failure = result.structured_content["failure"]
    assert failure["code"] == "rule-failed"
    assert 'duplicate key in "users"' in failure["message"]


@pytest.mark.filterwarnings("ignore")
async def test_an_answer_that_is_too_large_never_leaves(
    world: World, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    async def shouts(_services: object, _plan: Plan, _report: object) -> JsonObject:
        return {str(number): "x" * 500 for number in range(200)}

    world.perform = shouts
    async with connect() as client:
        result = await client.call_tool("build_snapshot", {"target": "shop"})
    assert len(result.model_dump_json(by_alias=True, exclude_none=True).encode()) <= 8192


def test_the_page_of_errors_names_every_code_and_is_up_to_date() -> None:
    written = ERRORS.read_text()
    assert page() == written, "run `make docs`"
    for kind in every_error():
        assert f"`{kind.code}`" in written
        assert kind.default_hint, kind.code


def test_the_servers_own_log_says_nothing_below_warning() -> None:
    assert logging.getLogger("snapharbor.server").isEnabledFor(logging.WARNING)
