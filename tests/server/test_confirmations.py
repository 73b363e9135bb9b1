"""What overwrites or exposes is shown first, and runs once, for who asked, and exactly as it was shown."""

from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult, InputRequiredResult, InputResponses
from support.harbor import World
from support.server import Connect, Mode

from snapharbor.engine.model.plan import Plan
from snapharbor.engine.operations.requests import LoadRequest

OUTWARD = [
    ("load_snapshot", {"snapshot": "shop"}),
    ("share_snapshot", {"snapshot": "shop", "recipients": ["ana"]}),
    ("revoke_share", {"share": "s1"}),
]


class Person:
    """Answers what it is asked, and remembers it."""

    def __init__(self, action: str, content: dict[str, Any] | None = None) -> None:
        self.asked: list[str] = []
        self._answer = ElicitResult.model_validate({"action": action, "content": content})

    async def __call__(self, _context: object, params: ElicitRequestParams) -> ElicitResult:
        self.asked.append(params.message)
        return self._answer


async def answered(client: Client, asked: InputRequiredResult, answer: InputResponses) -> CallToolResult:
    result = await client.session.call_tool(
        "load_snapshot",
        {"snapshot": "shop"},
        input_responses=answer,
        request_state=asked.request_state,
    )
    assert isinstance(result, CallToolResult)
    return result


@pytest.mark.parametrize(("tool", "arguments"), OUTWARD)
async def test_the_first_call_answers_a_plan_and_touches_nothing(
    tool: str, arguments: dict[str, Any], world: World, connect: Connect, mode: Mode
) -> None:
    async with connect(mode=mode) as client:
        result = await client.call_tool(tool, arguments)
    assert not result.is_error
    assert result.structured_content["state"] == "needs-confirmation"
    assert len(result.structured_content["confirmation"]) >= 22
    assert world.started == []


@pytest.mark.parametrize(("tool", "arguments"), OUTWARD)
async def test_the_confirmation_runs_exactly_that_plan_once(
    tool: str, arguments: dict[str, Any], world: World, connect: Connect, mode: Mode
) -> None:
    async with connect(mode=mode) as client:
        first = await client.call_tool(tool, arguments)
        confirmed = {**arguments, "confirmation": first.structured_content["confirmation"]}
        second = await client.call_tool(tool, confirmed)
        third = await client.call_tool(tool, confirmed)
    assert second.structured_content["state"] == "succeeded"
    assert third.structured_content["code"] == "confirmation-invalid"
    assert [plan.needs_confirmation for plan in world.started] == [True]


async def test_a_confirmation_of_one_verb_does_not_open_another(world: World, connect: Connect) -> None:
    async with connect() as client:
        first = await client.call_tool("load_snapshot", {"snapshot": "shop"})
        confirmation = first.structured_content["confirmation"]
        other = await client.call_tool("revoke_share", {"share": "s1", "confirmation": confirmation})
    assert other.structured_content["code"] == "confirmation-invalid"
    assert world.started == []


async def test_what_overwrites_nothing_needs_no_confirmation(world: World, connect: Connect) -> None:
    world.effects[LoadRequest] = ()
    async with connect() as client:
        result = await client.call_tool("load_snapshot", {"snapshot": "shop"})
    assert result.structured_content["state"] == "succeeded"


async def test_a_client_that_can_ask_its_person_does(world: World, connect: Connect, mode: Mode) -> None:
    person = Person("accept", {"approve": True})
    async with connect(mode=mode, elicitation_callback=person) as client:
        result = await client.call_tool("load_snapshot", {"snapshot": "shop"})
    assert result.structured_content["state"] == "succeeded"
    assert len(person.asked) == 1
    assert "overwrites: database `shop_dev`" in person.asked[0]
    assert len(world.started) == 1


@pytest.mark.parametrize(
    "person",
    [Person("decline"), Person("cancel"), Person("accept", {"approve": False})],
    ids=["declined", "cancelled", "no"],
)
async def test_a_no_is_an_error_that_names_the_way_on(
    person: Person, world: World, connect: Connect, mode: Mode
) -> None:
    async with connect(mode=mode, elicitation_callback=person) as client:
        result = await client.call_tool("load_snapshot", {"snapshot": "shop"})
    assert result.is_error
    assert result.structured_content["code"] == "confirmation-required"
    assert "--confirm token" in result.structured_content["hint"]
    assert world.started == []
    assert [(one.what, one.outcome) for one in await world.ledger.records()] == [("load", "declined")]


async def test_an_answer_that_was_no_cannot_be_turned_into_a_yes(world: World, connect: Connect) -> None:
    async with connect(elicitation_callback=Person("decline")) as client:
        asked = await client.session.call_tool(
            "load_snapshot", {"snapshot": "shop"}, allow_input_required=True
        )
        assert isinstance(asked, InputRequiredResult)
        no: InputResponses = {"approve": ElicitResult(action="decline")}
        yes: InputResponses = {"approve": ElicitResult(action="accept", content={"approve": True})}
        ended = [await answered(client, asked, answer) for answer in (no, yes)]
    assert [result.structured_content["code"] for result in ended] == [
        "confirmation-required",
        "confirmation-invalid",
    ]
    assert world.started == []


async def test_a_server_may_be_told_not_to_ask(world: World, connect: Connect, mode: Mode) -> None:
    person = Person("decline")
    async with connect({"asks_people": False}, mode=mode, elicitation_callback=person) as client:
        result = await client.call_tool("load_snapshot", {"snapshot": "shop"})
    assert result.structured_content["state"] == "needs-confirmation"
    assert person.asked == []


async def test_an_accepted_answer_cannot_be_played_again(world: World, connect: Connect) -> None:
    async with connect(elicitation_callback=Person("decline")) as client:
        asked = await client.session.call_tool(
            "load_snapshot", {"snapshot": "shop"}, allow_input_required=True
        )
        assert isinstance(asked, InputRequiredResult)
        answer: InputResponses = {"approve": ElicitResult(action="accept", content={"approve": True})}
        again = [await answered(client, asked, answer) for _ in range(2)]
    assert [result.is_error for result in again] == [False, True]
    assert again[1].structured_content["code"] == "confirmation-invalid"
    assert len(world.started) == 1


async def test_an_answer_without_our_state_is_no_confirmation(world: World, connect: Connect) -> None:
    async with connect() as client:
        result = await client.session.call_tool(
            "load_snapshot",
            {"snapshot": "shop"},
            input_responses={"approve": ElicitResult(action="accept", content={"approve": True})},
        )
    assert result.structured_content["state"] == "needs-confirmation"
    assert world.started == []


async def test_read_only_refuses_in_the_engine_what_it_does_not_offer(world: World, connect: Connect) -> None:
    world.read_only = True
    async with connect() as client:  # a server that offers the tools all the same
        first = await client.call_tool("load_snapshot", {"snapshot": "shop"})
        confirmed = {"snapshot": "shop", "confirmation": first.structured_content["confirmation"]}
        result = await client.call_tool("load_snapshot", confirmed)
    assert result.structured_content["code"] == "read-only"
    assert world.started == []


async def test_the_question_never_asks_for_more_than_yes_or_no(connect: Connect, mode: Mode) -> None:
    forms: list[dict[str, Any]] = []

    async def look(_context: object, params: Any) -> ElicitResult:
        forms.append(params.requested_schema)
        return ElicitResult(action="decline")

    async with connect(mode=mode, elicitation_callback=look) as client:
        await client.call_tool("load_snapshot", {"snapshot": "shop"})
    assert {name: field["type"] for name, field in forms[0]["properties"].items()} == {"approve": "boolean"}


def test_a_plan_without_effects_needs_nobody() -> None:
    assert not Plan("build", "shop", "", {}).needs_confirmation
