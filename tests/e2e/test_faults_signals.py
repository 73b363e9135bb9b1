"""A build, a sanitize and a load that are ended at every stage, politely and not."""

import signal
from collections.abc import Mapping

import pytest
from support.faults import RAW, Site
from support.postgres import execute, query
from support.shop import databases

from snapharbor.engine.harbor import Harbor
from snapharbor.engine.model.errors import Cancelled
from snapharbor.engine.operations.audit import verify_audit
from snapharbor.engine.operations.requests import BuildRequest, LoadRequest, Request, SanitizeRequest

pytestmark = pytest.mark.server

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "build": ("build", "little"),
    "sanitize": ("sanitize", "little"),
    "sanitize while reading": ("sanitize", "little", "--new"),
    "load": ("load", "little", "--yes"),
}
REQUESTS: Mapping[str, Request] = {
    "build": BuildRequest("little"),
    "sanitize": SanitizeRequest("little"),
    "sanitize while reading": SanitizeRequest("little", new=True),
    "load": LoadRequest("little"),
}
STAGES = {
    "build": ("connecting", "reading", "publishing"),
    "sanitize": (
        "restoring a private copy",
        "loading",
        "applying rules",
        "connecting",
        "reading",
        "publishing",
    ),
    "sanitize while reading": ("connecting", "reading", "publishing"),
    "load": ("loading", "counting", "keeping a template", "swapping", "copying the template"),
}
SESSIONS = "SELECT query FROM pg_stat_activity WHERE datname = '{}' AND usesysid IS NOT NULL"
EVERY = [(verb, stage) for verb, stages in STAGES.items() for stage in stages]


async def ends(harbor: Harbor) -> list[tuple[str, str]]:
    """Return how the last two jobs ended, the oldest first."""
    newest, second = await harbor.jobs(2)
    return [(job.plan.verb, job.state) for job in (second, newest)]


async def nothing_is_left(site: Site, harbor: Harbor) -> None:
    """Assert that nothing of any run is left, and that everything was written down."""
    assert site.gone() == []
    assert site.scratch() == []
    assert await harbor.services.ledger.leases() == []
    assert await harbor.services.ledger.jobs(unfinished=True) == []
    await verify_audit(harbor.services)
    assert query(site.server.url, SESSIONS.format(site.owner.database)) == []


@pytest.mark.parametrize(("verb", "stage"), EVERY)
async def test_a_run_ended_at_any_stage_leaves_nothing_and_the_next_one_is_clean(
    stocked: Site, verb: str, stage: str
) -> None:
    site = stocked
    if stage == "copying the template":
        await site.do(LoadRequest("little"))
    else:
        execute(site.server.url, "CREATE DATABASE copy")
    execute(site.destination, "CREATE TABLE precious AS SELECT 1 AS id")
    there = databases(site.server)
    async with site.harbor() as harbor:
        before = [found.id for found in await harbor.snapshots()]

        polite = site.run(*COMMANDS[verb], at=(stage, signal.SIGTERM))
        assert (polite.code, polite.last()["error"]["code"]) == (Cancelled.exit_code, Cancelled.code)
        await nothing_is_left(site, harbor)
        assert site.run(*COMMANDS[verb], at=(stage, signal.SIGKILL)).code == -signal.SIGKILL
        assert site.gone() == []
        assert query(site.destination, "SELECT id FROM precious") == [(1,)]
        assert [found.id for found in await harbor.snapshots()] == before

        done = await site.do(REQUESTS[verb])
        await nothing_is_left(site, harbor)
        made = set(before) ^ {found.id for found in await harbor.snapshots()}
        assert made == ({str(done["snapshot"])} if verb != "load" else set())
        states = [job.state for job in await harbor.jobs(3)]
    assert states == ["succeeded", "interrupted", "cancelled"]
    if verb == "load":
        assert query(site.destination, RAW) == [(0,)]
        there |= {name for name in databases(site.server) if name.startswith("snapharbor_t_")}
    assert databases(site.server) == there
