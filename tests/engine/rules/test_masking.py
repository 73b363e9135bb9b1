"""Masks by name in rules and in the configuration."""

import re

import pytest

from snapharbor.engine.model.catalog import Catalog, Column, ForeignKey, Table, TableName
from snapharbor.engine.model.errors import ConfigInvalid, ConfigMissing, RuleRefused
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.rules.analyse import analyse_all
from snapharbor.engine.rules.masking import Masker, mask_rules
from snapharbor.engine.rules.parse import parse
from snapharbor.engine.rules.resolve import resolve_all

USERS, ORDERS = TableName("public", "users"), TableName("public", "orders")
CATALOG = Catalog(
    ("public",),
    (
        Table(
            ORDERS,
            "table",
            (Column("buyer", "character varying(60)", True), Column("note", "text", True)),
            foreign_keys=(ForeignKey("orders_buyer", ("buyer",), USERS, ("nick",)),),
        ),
        Table(
            USERS,
            "table",
            (
                Column("email", "contact", False, made_of="character varying(30)"),
                Column("nick", "text", False),
                Column("born", "date", True),
            ),
            unique=(("nick",),),
        ),
    ),
)
MASKER = Masker(CATALOG, "postgres", Secret("long enough to be a masking key"))


def masked(text: str) -> list[str]:
    rules = parse(text, "sanitize.query_file", "postgres")
    return [MASKER.rule(rule).text for rule in resolve_all(analyse_all(rules, "postgres"), CATALOG)]


def made(text: str) -> str:
    """Return the value of the one assignment of a rule, as it runs."""
    (found,) = masked(text)
    return found.partition("=")[2].strip()


def test_everything_but_the_masks_stays_the_users_own_text() -> None:
    (found,) = masked(
        "UPDATE /* all */ users  SET email = snapharbor.email( email ) , nick=NULL WHERE nick <> 'x'"
    )
    assert found.startswith("UPDATE /* all */ users  SET email = (")
    assert found.endswith(") , nick=NULL WHERE nick <> 'x'")
    assert "snapharbor.email" not in found


def test_a_rule_without_masks_is_what_it_was() -> None:
    assert masked("UPDATE users SET email = 'x'  -- why") == ["UPDATE users SET email = 'x'"]


def test_a_mask_is_made_for_the_type_that_a_domain_is_made_of() -> None:
    domain = made("UPDATE users SET email = snapharbor.email(email)")
    assert domain != made("UPDATE users SET nick = snapharbor.email(email)")


def test_a_column_that_refers_to_another_is_masked_like_it() -> None:
    own = made("UPDATE users SET nick = snapharbor.last_name(nick)")
    assert made("UPDATE orders SET buyer = snapharbor.last_name(buyer)") == own.replace("nick", "buyer")
    assert made("UPDATE orders SET note = snapharbor.last_name(note)") != own.replace("nick", "note")


def test_masks_stand_anywhere_and_inside_of_each_other() -> None:
    (found,) = masked(
        "UPDATE users SET nick = upper(snapharbor.hash(snapharbor.email(users.email)))"
        " WHERE nick = snapharbor.token(nick)"
    )
    assert "snapharbor." not in found
    assert re.match(r"UPDATE users SET nick = upper\(\(.*\)\) WHERE nick = \(", found)


def test_an_inserted_value_is_masked_too() -> None:
    (found,) = masked("INSERT INTO orders (note) SELECT snapharbor.email(email) FROM users")
    assert "snapharbor." not in found


def test_options_stand_after_the_value() -> None:
    shifted = [
        made(f"UPDATE users SET born = snapharbor.date_shift(born, nick, {limit})") for limit in (10, 20)
    ]
    assert shifted[0] != shifted[1]
    assert all("nick" in text for text in shifted)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("UPDATE users SET email = snapharbor.emial(email)", "`email`"),
        ("UPDATE users SET email = snapharbor.keep(email)", "sanitize.keep"),
        ("UPDATE users SET email = snapharbor.lower(email)", "There is:"),
    ],
)
def test_an_unknown_mask_is_refused_with_the_closest_before_anything_runs(text: str, hint: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        parse(f"\n{text}", "sanitize.query_file", "postgres")
    assert (refused.value.details["line"], hint in refused.value.hint) == (2, True)


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE users SET born = snapharbor.email(born)",
        "UPDATE users SET email = snapharbor.email()",
        "UPDATE users SET nick = snapharbor.redact(nick)",
        "UPDATE users SET born = snapharbor.date_shift(born, nick, 'much')",
    ],
)
def test_a_mask_that_does_not_fit_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        masked(f"\n\n{text}")
    assert refused.value.details["line"] == 3


def test_masks_without_a_key_are_no_masks() -> None:
    rules = parse("UPDATE users SET email = snapharbor.email(email)", "sanitize.query_file", "postgres")
    (rule,) = resolve_all(analyse_all(rules, "postgres"), CATALOG)
    with pytest.raises(ConfigMissing):
        Masker(CATALOG, "postgres", Secret("")).rule(rule)


def test_masks_of_the_configuration_become_rules() -> None:
    text = mask_rules(
        {
            "users.email": "email",
            "users.nick": "null",
            "users.born": "date-shift(nick, 60)",
            'public.Odd "One.note': "json('$.it''s', email)",
        },
        "postgres",
    )
    assert (
        text
        == """-- sanitize.mask
UPDATE "users" SET
    "email" = snapharbor.email("email"),
    "nick" = NULL,
    "born" = snapharbor.date_shift("born", nick, '60');
UPDATE "public"."Odd ""One" SET
    "note" = snapharbor.json("note", '$.it''s', 'email');
"""
    )


@pytest.mark.parametrize(
    "masks", [{"email": "email"}, {"a.b.c.d": "email"}, {"users.": "email"}, {"a.b": "emial"}]
)
def test_a_mask_that_cannot_be_used_is_named(masks: dict[str, str]) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        mask_rules(masks, "postgres")
    assert next(iter(masks)) in refused.value.message
