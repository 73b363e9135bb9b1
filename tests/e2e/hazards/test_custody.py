"""Raw data in the wrong place, and copies that nobody can rely on: a test for each fear, by its number."""

import os
import stat
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import anyio
import pytest
from support.faults import at, children
from support.postgres import connect, execute, query
from support.shop import databases, recipient, somebody
from support.small import MakeSmall, Small

from snapharbor.engine.harbor import Harbor
from snapharbor.engine.model.errors import (
    ArgumentInvalid,
    DatabaseFailed,
    DestinationProtected,
    EngineError,
    PrivilegeMissing,
    RuleLeaks,
    SnapshotUnknown,
    SnapshotUnsanitized,
    TimedOut,
)
from snapharbor.engine.model.job import Progress
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.target import Limits
from snapharbor.engine.operations.requests import (
    BuildRequest,
    ExportRequest,
    LoadRequest,
    RevokeRequest,
    SanitizeRequest,
    ShareRequest,
    VerifyRequest,
)

pytestmark = pytest.mark.server

PEOPLE = (
    "CREATE TABLE people (id int PRIMARY KEY, mail text NOT NULL UNIQUE)",
    "CREATE TABLE orders (id int PRIMARY KEY, person int NOT NULL REFERENCES people)",
    "INSERT INTO people SELECT n, 'ann' || n || '@corp' || n || '.de' FROM generate_series(1, 40) AS n",
    "INSERT INTO orders SELECT n, n FROM generate_series(1, 40) AS n",
)
RULES = "UPDATE people SET mail = snapharbor.email(mail);"
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid()"


@contextmanager
def seeing_every_row(made: Small, attribute: str) -> Generator[None]:
    """Let the reading role see every row of any table, or not."""
    execute(made.owner, f"ALTER ROLE {made.source.user} {attribute}")
    yield
    execute(made.owner, f"ALTER ROLE {made.source.user} NOBYPASSRLS")


async def test_hazard_28_rows_that_a_policy_hides_are_refused_and_never_left_out(
    make_small: MakeSmall,
) -> None:
    secured = (
        "ALTER TABLE people ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY few ON people USING (id < 5)",
    )
    made = make_small(*PEOPLE, *secured, rules=RULES)
    with seeing_every_row(made, "NOBYPASSRLS"), pytest.raises(EngineError) as caught:
        await made.sanitize()
    assert caught.value.code in ("source-unsuitable", PrivilegeMissing.code)
    with seeing_every_row(made, "BYPASSRLS"):
        await made.loaded()
    assert made.here("SELECT count(*) FROM people") == [(40,)]


async def test_hazard_30_a_restore_that_fails_is_no_load(make_small: MakeSmall) -> None:
    made = make_small(
        "CREATE TABLE allowed (id int)",
        "CREATE FUNCTION is_allowed(int) RETURNS bool LANGUAGE sql"
        " AS $$ SELECT EXISTS (SELECT FROM allowed WHERE id = $1) $$",  # found by the search path only
        "CREATE TABLE zones (id int CHECK (is_allowed(id)))",
        "INSERT INTO allowed VALUES (1)",
        "INSERT INTO zones VALUES (1)",
        *PEOPLE,
        rules=RULES,
    )
    execute(made.server.url, f"CREATE DATABASE {made.destination.database}")
    execute(made.destination, "CREATE TABLE precious (id int)")
    await made.sanitize()
    before = databases(made.server)
    with pytest.raises(DatabaseFailed):
        await made.do(LoadRequest("shop"))
    assert databases(made.server) == before
    assert made.here("SELECT count(*) FROM precious") == [(0,)]


async def test_hazard_31_a_run_that_is_ended_leaves_no_raw_data_anywhere(make_small: MakeSmall) -> None:
    made = make_small(*PEOPLE, rules=RULES)
    held: list[str] = []
    with anyio.CancelScope() as scope:

        def end() -> None:
            held.extend(str(path) for path in made.directory.glob("tmp/cluster*"))
            scope.cancel()

        await made.sanitize(at("applying rules", end), ephemeral=True)
    assert scope.cancelled_caught
    assert held
    assert [path.name for path in made.directory.glob("tmp/*") if path.name != "spool.lock"] == []
    assert children(made.directory) == {}
    async with made.harbor() as harbor:
        assert await harbor.services.ledger.leases() == []
        assert [one.outcome for one in await harbor.audit()][-1] == "cancelled"
        assert [found.manifest.kind for found in await harbor.snapshots("shop")] == ["original"]


async def test_hazard_32_nobody_else_may_read_what_is_written(make_small: MakeSmall) -> None:
    made = make_small(*PEOPLE, rules=RULES)
    seen: set[Path] = set()

    def look(_progress: Progress, /) -> None:
        seen.update(path for path in made.directory.rglob("*") if _open_to_others(path))

    before = os.umask(0)
    try:
        await made.sanitize(look, ephemeral=True)
        await made.do(ExportRequest("shop", made.directory / "export"))
    finally:
        os.umask(before)
    written = [made.directory, *made.directory.rglob("*")]
    assert len(written) > 10
    assert [path for path in written if _open_to_others(path)] == []
    assert seen == set()


def _open_to_others(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False  # it is gone already
    return not stat.S_ISLNK(status.st_mode) and bool(status.st_mode & 0o077)


async def test_hazard_33_no_password_stands_in_arguments_or_environments(make_small: MakeSmall) -> None:
    made = make_small(*PEOPLE, rules=RULES)
    # Servers of one template have one superuser's password, and other tests run beside this one.
    loader, password = f"loader_{token_hex(4)}", token_hex(16)
    execute(made.server.url, f"CREATE ROLE {loader} SUPERUSER LOGIN PASSWORD '{password}'")
    made = replace(made, destination=replace(made.destination, user=loader, password=Secret(password)))
    assert made.source.password
    secrets = {made.source.password.reveal().encode(), password.encode()}
    seen, told = set[str](), list[Path]()

    def look(_progress: Progress, /) -> None:
        secrets.update(path.read_bytes().strip() for path in made.directory.glob("tmp/cluster*/password"))
        seen.update(children(made.directory).values())
        told.extend(path for path, content in _of_processes() if any(one in content for one in secrets))

    await made.sanitize(look, ephemeral=True)
    await made.do(LoadRequest("shop"), look)
    assert {program for program in ("psql", "pg_dump", "pg_restore") if any(program in line for line in seen)}
    assert len(secrets) == 3  # that of the private server is one
    assert told == []


def _of_processes() -> Generator[tuple[Path, bytes]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            for path in (entry / "cmdline", entry / "environ"):
                try:
                    yield path, path.read_bytes()
                except OSError:
                    continue


async def test_hazard_37_a_source_is_never_replaced_whatever_its_url(make_small: MakeSmall) -> None:
    made = make_small(*PEOPLE, rules=RULES)
    await made.sanitize()
    link = made.directory / "link"
    link.symlink_to(made.owner.host)
    for url in (made.owner, replace(made.owner, host=str(link))):
        with pytest.raises(DestinationProtected):
            await made.plan(LoadRequest("shop", destination=url))
    async with made.harbor(settings=made.settings(protected=("*prod*",))) as harbor:
        with pytest.raises(DestinationProtected):
            await harbor.plan(LoadRequest("shop", database="shop_production"))
    assert made.there("SELECT count(*) FROM people WHERE mail LIKE '%corp%'") == [(40,)]


async def test_hazard_38_a_load_that_fails_leaves_the_copy_that_was_there(make_small: MakeSmall) -> None:
    made = await make_small(*PEOPLE, rules=RULES).loaded()
    execute(made.destination, "CREATE TABLE precious AS SELECT 7 AS id")
    await made.sanitize()
    there = databases(made.server)

    def spoil() -> None:
        (side,) = databases(made.server) - there
        execute(made.server.cluster.url(side), "DELETE FROM orders")

    with pytest.raises(DatabaseFailed):
        await made.do(LoadRequest("shop"), at("counting", spoil))
    assert databases(made.server) == there
    assert made.here("SELECT id FROM precious") == [(7,)]


async def test_hazard_39_tables_that_change_while_they_are_read_agree(make_small: MakeSmall) -> None:
    made = make_small(*PEOPLE, rules=RULES)

    def write() -> None:
        execute(
            made.owner,
            "INSERT INTO people VALUES (99, 'new@corp99.de')",
            "INSERT INTO orders VALUES (99, 99)",
            "DELETE FROM orders WHERE id = 1",
            "DELETE FROM people WHERE id = 1",
        )

    await made.sanitize(at("reading", write))
    await made.do(LoadRequest("shop"))
    agree = "SELECT count(*), count(person), min(id), max(id) FROM people LEFT JOIN orders USING (id)"
    assert made.there(agree) == [(40, 40, 2, 99)]
    assert made.here(agree) == [(40, 40, 1, 40)]


async def test_hazard_40_a_source_is_neither_waited_for_nor_held_longer_than_it_is_read(
    make_small: MakeSmall,
) -> None:
    made = make_small(*PEOPLE, rules=RULES)
    target = replace(made.target, limits=Limits(lock_timeout=1))
    with connect(made.owner) as blocker:
        blocker.execute("BEGIN")
        blocker.execute("LOCK people")
        async with made.harbor(target) as harbor:
            with pytest.raises(TimedOut):
                await harbor.run(await harbor.plan(SanitizeRequest("shop", new=True)))
    assert TimedOut.retryable
    held: list[object] = []
    # The original is read; what follows needs the source no more.
    await made.sanitize(
        at("applying rules", lambda: held.extend(made.there(_sessions(made)))), ephemeral=True
    )
    assert held == [(0,)]


def _sessions(made: Small) -> str:
    return SESSIONS.format(made.owner.database)


async def test_hazard_47_what_was_not_searched_does_not_pass(make_small: MakeSmall) -> None:
    made = make_small(
        *PEOPLE,
        "CREATE TABLE zipped AS SELECT id, '\\x1f8b08'::bytea AS content FROM people",
        rules=RULES,
    )
    async with sharing(made) as harbor:
        made_of = await made.run(harbor, SanitizeRequest("shop", new=True))
        assert made_of["clean"] is False
        for request in (VerifyRequest("shop"), ShareRequest("shop", ("ben",))):
            with pytest.raises(RuleLeaks):
                await made.run(harbor, request)


async def test_hazard_48_a_share_ends_by_itself_or_by_a_word_and_is_written_down(
    make_small: MakeSmall,
) -> None:
    made = make_small(*PEOPLE, rules=RULES)
    async with sharing(made) as harbor:
        await made.run(harbor, SanitizeRequest("shop", new=True))
        for seconds in (1, 8 * 24 * 3600):
            with pytest.raises(ArgumentInvalid):
                await harbor.plan(ShareRequest("shop", ("ben",), seconds))
        shared = await made.run(harbor, ShareRequest("shop", ("ben",), 3600))
        (bundle,) = made.directory.rglob(str(shared["share"]))
        await made.run(harbor, RevokeRequest(str(shared["share"])))
        assert not bundle.exists()
        (share,) = await harbor.shares()
        told = [(one.what, one.outcome) for one in await harbor.audit()]
    assert (share.recipients, share.revoked_at is None) == (("ben",), False)
    assert {("share", "succeeded"), ("revoke", "succeeded")} <= set(told)


async def test_hazard_49_raw_data_is_never_taken_for_sanitized(make_small: MakeSmall) -> None:
    made = make_small(*PEOPLE, rules=RULES)
    async with sharing(made) as harbor:
        built = str((await made.run(harbor, BuildRequest("shop")))["snapshot"])
        for request in (ShareRequest("shop", ("ben",)), ShareRequest(built, ("ben",)), LoadRequest("shop")):
            with pytest.raises((SnapshotUnsanitized, SnapshotUnknown)):
                await harbor.plan(request)
        await made.run(harbor, SanitizeRequest("shop"))
        for request in (ShareRequest(built, ("ben",)), LoadRequest(built)):
            with pytest.raises(SnapshotUnsanitized):
                await harbor.plan(request)
        await made.run(harbor, LoadRequest("shop"))
    assert made.here("SELECT count(*) FROM snapharbor_info") == [(1,)]
    assert query(made.owner, "SELECT to_regclass('snapharbor_info')") == [(None,)]


@asynccontextmanager
async def sharing(made: Small) -> AsyncGenerator[Harbor]:
    """Open a harbor that knows somebody to share with, and shares what nobody decided on."""
    target = made.ruled(policy="warn").target
    async with made.harbor(settings=made.settings(target, recipients=(recipient(somebody()),))) as harbor:
        yield harbor
