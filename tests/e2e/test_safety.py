"""Nothing is overwritten, exposed or filled that nobody agreed to, whatever happens between plan and end."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from support.faults import RAW, MakeSite, Site, at
from support.postgres import Age, Postgres, Reader, execute, query
from support.shop import databases

from snapharbor.engine.model.errors import (
    ArgumentInvalid,
    ConfirmationRequired,
    DestinationProtected,
    EngineError,
    PrivilegeMissing,
)
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.operations.check import check
from snapharbor.engine.operations.requests import LoadRequest, SanitizeRequest

pytestmark = pytest.mark.server

REVOKE = "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC"
MARK = "COMMENT ON DATABASE {} IS 'snapharbor: template of something'"


def appear(site: Site) -> None:
    """Put somebody's work under the destination's name."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(site.destination.database))
    create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(site.destination.database))
    execute(site.server.url, drop, create)
    execute(site.destination, "CREATE TABLE precious AS SELECT 1 AS id")


def alias(url: DatabaseUrl, directory: Path) -> DatabaseUrl:
    """Return the same place under another address."""
    link = directory / "another-way"
    link.symlink_to(url.host)
    return replace(url, host=str(link))


def templates(site: Site) -> set[str]:
    return {name for name in databases(site.server) if name.startswith("snapharbor_t_")}


@pytest.mark.parametrize("seen", ["nothing", "ours"])
async def test_what_appears_at_the_destination_during_a_load_is_not_touched(stocked: Site, seen: str) -> None:
    site = stocked
    if seen == "ours":
        await site.do(LoadRequest("little", keep_previous=False))
    async with site.harbor() as harbor:
        plan = await harbor.plan(LoadRequest("little", keep_previous=seen == "nothing"))
        stage = "copying the template" if seen == "ours" else "counting"
        with pytest.raises(ConfirmationRequired):
            await harbor.run(plan, confirmed=True, report=at(stage, lambda: appear(site)))
    assert query(site.destination, "SELECT id FROM precious") == [(1,)]
    assert databases(site.server) - templates(site) == {"little", "copy"}


@pytest.mark.parametrize("revoked", ["source", "destination", "both"])
async def test_a_source_is_known_whoever_may_ask_the_server_for_its_name(
    stocked: Site, make_site: MakeSite, tmp_path: Path, revoked: str
) -> None:
    """No snapshot of this source is at hand, and it is reached by another address than the destination."""
    live = make_site(database="live", person=stocked.person)
    shutil.copytree(stocked.directory, live.directory)
    if revoked != "destination":
        execute(live.owner, REVOKE)
    if revoked != "source":
        execute(live.server.url, REVOKE)
    try:
        async with live.harbor() as harbor:
            with pytest.raises(DestinationProtected):
                await harbor.plan(LoadRequest("little", destination=alias(live.owner, tmp_path)))
    finally:
        execute(live.server.url, REVOKE.replace("REVOKE", "GRANT").replace("FROM", "TO"))


async def test_a_source_that_does_not_let_us_in_is_known_by_its_address(
    stocked: Site, make_site: MakeSite, tmp_path: Path
) -> None:
    live = make_site(database="live", person=stocked.person)
    shutil.copytree(stocked.directory, live.directory)
    live.configure(source=replace(live.source, user="nobody_of_that_name"))
    async with live.harbor() as harbor:
        with pytest.raises(DestinationProtected):
            await harbor.plan(LoadRequest("little", destination=alias(live.owner, tmp_path)))
        elsewhere = await harbor.plan(LoadRequest("little", database="not_live"))
    assert not elsewhere.needs_confirmation


@pytest.mark.parametrize("asked", [True, False])
async def test_no_private_copy_is_made_beside_a_source(stocked: Site, tmp_path: Path, asked: bool) -> None:
    site = stocked
    work = alias(site.server.cluster.url("work"), tmp_path)
    if not asked:
        execute(site.owner, REVOKE)
    site.configure(work=work)
    ran = site.run("sanitize", "little", "0")
    assert (ran.code, ran.last()["error"]["code"]) == (30, "destination-protected")
    assert databases(site.server) == {"little"}


async def test_a_private_copy_is_made_on_a_work_server_of_its_own(
    stocked: Site, start_postgres: Callable[[Age], Postgres]
) -> None:
    other = start_postgres("oldest")
    stocked.configure(work=other.cluster.url("work"))
    before = databases(other)
    made = await stocked.do(SanitizeRequest("little", snapshot="little"))
    await stocked.do(LoadRequest(str(made["snapshot"])))
    assert query(stocked.destination, RAW) == [(0,)]
    assert databases(other) == before


@pytest.mark.parametrize("way", ["its own", "another address", "another target"])
async def test_the_destination_of_a_protected_target_is_never_loaded_into(
    stocked: Site, tmp_path: Path, way: str
) -> None:
    if way == "its own":
        stocked.configure(more="    protected: true")
        request = LoadRequest("little")
    else:
        # The target that owns the destination is another one, which has no snapshots.
        calm = "  calm: {protected: true, snapshot: {dst_url: secret:file:keys/destination}}"
        stocked.configure(more=calm)
        given = alias(stocked.destination, tmp_path) if way == "another address" else None
        request = LoadRequest("little", destination=given)
    async with stocked.harbor() as harbor:
        with pytest.raises(DestinationProtected):
            await harbor.plan(request)
        assert await harbor.plan(LoadRequest("little", database="not_calm"))


async def test_raw_data_is_never_loaded_unconfirmed_even_where_nothing_is(stocked: Site) -> None:
    ran = stocked.run("load", "little", "--original")
    assert (ran.code, ran.last()["error"]["code"]) == (32, "confirmation-required")
    called = stocked.run("call", "load_snapshot", "--args", '{"snapshot": "little", "original": true}')
    assert called.last()["result"]["state"] == "needs-confirmation"
    assert databases(stocked.server) == {"little"}
    assert stocked.run("load", "little", "--original", "--yes").code == 0


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("postgres", DestinationProtected),
        ("template0", DestinationProtected),
        ("template1", DestinationProtected),
        ("x" * 64, ArgumentInvalid),
        ("é" * 32, ArgumentInvalid),
    ],
)
async def test_a_name_that_no_load_can_end_at_is_refused_at_once(
    stocked: Site, name: str, error: type[EngineError]
) -> None:
    async with stocked.harbor() as harbor:
        with pytest.raises(error):
            await harbor.plan(LoadRequest("little", database=name))


async def test_a_role_that_may_make_no_database_is_told_before_anything_is_read(
    stocked: Site, reader: Reader
) -> None:
    async with stocked.harbor() as harbor:
        with pytest.raises(PrivilegeMissing):
            await harbor.plan(LoadRequest("little", destination=reader(stocked.owner).on("elsewhere")))


async def test_a_standby_is_no_destination_and_stands_for_its_primary(
    stocked: Site, reader: Reader, replicated: tuple[Postgres, Postgres]
) -> None:
    """The role on the standby may not ask for the identifier that both have; they were started apart."""
    primary, standby = replicated
    live = primary.cluster.url("live")
    execute(primary.url, "CREATE DATABASE live")
    source = replace(reader(live), host=standby.cluster.host)
    execute(live, REVOKE, "SET synchronous_commit = remote_apply", "CREATE TABLE t ()")
    stocked.configure(source=source, destination=standby.cluster.url("copy"))
    async with stocked.harbor() as harbor:
        for given in (None, live):
            with pytest.raises(DestinationProtected):
                await harbor.plan(LoadRequest("little", destination=given))
        checks = await check(harbor.services)
    assert [(one.level, one.exit_code) for one in checks if one.area == "destination"] == [("error", 30)]


async def test_the_plan_says_that_sessions_to_come_are_ended_too(stocked: Site) -> None:
    appear(stocked)
    async with stocked.harbor() as harbor:
        plan = await harbor.plan(LoadRequest("little"))
    assert [effect.kind for effect in plan.effects] == ["overwrites", "ends-sessions", "drops"]


async def test_templates_of_others_neither_stop_a_load_nor_go(stocked: Site, loader: DatabaseUrl) -> None:
    theirs = {"snapharbor_t_0badcafe_20200101_1", "snapharbor_t_20260101_2"}
    for name in theirs:
        execute(stocked.server.url, f"CREATE DATABASE {name}", MARK.format(name))
    stocked.configure(destination=loader.on("copy"), more="keep_templates: 1")
    await stocked.do(LoadRequest("little"))
    await stocked.do(LoadRequest("little", original=True))
    assert templates(stocked) > theirs
    assert len(templates(stocked)) == len(theirs) + 1


async def test_each_target_keeps_templates_of_its_own(stocked: Site) -> None:
    twin = (
        "  twin: {snapshot: {src_url: secret:file:keys/source}, sanitize: {override_query: DELETE FROM pets}}"
    )
    stocked.configure(more=f"{twin}\nkeep_templates: 1")
    await stocked.do(SanitizeRequest("twin", new=True))
    into = stocked.server.cluster.url("twin_copy")
    requests = (LoadRequest("little"), LoadRequest("twin", destination=into))
    ways = [(await stocked.do(request))["how"] for request in (*requests, *requests)]
    assert ways == ["restore", "restore", "template copy", "template copy"]


async def test_nobody_enters_a_template_and_one_that_was_opened_is_made_anew(stocked: Site) -> None:
    await stocked.do(LoadRequest("little"))
    (name,) = templates(stocked)
    template = stocked.server.cluster.url(name)
    with pytest.raises(psycopg.OperationalError):
        execute(template, "DELETE FROM pets")
    execute(stocked.server.url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    execute(template, "DELETE FROM pets")
    assert (await stocked.do(LoadRequest("little")))["how"] == "restore"
    assert (await stocked.do(LoadRequest("little")))["how"] == "template copy"
    assert query(stocked.destination, "SELECT count(*) > 0 FROM pets") == [(True,)]
