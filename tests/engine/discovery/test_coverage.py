"""What becomes of columns: generated ones follow what they are computed from, weak masks mask nothing."""

import pytest

from snapharbor.engine.discovery.classify import Classification
from snapharbor.engine.discovery.coverage import Decisions, coverage
from snapharbor.engine.discovery.types import Types
from snapharbor.engine.model.catalog import Catalog, Column, Table, TableName
from snapharbor.engine.model.sensitive import Evidence
from snapharbor.engine.rules.analyse import analyse_all
from snapharbor.engine.rules.parse import parse
from snapharbor.engine.rules.resolve import resolve_all

PEOPLE = TableName("public", "people")
CATALOG = Catalog(
    ("public",),
    (
        Table(
            PEOPLE,
            "table",
            (Column("raw", "text", True), Column("mail", "text", True, default="lower(raw)", generated=True)),
        ),
    ),
)


@pytest.mark.parametrize(
    ("rules", "keep", "treatment", "undecided"),
    [
        ("", {}, "unclassified", True),
        ("UPDATE people SET raw = NULL", {}, "masked", False),
        ("", {"public.people.raw": "no person"}, "kept", False),
        ("TRUNCATE people", {}, "dropped", False),
    ],
)
def test_a_generated_column_is_as_raw_as_its_source(
    rules: str, keep: dict[str, str], treatment: str, undecided: bool
) -> None:
    looks = {(PEOPLE, "mail"): (Evidence("email", 0.95, ("values",), 9, 9),)}
    parsed = analyse_all(parse(rules, "sanitize.query_file", "postgres"), "postgres") if rules else ()
    decisions = Decisions(resolve_all(parsed, CATALOG), keep=keep)
    _, mail = coverage(CATALOG, Classification(Types({}), looks), decisions)
    assert (mail.treatment, mail.undecided) == (treatment, undecided)


MAIL = TableName("public", "mails")
WIDE = Catalog(
    ("public",),
    (
        Table(
            MAIL,
            "table",
            (
                Column("id", "integer", False),
                Column("email", "text", True),
                Column("code", "character varying(10)", True),
                Column("doc", "jsonb", True),
                Column("shown", "text", True),
            ),
        ),
    ),
)


def treatments(rules: str, keep: dict[str, str] | None = None) -> dict[str, str]:
    """Return what becomes of the columns, all of which look personal but the key and `shown`."""
    looks = {(MAIL, name): (Evidence("email", 0.95, ("values",), 9, 9),) for name in ("email", "code", "doc")}
    parsed = analyse_all(parse(rules, "sanitize.query_file", "postgres"), "postgres")
    decisions = Decisions(resolve_all(parsed, WIDE), keep=keep or {})
    found = coverage(WIDE, Classification(Types({}), looks), decisions)
    return {one.column: f"{one.treatment}{' (weak)' if one.weak else ''}" for one in found}


WEAK = """
upper(email); initcap(lower(email)); reverse(email); email || ' '; 'x-' || email; concat(email, '.invalid')
concat_ws('-', id, email); email::varchar(200); cast(email AS name); left(email, 40); left(email, -2)
substr(email, 2); substring(email FROM 1 FOR 50); trim(email); lpad(email, 60, '.'); repeat(email, 2)
encode(convert_to(email, 'UTF8'), 'base64'); to_jsonb(email)::text; (array[email])[1] || email
coalesce(email, 'none'); nullif(email, ''); CASE WHEN id > 5 THEN email ELSE 'x' END; replace(email, '@', '#')
translate(email, 'abc', 'cab'); format('<%s>', email); email COLLATE "C" || ''; code || email
"""
STRONG = """
left(email, 3); md5(email); split_part(email, '@', 1); 'user' || id || '@example.com'; 'x'; NULL
snapharbor.email(lower(email)); regexp_replace(email, '.', 'x', 'g'); substr(email, 30); email::char
translate(email, 'abc', 'xxx'); CASE WHEN email IS NULL THEN email ELSE 'x' END; length(email)::text
CASE WHEN email = '' THEN email ELSE 'x' || id END; overlay(email PLACING 'x' FROM 1 FOR 90); id || ''
"""


def listed(text: str) -> list[str]:
    return [one.strip() for line in text.splitlines() for one in line.split("; ") if one.strip()]


@pytest.mark.parametrize("value", listed(WEAK))
def test_a_value_in_which_the_old_one_can_be_read_masks_nothing(value: str) -> None:
    assert treatments(f"UPDATE mails SET email = {value}")["email"] == "unclassified (weak)"


@pytest.mark.parametrize("value", listed(STRONG))
def test_a_value_that_has_lost_the_old_one_masks(value: str) -> None:
    assert treatments(f"UPDATE mails SET email = {value}")["email"] == "masked"


@pytest.mark.parametrize(
    ("rules", "column", "expected"),
    [
        ("UPDATE mails SET code = left(code, 10)", "code", "unclassified (weak)"),
        ("UPDATE mails SET code = left(code, 5)", "code", "masked"),
        ("UPDATE mails SET email = upper(email); UPDATE mails SET email = md5(email)", "email", "masked"),
        ("UPDATE mails SET email = md5(email); UPDATE mails SET email = upper(email)", "email", "masked"),
        ("UPDATE mails m SET (email, code) = (upper(m.email), 'x')", "email", "unclassified (weak)"),
        ("UPDATE mails SET shown = 'of ' || email", "shown", "unclassified (weak)"),
        ("UPDATE mails SET email = 'x', shown = lower(email)", "shown", "unclassified (weak)"),
        ("UPDATE mails SET email = 'x'; UPDATE mails SET shown = lower(email)", "shown", "masked"),
        ("UPDATE mails SET shown = upper(shown)", "shown", "unclassified (weak)"),
        ("""UPDATE mails SET doc = doc || '{"email": null}'""", "doc", "masked"),
    ],
)
def test_what_can_be_read_depends_on_the_column_and_on_what_came_before(
    rules: str, column: str, expected: str
) -> None:
    assert treatments(rules)[column] == expected


def test_a_column_may_be_kept_whatever_is_done_to_it() -> None:
    found = treatments("UPDATE mails SET email = lower(email)", {"public.mails.email": "ours"})
    assert found["email"] == "kept"
