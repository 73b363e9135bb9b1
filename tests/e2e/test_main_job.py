"""The main job on a real server: build, sanitize, load, reset."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from support.compare import differences, facts
from support.faults import flip
from support.postgres import connect, execute, query
from support.shop import DEMO, Shop, databases, do

from snapharbor.engine.database.postgres.session import session
from snapharbor.engine.database.process import run
from snapharbor.engine.model.errors import (
    ConfigMissing,
    ConfirmationInvalid,
    ConfirmationRequired,
    DestinationProtected,
    EngineError,
    RuleFailed,
    RulesBlocked,
    RulesMissing,
    RuleSyntax,
    SnapshotCorrupt,
    SnapshotUnknown,
    SnapshotUnsanitized,
)
from snapharbor.engine.model.target import Limits, Rules
from snapharbor.engine.operations.requests import (
    BuildRequest,
    ExportRequest,
    LoadRequest,
    PruneRequest,
    SanitizeRequest,
    ShareRequest,
    VerifyRequest,
)

pytestmark = pytest.mark.server
RAW = "SELECT count(*) FROM customers WHERE email NOT LIKE '%@example.com' OR profile ? 'contact'"


async def test_an_original_loads_as_exactly_what_the_source_is(each_shop: Shop) -> None:
    shop = each_shop
    async with shop.harbor() as harbor:
        built = await do(harbor, BuildRequest("shop", tags=("nightly",)))
        loaded = await do(harbor, LoadRequest("shop", original=True))
    assert (built["kind"], built["left_out"], loaded["how"]) == ("original", [], "restore")
    tools = shop.server.tools
    assert differences(facts(shop.owner, tools), facts(shop.destination, tools)) == []


@pytest.mark.parametrize("strategy", ["pushdown", "ephemeral"])
async def test_a_sanitized_copy_holds_no_raw_value_and_everything_else(
    each_shop: Shop, strategy: str
) -> None:
    shop = each_shop
    before = facts(shop.owner)
    async with shop.harbor() as harbor:
        made = await do(harbor, SanitizeRequest("shop", new=True, ephemeral=strategy == "ephemeral"))
        await do(harbor, LoadRequest("shop"))
        sanitized, *originals = await harbor.snapshots("shop")
    done = sanitized.manifest.sanitization
    assert done is not None
    assert done.strategy == strategy
    assert [original.id for original in originals] == [
        parent for parent in [sanitized.manifest.parent] if parent is not None
    ]
    assert (made["snapshot"], made["kind"]) == (sanitized.id, "sanitized")
    assert facts(shop.owner) == before, "the source was changed"
    assert query(shop.destination, RAW) == [(0,)]
    assert query(shop.destination, "SELECT count(*) FROM audit") == [(0,)]
    assert query(shop.destination, "SELECT count(*) FROM pg_largeobject_metadata") == [(0,)]
    kept = {
        name: value
        for name, value in facts(shop.destination).items()
        if name not in before or value == before[name]
    }
    assert {
        "indexes",
        "constraints",
        "views",
        "functions",
        "triggers",
        "comments",
        "rows of public.products",
    } <= set(kept)
    assert databases(shop.server) == {"shop", "shop_copy", *templates(shop)}


def templates(shop: Shop) -> set[str]:
    return {name for name in databases(shop.server) if name.startswith("snapharbor_t_")}


async def test_loading_again_copies_the_template(shop: Shop) -> None:
    async with shop.harbor() as harbor:
        await do(harbor, SanitizeRequest("shop", new=True))
        first = await do(harbor, LoadRequest("shop"))
        execute(shop.destination, "DELETE FROM shipments", "DROP TABLE audit")
        plan = await harbor.plan(LoadRequest("shop"))
        assert plan.needs_confirmation
        assert "template" in plan.steps[0]
        second = await harbor.run(plan, confirmed=True)
    assert (first["how"], second["how"]) == ("restore", "template copy")
    assert query(shop.destination, "SELECT count(*) FROM shipments") == [(11000,)]
    assert query(shop.destination, "SELECT count(*) FROM audit") == [(0,)]


async def test_only_so_many_templates_are_kept_and_the_newest_load_is_among_them(shop: Shop) -> None:
    settings = shop.settings(keep_templates=1)
    async with shop.harbor(settings=settings) as harbor:
        await do(harbor, SanitizeRequest("shop", new=True))
        await do(harbor, SanitizeRequest("shop", new=True))
        await do(harbor, LoadRequest("shop:0"))
        await do(harbor, LoadRequest("shop:1"))
        assert len(templates(shop)) == 1
        assert (await do(harbor, LoadRequest("shop:1")))["how"] == "template copy"


async def test_an_unchanged_source_costs_nothing_the_next_night(shop: Shop) -> None:
    async with shop.harbor() as harbor:
        await do(harbor, BuildRequest("shop"))
        chunks = sorted((shop.directory / "snapshots" / "chunks").rglob("*"))
        execute(shop.owner, "UPDATE products SET price = price + 1 WHERE sku = 'SKU-0001'")
        await do(harbor, BuildRequest("shop"))
        newest, oldest = await harbor.snapshots("shop")
    new = set((shop.directory / "snapshots" / "chunks").rglob("*")) - set(chunks)
    changed = {chunk.id for chunk in newest.manifest.chunks()} - {
        chunk.id for chunk in oldest.manifest.chunks()
    }
    assert {path.name for path in new if path.is_file()} == changed
    tables = {table.name.name for table in newest.manifest.tables if {c.id for c in table.chunks} & changed}
    assert tables == {"products"}


@pytest.mark.parametrize("place", ["source", "another name of the source", "protected"])
async def test_a_source_or_a_protected_database_is_never_a_destination(shop: Shop, place: str) -> None:
    wanted = {
        "source": shop.owner,
        "another name of the source": replace(shop.owner, host=shop.owner.host + "/."),
        "protected": shop.destination.on("shop_production"),
    }[place]
    settings = shop.settings(protected=("*prod*",))
    async with shop.harbor(settings=settings) as harbor:
        await do(harbor, BuildRequest("shop"))
        with pytest.raises(DestinationProtected):
            await harbor.plan(LoadRequest("shop", destination=wanted, original=True))
    assert databases(shop.server) == {"shop"}


async def test_a_source_that_cannot_be_reached_is_still_known(shop: Shop) -> None:
    async with shop.harbor() as harbor:
        await do(harbor, BuildRequest("shop"))
    away = replace(shop.target, source=replace(shop.source, host="/nowhere"))
    async with shop.harbor(away) as harbor:
        with pytest.raises(DestinationProtected):
            await harbor.plan(LoadRequest("shop", destination=shop.owner, original=True))


async def test_raw_data_is_not_loaded_unless_it_is_asked_for(shop: Shop) -> None:
    async with shop.harbor() as harbor:
        await do(harbor, BuildRequest("shop"))
        with pytest.raises(SnapshotUnsanitized):
            await harbor.plan(LoadRequest("shop"))
        with pytest.raises(SnapshotUnsanitized):
            await harbor.plan(ShareRequest("shop", ("age1x",)))
        with pytest.raises(SnapshotUnsanitized):
            await harbor.plan(ExportRequest("shop", shop.directory / "out"))


async def test_what_exists_is_overwritten_only_by_a_confirmed_plan(shop: Shop) -> None:
    execute(shop.server.url, "CREATE DATABASE shop_copy")
    execute(shop.destination, "CREATE TABLE precious (id int)")
    async with shop.harbor() as harbor:
        await do(harbor, BuildRequest("shop"))
        plan = await harbor.plan(LoadRequest("shop", original=True))
        with pytest.raises(ConfirmationRequired):
            await harbor.run(plan)
        assert any("NOT made by us" in effect.what for effect in plan.effects)
        with connect(shop.destination):
            assert any(
                e.kind == "ends-sessions"
                for e in (await harbor.plan(LoadRequest("shop", original=True))).effects
            )
        done = await harbor.run(
            await harbor.plan(LoadRequest("shop", original=True, keep_previous=True)), confirmed=True
        )
    previous = shop.destination.on(str(done["previous"]))
    assert query(previous, "SELECT count(*) FROM precious") == [(0,)]
    assert query(shop.destination, "SELECT count(*) FROM customers") == [(12000,)]


async def test_raw_data_is_loaded_only_by_a_confirmed_plan(shop: Shop) -> None:
    async with shop.harbor() as harbor:
        await do(harbor, BuildRequest("shop"))
        plan = await harbor.plan(LoadRequest("shop", original=True))
        assert [effect.kind for effect in plan.effects] == ["creates", "exposes"]
        with pytest.raises(ConfirmationRequired):
            await harbor.run(plan)
    assert databases(shop.server) == {"shop"}


async def test_a_destination_that_appeared_after_the_plan_is_not_overwritten(shop: Shop) -> None:
    async with shop.harbor() as harbor:
        await do(harbor, BuildRequest("shop"))
        plan = await harbor.plan(LoadRequest("shop", original=True))
        execute(shop.server.url, "CREATE DATABASE shop_copy")
        with pytest.raises(ConfirmationRequired):
            await harbor.run(plan, confirmed=True)
    assert databases(shop.server) == {"shop", "shop_copy"}


async def test_a_load_that_fails_leaves_the_destination_as_it_was(shop: Shop) -> None:
    execute(shop.server.url, "CREATE DATABASE shop_copy")
    execute(shop.destination, "CREATE TABLE precious AS SELECT 1 AS id")
    async with shop.harbor() as harbor:
        await do(harbor, BuildRequest("shop"))
        plan = await harbor.plan(LoadRequest("shop", original=True))
        flip(max((shop.directory / "snapshots" / "chunks").rglob("*"), key=lambda path: path.stat().st_size))
        with pytest.raises(SnapshotCorrupt):
            await harbor.run(plan, confirmed=True)
        with pytest.raises(SnapshotCorrupt):
            await do(harbor, VerifyRequest("shop"))
    assert query(shop.destination, "SELECT id FROM precious") == [(1,)]
    assert databases(shop.server) == {"shop", "shop_copy"}


BAD_RULES: Mapping[str, tuple[str, type[EngineError]]] = {
    "a constant in a unique column": ("UPDATE customers SET email = 'a@b.example'", RulesBlocked),
    "an orphan": ("DELETE FROM products WHERE sku = 'SKU-0001'", RuleFailed),
    "no such column": ("UPDATE customers SET nope = 1", RulesBlocked),
    "a file of the server": ("INSERT INTO audit (what) SELECT pg_read_file('/etc/passwd')", EngineError),
    "not SQL": ("UPDATE customers SET = 1", RuleSyntax),
    "only a comment": ("-- later", RulesMissing),
    "a failing last statement": (
        "DELETE FROM audit WHERE true; UPDATE shipments SET carrier = 1 / (line - line)",
        RuleFailed,
    ),
}


@pytest.mark.parametrize("case", BAD_RULES)
async def test_rules_that_fail_leave_no_sanitized_snapshot(shop: Shop, case: str) -> None:
    text, error = BAD_RULES[case]
    target = replace(shop.target, rules=Rules(override_query=text))
    async with shop.harbor(target) as harbor:
        await do(harbor, BuildRequest("shop"))
        with pytest.raises(error):
            await do(harbor, SanitizeRequest("shop"))
        assert [found.manifest.kind for found in await harbor.snapshots()] == ["original"]
    assert databases(shop.server) == {"shop"}
    assert not list((shop.directory / "tmp").glob("cluster-*"))


async def test_rules_that_changed_after_the_plan_do_not_run(shop: Shop) -> None:
    rules = shop.directory.parent / "rules.sql"
    rules.write_text((DEMO / "rules.sql").read_text())
    async with shop.harbor(replace(shop.target, rules=Rules(query_file=rules))) as harbor:
        await do(harbor, BuildRequest("shop"))
        plan = await harbor.plan(SanitizeRequest("shop"))
        rules.write_text("DELETE FROM sessions WHERE true")
        with pytest.raises(ConfirmationInvalid):
            await harbor.run(plan)


async def test_the_newest_set_is_index_zero_and_its_sanitized_member_is_meant(shop: Shop) -> None:
    async with shop.harbor() as harbor:
        with pytest.raises(SnapshotUnknown):
            await harbor.snapshot("shop")
        first = await do(harbor, BuildRequest("shop"))
        second = await do(harbor, SanitizeRequest("shop", new=True))
        again = await do(harbor, SanitizeRequest("shop", snapshot=str(first["snapshot"])))
        assert (
            (await harbor.snapshot("shop")).id == (await harbor.snapshot("shop:0")).id == second["snapshot"]
        )
        assert (await harbor.snapshot("shop:1")).id == again["snapshot"]
        assert (await harbor.snapshot(str(first["snapshot"]))).id == first["snapshot"]
        with pytest.raises(SnapshotUnknown):
            await harbor.snapshot("shop:2")


async def test_exported_archives_are_read_by_stock_pg_restore_alone(shop: Shop) -> None:
    archive = shop.directory / "archive"
    async with shop.harbor() as harbor:
        await do(harbor, SanitizeRequest("shop", new=True))
        await do(harbor, ExportRequest("shop", archive))
        await do(harbor, LoadRequest("shop"))
    assert archive.stat().st_mode & 0o777 == 0o700
    execute(shop.server.url, "CREATE DATABASE stock")
    stock = shop.server.cluster.url("stock")
    with session(stock, Limits(), shop.directory) as opened:
        program = shop.server.tools.program("pg_restore")
        argv = [program, "--no-owner", "--exit-on-error", f"--dbname={opened.conninfo}", archive]
        assert (await run(argv, env=opened.environment)).code == 0
    assert differences(facts(stock, shop.server.tools), facts(shop.destination, shop.server.tools)) == []


async def test_pruning_keeps_what_it_was_told_to_keep(shop: Shop) -> None:
    async with shop.harbor() as harbor:
        for _ in range(3):
            await do(harbor, BuildRequest("shop"))
        newest, *_ = await harbor.snapshots()
        plan = await harbor.plan(PruneRequest(keep_last=1))
        assert len(plan.effects) == 2
        assert await harbor.run(plan, confirmed=True)
        assert [found.id for found in await harbor.snapshots()] == [newest.id]
        await do(harbor, VerifyRequest(newest.id))


async def test_a_target_without_a_source_or_destination_says_which_key_to_set(shop: Shop) -> None:
    async with shop.harbor(replace(shop.target, source=None, destination=None)) as harbor:
        with pytest.raises(ConfigMissing):
            await harbor.plan(BuildRequest("shop"))
    async with shop.harbor(replace(shop.target, destination=None)) as harbor:
        await do(harbor, BuildRequest("shop"))
        with pytest.raises(ConfigMissing):
            await harbor.plan(LoadRequest("shop", original=True))
