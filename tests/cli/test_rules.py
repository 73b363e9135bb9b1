"""What a person and a pipeline learn of rules before they run."""

import pytest
from support.cli import CUSTOMERS, Shop
from support.postgres import execute

pytestmark = pytest.mark.server

FORGETFUL = "DELETE FROM customers WHERE email = 'nobody';"


def rules(shop: Shop, text: str) -> None:
    (shop.command.home / "rules.sql").write_text(text)


def test_an_explanation_says_what_would_happen_and_nothing_happens(shop: Shop) -> None:
    ran = shop.command.here("explain", "shop")
    assert (ran.code, ran.err) == (0, "")
    assert f"{CUSTOMERS} rows, counted" in ran.out
    assert "aaaa9@aaaaaaa.aaa -> aaaa9@aaaaaaa.aaaa" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    value = shop.command.here("--json", "explain", "shop").last()["result"]
    assert (value["target"], value["blocked"]) == ("shop", False)
    assert [column["treatment"] for column in value["coverage"]] == ["unclassified", "masked"]
    assert shop.command.here("--json", "target", "shop").last()["result"]["snapshots"] == []


def test_a_page_is_written_for_its_owner_and_holds_no_value(shop: Shop) -> None:
    page = shop.command.home / "report.html"
    page.write_text("an older one")
    assert shop.command.here("explain", "shop", "--html", str(page)).code == 0
    text = page.read_text()
    assert text.startswith("<!doctype html>")
    assert "public.customers" in text
    assert not [canary for canary in shop.command.canaries if canary in text]
    assert page.stat().st_mode & 0o777 == 0o600
    assert shop.command.here("explain", "shop", "--html", f"{page}/inside.html").code == 16


def test_what_stops_sanitizing_is_shown_and_ends_with_its_code(shop: Shop) -> None:
    rules(shop, "UPDATE customers SET emial = 'x';")
    ran = shop.command.here("explain", "shop")
    assert ran.code == 25
    assert "Did you mean `email`?" in ran.out
    value = shop.command.here("--json", "explain", "shop").last()["result"]
    assert value["blocked"]
    assert [one["code"] for one in value["findings"] if one["blocks"]] == ["unknown-column"]


def test_a_gate_is_open_for_good_rules(shop: Shop) -> None:
    ran = shop.command.here("check-rules", "shop", "--strict")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "Passed.")


def test_a_strict_gate_closes_for_warnings_until_somebody_accepts_them(shop: Shop) -> None:
    rules(shop, FORGETFUL)
    assert shop.command.here("check-rules", "shop").code == 0
    ran = shop.command.here("--json", "check-rules", "shop", "--strict")
    value = ran.last()["result"]
    assert (ran.code, value["ok"]) == (25, False)
    failed = {
        one["code"]: one["fingerprint"] for one in value["findings"] if one["fingerprint"] in value["failed"]
    }
    assert failed.keys() == {"column-undecided", "no-rows"}
    config = shop.command.home / "snapharbor.yml"
    accepted = ", ".join(f"{{fingerprint: {one}, reason: a test, author: ana}}" for one in failed.values())
    config.write_text(
        config.read_text().replace(
            "{query_file: rules.sql}", f"{{query_file: rules.sql, accept: [{accepted}]}}"
        )
    )
    assert shop.command.here("check-rules", "shop", "--strict").code == 0
    assert "accepted  " in shop.command.here("explain", "shop").out


def test_a_column_that_comes_later_closes_a_strict_gate(shop: Shop) -> None:
    assert shop.command.here("check-rules", "shop", "--strict").code == 0
    execute(shop.source, "ALTER TABLE customers ADD telephone text")
    value = shop.command.here("--json", "check-rules", "shop", "--strict").last()["result"]
    assert [one["column"] for one in value["findings"] if one["fingerprint"] in value["failed"]] == [
        "telephone"
    ]


def test_a_target_without_rules_cannot_pass(shop: Shop) -> None:
    config = shop.command.home / "snapharbor.yml"
    config.write_text(config.read_text().replace("    sanitize: {query_file: rules.sql}\n", ""))
    assert shop.command.here("check-rules", "shop").code == 20
    assert shop.command.here("explain", "shop").code == 20
