"""Whatever works is ended at every stage, politely and not."""

import os
import signal
from collections.abc import Mapping

import pytest
from support.faults import RAW, Site, nothing_is_left
from support.postgres import execute, query
from support.repository import somebody
from support.shop import databases

from snapharbor.engine.keypair import recipient_of
from snapharbor.engine.model.errors import Cancelled
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
STORED = {"share": "sealing", "pull": "copy", "export": "export", "prune": "prune", "verify": "verify"}
EVERY = [(verb, stage) for verb, stages in STAGES.items() for stage in stages]


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


def shelve(site: Site) -> None:
    """Move the snapshots into another storage."""
    site.configure(more="storage_profiles: {disk: {provider: local, path: disk}}")
    (site.directory / "snapshots").rename(site.root / "disk")


def litter(site: Site) -> None:
    """Leave old chunks that no snapshot needs."""
    chunks = site.directory / "snapshots" / "chunks"
    for number in range(300):
        chunk = chunks / f"{number % 256:02x}" / f"{number % 256:02x}{number:062x}"
        chunk.parent.mkdir(exist_ok=True)
        chunk.write_bytes(b"nobody needs it")
        os.utime(chunk, (1, 1))


@pytest.mark.parametrize(("verb", "stage"), STORED.items())
async def test_what_works_on_stored_snapshots_is_ended_at_any_time_and_runs_again(
    stocked: Site, verb: str, stage: str
) -> None:
    site, exports = stocked, stocked.root / "exports"
    arguments = {
        "share": ("share", "little", "--to", recipient_of(somebody().identity), "--yes"),
        "pull": ("pull", "little"),
        "export": ("export", "little", str(exports / "little")),
        "prune": ("prune", "--keep-last", "1", "--yes"),
        "verify": ("verify", "little"),
    }[verb]
    if verb == "pull":
        shelve(site)
    async with site.harbor() as harbor:
        before = [found.id for found in await harbor.snapshots()]
        for number, code in ((signal.SIGTERM, Cancelled.exit_code), (signal.SIGKILL, -signal.SIGKILL)):
            if verb == "prune":
                litter(site)
            assert site.run(*arguments, at=(stage, number)).code == code
            assert site.gone() == []
            assert await harbor.shares() == []
        assert site.run(*arguments).code == 0
        await nothing_is_left(site, harbor)
        assert [found.id for found in await harbor.snapshots()] == before
        assert len(await harbor.shares()) == (verb == "share")
    assert [path.name for path in exports.glob("*")] == (["little"] if verb == "export" else [])
    # Nobody waits for one that was killed.
    assert site.run("build", "little").code == 0
    assert site.run("verify", before[-1]).code == 0
