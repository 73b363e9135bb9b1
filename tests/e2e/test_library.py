"""The library: every verb as one typed call, with the keys that its result promises."""

import json
from typing import TypeVar, cast, get_args, get_origin

import pytest
from anyio import to_thread
from demo.shop import count
from support.repository import somebody
from support.shop import Shop, recipient

from snapharbor import (
    BuildRequest,
    ExportRequest,
    LoadRequest,
    PruneRequest,
    PullRequest,
    RevokeRequest,
    RotateRequest,
    SanitizeRequest,
    ShareRequest,
    VerifyRequest,
)
from snapharbor.engine.harbor import Harbor
from snapharbor.engine.operations.check import exit_code
from snapharbor.engine.operations.requests import Asks

pytestmark = pytest.mark.server
Result = TypeVar("Result")


async def do(harbor: Harbor, request: Asks[Result]) -> Result:
    """Do it and compare the keys of the result with the promised ones."""
    done = await harbor.do(request, confirmed=True)
    (base,) = [one for one in getattr(type(request), "__orig_bases__", ()) if get_origin(one) is Asks]
    (promised,) = get_args(base)
    keys = set(cast("dict[str, object]", done))
    assert promised.__required_keys__ <= keys <= promised.__required_keys__ | promised.__optional_keys__
    return done


async def test_every_verb_answers_what_its_request_promises(shop: Shop) -> None:
    ben = recipient(somebody())
    async with shop.harbor(settings=shop.settings(recipients=(ben,))) as harbor:
        built = await do(harbor, BuildRequest("shop"))
        assert built["rows"] == await to_thread.run_sync(count, shop.owner)
        made = await do(harbor, SanitizeRequest("shop"))
        assert (built["kind"], made["kind"], made["parent"]) == ("original", "sanitized", built["snapshot"])
        loaded = await do(harbor, LoadRequest(made["snapshot"]))
        assert loaded["rows"] == made["rows"]
        assert (await do(harbor, VerifyRequest(made["snapshot"])))["sent_by"] is None
        exported = await do(harbor, ExportRequest(made["snapshot"], shop.directory / "archive"))
        assert exported["snapshot"] == made["snapshot"]
        shared = await do(harbor, ShareRequest(made["snapshot"], ("ben",)))
        assert (await do(harbor, RevokeRequest(shared["share"])))["share"] == shared["share"]
        assert (await do(harbor, PullRequest(made["snapshot"])))["snapshot"] == made["snapshot"]
        rotated = await do(harbor, RotateRequest(add=("ben",)))
        assert rotated["added"] == [ben.public_key]
        assert (await do(harbor, PruneRequest(keep_last=1)))["removed"] == []


async def test_the_set_up_and_the_audit_record_are_checked_from_a_program(shop: Shop) -> None:
    async with shop.harbor() as harbor:
        assert exit_code(await harbor.check()) == 0
        await harbor.do(BuildRequest("shop"))
        exported = [json.loads(line) async for line in harbor.export_audit()]
        assert (await harbor.verify_audit()).checked == len(exported)
        assert [one["outcome"] for one in exported] == ["started", "succeeded"]
        assert harbor.settings.target("shop").key == "shop"
