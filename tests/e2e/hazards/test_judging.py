"""What is found out about rules before they run, or fails with them: a test for each fear, by its number."""

import pytest
from support.postgres import execute
from support.small import MakeSmall

from snapharbor.engine.model.errors import RuleFailed, RuleRefused, RulesBlocked
from snapharbor.engine.operations.requests import SanitizeRequest

pytestmark = pytest.mark.server

PEOPLE = (
    "CREATE TYPE state AS ENUM ('new', 'old')",
    "CREATE DOMAIN postal AS text CHECK (VALUE ~ '@')",
    "CREATE TABLE people (id int PRIMARY KEY, mail postal NOT NULL UNIQUE, code varchar(5) UNIQUE,"
    " state state NOT NULL, born date CONSTRAINT alive CHECK (born > '1900-01-01'))",
    "INSERT INTO people SELECT n, 'ann' || n || '@corp' || n || '.de', 'c' || n, 'new', '1990-01-01'"
    " FROM generate_series(1, 40) AS n",
)
KEEP = {f"public.people.{name}": "says nothing" for name in ("id", "code", "state", "born")}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("mail = NULL", "not-null"),
        ("code = 'too long'", "too-long"),
        ("state = 'odd'", "not-a-label"),
        ("code = 'same'", "unique-constant"),
        ("born = snapharbor.email(born)", "mask-unfit"),
    ],
)
async def test_hazard_16_what_a_column_refuses_stops_before_anything_is_read(
    make_small: MakeSmall, rule: str, code: str
) -> None:
    made = make_small(*PEOPLE, rules=f"UPDATE people SET {rule}")
    async with made.harbor() as harbor:
        assert code in {one.code for one in (await harbor.explain("shop")).blocking}
        with pytest.raises((RulesBlocked, RuleFailed, RuleRefused)):
            await harbor.plan(SanitizeRequest("shop", new=True))


@pytest.mark.parametrize("ephemeral", [False, True])
@pytest.mark.parametrize(
    ("rule", "constraint"),
    [
        ("born = born - 40000", "alive"),
        ("mail = replace(mail, '@', ' at ')", None),
        ("code = nullif(code, 'c7') || 'longer'", None),
        ("code = left(code, 2)", "people_code_key"),
    ],
)
async def test_hazards_15_and_16_what_only_rows_tell_fails_and_keeps_nothing(
    make_small: MakeSmall, rule: str, constraint: str | None, *, ephemeral: bool
) -> None:
    judged = make_small(*PEOPLE, rules=f"UPDATE people SET {rule} WHERE id > 0")
    with pytest.raises(RulesBlocked):
        await judged.sanitize(ephemeral=ephemeral)
    made = await judged.accepting()
    with pytest.raises(RuleFailed) as caught:
        await made.sanitize(ephemeral=ephemeral)
    if not ephemeral and constraint:
        assert caught.value.details["constraint"] == constraint
    async with made.harbor() as harbor:
        assert [one for one in await harbor.snapshots("shop") if one.manifest.kind == "sanitized"] == []


async def test_hazard_20_a_rule_that_means_nothing_is_told_and_an_unknown_name_stops(
    make_small: MakeSmall,
) -> None:
    made = make_small(
        *PEOPLE, rules="UPDATE people SET code = NULL WHERE mail = 'ANN1@corp1.de';\nTRUNCATE \"People\""
    )
    async with made.harbor() as harbor:
        told = await harbor.explain("shop")
    assert [(one.code, one.line) for one in told.blocking] == [("unknown-table", 2)]
    assert "people" in told.blocking[0].hint
    assert ("no-rows", 1) in {(one.code, one.line) for one in told.findings}
    with pytest.raises(RulesBlocked):
        await made.plan(SanitizeRequest("shop", new=True))


async def test_hazard_21_what_was_added_after_the_rules_were_written_stops_them(
    make_small: MakeSmall,
) -> None:
    masked = "UPDATE people SET mail = snapharbor.email(mail)"
    made = make_small(*PEOPLE, rules=masked).ruled(policy="require", keep=KEEP)
    await made.sanitize()
    execute(made.owner, "ALTER TABLE people ADD x7 text")
    with pytest.raises(RulesBlocked):
        await made.sanitize()
    decided = made.ruled(keep={**KEEP, "public.people.x7": "says nothing"})
    await decided.sanitize()
    execute(made.owner, "CREATE TABLE guests AS SELECT mail::text AS word FROM people")
    execute(made.owner, "GRANT SELECT ON guests TO PUBLIC")
    with pytest.raises(RulesBlocked):
        await decided.sanitize()


@pytest.mark.parametrize("ephemeral", [False, True])
async def test_hazard_42_text_of_another_encoding_is_the_same_text(
    make_small: MakeSmall, *, ephemeral: bool
) -> None:
    made = make_small(
        "SET client_encoding = 'UTF8'",
        "CREATE TABLE people (id int PRIMARY KEY, name text, town text)",
        "INSERT INTO people VALUES (1, 'Zoë', 'Århus'), (2, 'Ann', 'Köln')",
        rules="UPDATE people SET town = town || ' nächst' WHERE name = 'Zoë'",
        options="ENCODING 'LATIN1' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
    )
    await made.loaded(ephemeral=ephemeral)
    assert made.here("SELECT id, name, town FROM people ORDER BY id") == [
        (1, "Zoë", "Århus nächst"),
        (2, "Ann", "Köln"),
    ]


async def test_hazard_42_a_letter_that_a_source_cannot_hold_is_refused(make_small: MakeSmall) -> None:
    made = make_small(
        "CREATE TABLE people (id int, name text)",
        rules="UPDATE people SET name = '☃'",
        options="ENCODING 'LATIN1' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
    )
    with pytest.raises(RuleFailed) as caught:
        await made.sanitize()
    assert caught.value.details["line"] == 1
