"""What was refused before anything was done stands in the audit record: who, what, why, and no value."""

import json

import pytest
from support.cli import Shop
from support.postgres import execute

pytestmark = pytest.mark.server
Recorded = list[tuple[str, str, str]]


def recorded(shop: Shop, since: int = 0) -> Recorded:
    """Return the records after a number; the command's canaries stand in none."""
    records = [json.loads(line) for line in shop.command.here("audit", "export").out.splitlines()]
    assert shop.command.here("audit", "verify").code == 0
    return [(one["what"], one["subject"], one["outcome"]) for one in records[since:]]


def test_a_plan_that_fails_is_recorded(shop: Shop) -> None:
    wrong = shop.command.variables["SOURCE"].replace("postgres://", "postgres://nobody", 1)
    assert shop.command.having(SOURCE=wrong)("build", "shop").code == 41
    assert shop.command.here("build", "shpo").code == 13
    (shop.command.home / "rules.sql").write_text("UPDATE customers SET nope = 1;")
    assert shop.command.here("sanitize", "shop", "--new").code == 25
    assert recorded(shop) == [
        ("build", "shop", "database-refused"),
        ("build", "shpo", "target-unknown"),
        ("sanitize", "shop", "rules-blocked"),
    ]


def test_a_load_that_is_refused_is_recorded(shop: Shop) -> None:
    command = shop.command
    assert command.here("sanitize", "shop", "--original").code == 0
    assert command.here("load", "shop", "--yes").code == 0
    before = len(recorded(shop))
    assert command.here("load", "shop:1", "--yes").code == 14
    source = command.variables["SOURCE"]
    assert command.here("load", "shop", "--destdb", source, "--yes").code == 30
    assert command.here("load", "shop").code == 32
    assert command.here("--read-only", "load", "shop", "--yes").code == 34
    assert command.here("share", "shop", "--to", "colleague").code == 32
    assert recorded(shop, before) == [
        ("load", "shop:1", "snapshot-unknown"),
        ("load", "shop", "destination-protected"),
        ("load", "shop", "confirmation-required"),
        ("load", "shop", "read-only"),
        ("share", "shop", "confirmation-required"),
    ]


def test_what_a_person_did_not_agree_to_is_recorded(shop: Shop) -> None:
    assert shop.command.here("sanitize", "shop", "--original").code == 0
    assert shop.command.here("load", "shop", "--yes").code == 0
    before = len(recorded(shop))
    assert shop.command.terminal("load", "shop", answers={"Go on?": "n\n"}).code == 130
    assert recorded(shop, before) == [("load", "shop", "declined")]


def test_a_link_is_never_recorded(shop: Shop) -> None:
    assert shop.command.here("pull", "http://127.0.0.1:9/canary-link").code not in (0, 1, 2)
    assert shop.command.here("pull", "ftp://canary-link").code == 16
    assert recorded(shop)[-1] == ("pull", "a link", "argument-invalid")
    assert "canary-link" not in shop.command.here("audit", "export").out


def test_raw_data_that_was_not_asked_for_is_recorded_as_refused(shop: Shop) -> None:
    assert shop.command.here("build", "shop").code == 0
    before = len(recorded(shop))
    assert shop.command.here("load", "shop", "--yes").code == 31
    assert shop.command.here("export", "shop", "out").code == 31
    assert recorded(shop, before) == [
        ("load", "shop", "snapshot-unsanitized"),
        ("export", "shop", "snapshot-unsanitized"),
    ]


def test_a_rule_for_what_the_filter_leaves_out_is_refused_before_anything_is_read(shop: Shop) -> None:
    execute(shop.source, "CREATE TABLE other (id int)")
    command = shop.command.having(SNAPHARBOR_TARGETS__SHOP__SNAPSHOT__TABLES__EXCLUDE="public.customers")
    shop_again = Shop(command, shop.source, shop.copy)
    ran = command.here("--json", "sanitize", "shop", "--original")
    assert ran.code == 25
    assert "SCHEMA_CONFIG" in ran.last()["error"]["hint"].upper()
    assert command.here("--json", "snapshots").last()["result"]["snapshots"] == []
    assert recorded(shop_again) == [("sanitize", "shop", "rules-blocked")]


def test_an_original_that_is_kept_is_among_the_effects(shop: Shop) -> None:
    planned = shop.command.here("--json", "sanitize", "shop", "--original", "--dry-run").last()["result"][
        "plan"
    ]
    told = [effect["what"] for effect in planned["effects"]]
    assert [what.partition(" snapshot")[0] for what in told] == ["an original", "a sanitized"]
