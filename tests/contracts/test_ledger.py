"""What every ledger promises."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import anyio
import pytest

from snapharbor.engine.ledger.base import Entry, Ledger
from snapharbor.engine.ledger.chain import GENESIS, follows
from snapharbor.engine.ledger.memory import MemoryLedger
from snapharbor.engine.ledger.moment import now
from snapharbor.engine.ledger.sqlite import SqliteLedger
from snapharbor.engine.model.errors import ConfirmationInvalid
from snapharbor.engine.model.job import Failure, Job, Progress
from snapharbor.engine.model.plan import Effect, Plan
from snapharbor.engine.model.share import Share

HOSTILE = "naïve \"quoted\" 'x' \\ \n\t\x00 🎉 \udc80 --"
PLAN = Plan(
    verb="load",
    target=HOSTILE,
    summary="load a snapshot",
    arguments={"list": [1, 2.5, None, True, {"deep": [HOSTILE]}], "big": 2**63, HOSTILE: ""},
    facts={"identity": "7/shop"},
    steps=("restore", "swap"),
    effects=(Effect("overwrites", "database `shop`"), Effect("creates", HOSTILE)),
    warnings=("careful",),
)
SHARE = Share(
    "s1", "20260101-1", "shop", None, ("ann", HOSTILE), "ann", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
)
ENTRY = Entry("ann", "build", "shop", "succeeded", {"snapshot": "20260101-1", "names": [HOSTILE]})


@pytest.fixture(params=["sqlite", "memory"])
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Ledger]:
    if request.param == "memory":
        yield MemoryLedger()
        return
    async with SqliteLedger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


def queued(job_id: str, principal: str = "ann") -> Job:
    return Job(job_id, PLAN, principal, "queued", now(), now(), Progress("starting"))


async def refusal(ledger: Ledger, confirmation: str, principal: str) -> str:
    with pytest.raises(ConfirmationInvalid) as caught:
        await ledger.take_plan(confirmation, principal)
    return caught.value.message


async def test_a_confirmation_gives_back_exactly_the_plan_once(ledger: Ledger) -> None:
    confirmation = await ledger.add_plan(PLAN, "ann", 60)
    taken = await ledger.take_plan(confirmation, "ann")
    assert taken == PLAN
    await refusal(ledger, confirmation, "ann")


async def test_a_plan_keeps_its_id_whatever_kinds_of_containers_it_was_made_of(ledger: Ledger) -> None:
    plan = replace(
        PLAN, arguments=MappingProxyType({"tags": ("a", "b"), "deep": MappingProxyType({"x": ()})})
    )
    assert (await ledger.take_plan(await ledger.add_plan(plan, "ann", 60), "ann")).id == plan.id


async def test_unknown_expired_used_and_foreign_confirmations_are_answered_alike(ledger: Ledger) -> None:
    expired = await ledger.add_plan(PLAN, "ann", 0)
    good = await ledger.add_plan(PLAN, "ann", 60)
    answers = {
        await refusal(ledger, "nonsense", "ann"),
        await refusal(ledger, expired, "ann"),
        await refusal(ledger, good, "bob"),
    }
    assert await ledger.take_plan(good, "ann") == PLAN
    assert {await refusal(ledger, good, "ann")} == answers


async def test_confirmations_are_long_and_never_the_same(ledger: Ledger) -> None:
    made = {await ledger.add_plan(PLAN, "ann", 60) for _ in range(20)}
    assert len(made) == 20
    assert all(len(confirmation) * 6 >= 128 for confirmation in made)


async def test_of_many_who_take_one_confirmation_at_once_one_wins(ledger: Ledger) -> None:
    confirmation = await ledger.add_plan(PLAN, "ann", 60)
    won: list[Plan] = []

    async def take() -> None:
        try:
            won.append(await ledger.take_plan(confirmation, "ann"))
        except ConfirmationInvalid:
            return

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(take)
    assert won == [PLAN]


async def test_a_job_comes_back_as_it_was_saved_and_as_it_ended(ledger: Ledger) -> None:
    job = queued("j1")
    assert await ledger.add_job(job) is None
    assert await ledger.job("j1") == job
    ended = replace(
        job,
        state="failed",
        heartbeat_at=now(),
        finished_at=now(),
        progress=Progress("reading", 5, 10, "bytes", HOSTILE),
        result={"snapshot": None, "rows": 3},
        failure=Failure("timed-out", HOSTILE, "Wait.", 47, True, {"seconds": 1.5, "list": [HOSTILE]}),
    )
    assert await ledger.finish_job(ended)
    assert await ledger.job("j1") == ended
    assert await ledger.job("j2") is None


async def test_the_first_end_of_a_job_counts(ledger: Ledger) -> None:
    await ledger.add_job(queued("j1"))
    first = replace(queued("j1"), state="succeeded", finished_at=now())
    assert await ledger.finish_job(first)
    assert not await ledger.finish_job(replace(first, state="failed"))
    found = await ledger.job("j1")
    assert found is not None
    assert found.state == "succeeded"


async def test_a_lock_is_held_by_an_unfinished_job_alone(ledger: Ledger) -> None:
    assert await ledger.add_job(queued("j1"), "snapshots of shop") is None
    holder = await ledger.add_job(queued("j2"), "snapshots of shop")
    assert holder is not None
    assert holder.id == "j1"
    assert await ledger.job("j2") is None
    assert await ledger.add_job(queued("j3"), "snapshots of other") is None
    await ledger.finish_job(replace(queued("j1"), state="cancelled", finished_at=now()))
    assert await ledger.add_job(queued("j2"), "snapshots of shop") is None


async def test_a_queued_job_is_claimed_by_one_worker(ledger: Ledger) -> None:
    await ledger.add_job(queued("j1"))
    claims = [await ledger.claim_job("j1", worker) for worker in ("w1", "w2")]
    assert claims[0] is not None
    assert (claims[0].state, claims[0].worker) == ("running", "w1")
    assert claims[1] is None
    assert await ledger.claim_job("unknown", "w1") is None


async def test_a_beat_says_whether_to_go_on(ledger: Ledger) -> None:
    job = queued("j1")
    await ledger.add_job(job)
    assert await ledger.beat("j1", Progress("reading", 1, 2))
    seen = await ledger.job("j1")
    assert seen is not None
    assert seen.progress == Progress("reading", 1, 2)
    assert seen.heartbeat_at > job.heartbeat_at
    await ledger.request_cancel("j1")
    assert not await ledger.beat("j1", Progress("reading", 2, 2))
    await ledger.finish_job(replace(job, state="cancelled", finished_at=now()))
    assert not await ledger.beat("j1", Progress("reading", 2, 2))
    assert not await ledger.beat("unknown", Progress("reading"))


async def test_asking_to_cancel_again_keeps_the_first_moment_and_no_end_forgets_it(ledger: Ledger) -> None:
    job = queued("j1")
    await ledger.add_job(job)
    await ledger.request_cancel("j1")
    asked = await ledger.job("j1")
    await ledger.request_cancel("j1")
    again = await ledger.job("j1")
    assert asked == again
    assert again is not None
    assert again.cancel_requested
    await ledger.finish_job(replace(job, state="cancelled", finished_at=now()))
    ended = await ledger.job("j1")
    assert ended is not None
    assert ended.cancel_requested_at == again.cancel_requested_at


async def test_jobs_are_listed_newest_first_by_principal_and_by_end(ledger: Ledger) -> None:
    for number, who in enumerate(("ann", "bob", "ann", "ann")):
        await ledger.add_job(queued(f"j{number}", who))
    await ledger.finish_job(replace(queued("j2"), state="succeeded", finished_at=now()))

    assert [job.id for job in await ledger.jobs()] == ["j3", "j2", "j1", "j0"]
    assert [job.id for job in await ledger.jobs(limit=2)] == ["j3", "j2"]
    assert [job.id for job in await ledger.jobs(principal="ann")] == ["j3", "j2", "j0"]
    assert [job.id for job in await ledger.jobs(unfinished=True)] == ["j3", "j1", "j0"]


async def test_shares_are_replaced_in_place_and_listed_newest_first(ledger: Ledger) -> None:
    second = replace(SHARE, id="s2", created_by="bob")
    await ledger.save_share(SHARE)
    await ledger.save_share(second)
    revoked = replace(SHARE, revoked_at="2026-01-01T12:00:00Z")
    await ledger.save_share(revoked)
    assert list(await ledger.shares()) == [second, revoked]
    assert list(await ledger.shares(principal="ann")) == [revoked]


async def test_leases_stand_until_they_are_released(ledger: Ledger) -> None:
    first = await ledger.add_lease("database", "owner-1", {"url": "postgres://h:1/x", "name": HOSTILE})
    second = await ledger.add_lease("database", "owner-2", {})
    assert list(await ledger.leases()) == [first, second]
    await ledger.release(first.id)
    await ledger.release("unknown")
    assert list(await ledger.leases()) == [second]


async def test_every_record_is_linked_to_the_one_before(ledger: Ledger) -> None:
    written = [await ledger.append(replace(ENTRY, subject=str(number))) for number in range(5)]
    read = list(await ledger.records())
    assert read == written
    previous = GENESIS
    for number, link in enumerate(read, 1):
        assert follows(link, number, previous)
        previous = link.digest
    assert list(await ledger.records(after=2, limit=2)) == written[2:4]


async def test_records_appended_at_once_make_one_chain(ledger: Ledger) -> None:
    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(ledger.append, ENTRY)
    read = await ledger.records()
    assert [link.number for link in read] == list(range(1, 11))
    assert all(follows(later, later.number, earlier.digest) for earlier, later in pairwise(read))
