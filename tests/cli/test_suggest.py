"""Rules that the command writes, and the templates that it knows."""

from pathlib import Path

import pytest
from support.cli import Command, Shop

from snapharbor.engine.masks.templates import NAMES


def without_rules(shop: Shop) -> None:
    config = shop.command.home / "snapharbor.yml"
    text = config.read_text().replace("    sanitize: {query_file: rules.sql}\n", "")
    config.write_text(text.replace("keys: {", "keys: {masking: 0123456789abcdef0123456789abcdef, "))


@pytest.mark.server
def test_sql_goes_to_stdout_and_what_is_counted_to_stderr(shop: Shop) -> None:
    without_rules(shop)
    ran = shop.command.here("suggest", "shop")
    assert (ran.code, ran.err.strip()) == (0, "1 column decided")
    assert (
        "UPDATE public.customers SET\n    email = snapharbor.email(email)  -- email (50 of 50 values)\n;"
        in ran.out
    )
    value = shop.command.here("suggest", "shop", "--template", "pci", "--json").last()["result"]
    assert (value["template"], value["covered"]) == ("pci", [])
    assert [(one["table"], one["column"], one["kind"]) for one in value["outside"]] == [
        ("customers", "email", "email")
    ]


@pytest.mark.server
def test_what_is_written_is_a_new_file_that_can_be_used_as_it_is(shop: Shop) -> None:
    without_rules(shop)
    ran = shop.command.here("suggest", "shop", "-o", "first.sql")
    assert ran.code == 0
    assert "snapharbor explain shop" in ran.out
    file = shop.command.home / "first.sql"
    assert file.stat().st_mode & 0o777 == 0o600
    assert shop.command.here("suggest", "shop", "-o", "first.sql").code == 16
    config = shop.command.home / "snapharbor.yml"
    config.write_text(
        config.read_text().rstrip() + "\n    sanitize: {query_file: first.sql, policy: require}\n"
    )
    assert shop.command.here("check-rules", "shop", "--strict").out.endswith("Passed.\n")
    assert "Nothing is left to decide." in shop.command.here("suggest", "shop").out


@pytest.mark.server
def test_a_target_without_rules_is_pointed_to_it(shop: Shop) -> None:
    without_rules(shop)
    ran = shop.command.here("explain", "shop")
    assert ran.code == 20
    assert "snapharbor suggest" in ran.err


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


def test_templates_are_listed_and_shown_without_any_configuration(command: Command) -> None:
    listed = command.here("templates").out
    assert [line.split()[0] for line in listed.splitlines()[1:]] == list(NAMES)
    shown = command.here("templates", "hipaa")
    assert shown.code == 0
    assert "(R)  any other unique identifying number" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80
    value = command.here("--json", "templates", "hipaa").last()["result"]
    assert value["masks"]["email"]["answers"] == ["(F)"]
    assert len(value["clauses"]) == 18
    assert command.here("templates", "hippa").code == 2
