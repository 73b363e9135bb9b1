"""Functions that users wrote run in no rule, called by a dot, a cast, an operator or a known name."""

import pytest
from support.small import MakeSmall, Small

from snapharbor.engine.model.errors import RulesBlocked

pytestmark = pytest.mark.server

MADE = (
    "CREATE TYPE ad AS (city text, inner_ text)",
    "CREATE TYPE place AS (town text, at ad)",
    "CREATE TABLE people (id int PRIMARY KEY, mail text, home ad, spot place, doc jsonb)",
    "INSERT INTO people SELECT n, 'ann' || n || '@corp.de', '(Rom,x)', NULL, '{}'"
    " FROM generate_series(1, 5) n",
    "CREATE FUNCTION leakf(a ad) RETURNS text LANGUAGE sql AS 'SELECT max(mail) FROM people'",
    "CREATE FUNCTION leakf(a people) RETURNS text LANGUAGE sql AS 'SELECT a.mail'",
    "CREATE FUNCTION leakf(a text) RETURNS ad LANGUAGE sql AS 'SELECT ROW(a, a)::ad'",
    "CREATE FUNCTION leaks(a text, b text) RETURNS text LANGUAGE sql AS 'SELECT a'",
    "CREATE FUNCTION leaks(a ad, b ad) RETURNS ad LANGUAGE sql AS 'SELECT a'",
    "CREATE FUNCTION lower(a varchar) RETURNS text LANGUAGE sql AS 'SELECT a::text'",
    "CREATE FUNCTION soundex(a text) RETURNS text LANGUAGE sql AS 'SELECT a'",
    "CREATE CAST (ad AS text) WITH FUNCTION leakf(ad)",
    "CREATE CAST (text AS ad) WITH FUNCTION leakf(text) AS ASSIGNMENT",
    "CREATE OPERATOR @@@ (LEFTARG = text, RIGHTARG = text, FUNCTION = leaks)",
    "CREATE OPERATOR + (LEFTARG = ad, RIGHTARG = ad, FUNCTION = leaks)",
    "CREATE EXTENSION citext",
)  # fmt: skip

CALLING = (
    "mail = (home).leakf",
    "mail = (people.home).leakf || 'x'",
    "mail = (spot).at.leakf",
    "mail = (people).leakf",
    "mail = (mail).upper",
    "mail = home::text",
    "mail = CAST(home AS text)",
    "home = mail",
    "home = mail::ad",
    "mail = mail @@@ 'x'",
    "home = home + home",
    "mail = lower(mail::varchar)",
    "mail = soundex(mail)",
)
HARMLESS = (
    "mail = (home).city, home = NULL",
    "mail = (spot).at.city",
    "mail = (people).mail",
    "mail = pg_catalog.lower(id::text)",
    "mail = left(mail, 1) || (1 + id)::text, home = NULL",
    "home = '(a,b)'",
    "mail = (mail::citext = 'X')::text",
    "doc = doc - 'a'",
)


async def test_what_calls_a_users_function_unnamed_blocks(make_small: MakeSmall) -> None:
    made = make_small(*MADE)
    assert {sets: await codes(made, sets) for sets in CALLING} == {sets: {"user-made"} for sets in CALLING}
    assert {sets: await codes(made, sets) for sets in HARMLESS} == {sets: set() for sets in HARMLESS}


async def codes(made: Small, sets: str) -> set[str]:
    """Return the codes of what stops one UPDATE because of what it calls."""
    async with made.ruled(f"UPDATE people SET {sets}").harbor() as harbor:
        found = (await harbor.explain("shop")).blocking
    return {one.code for one in found}


async def test_nothing_of_it_runs(make_small: MakeSmall) -> None:
    with pytest.raises(RulesBlocked) as refused:
        await make_small(*MADE, rules="UPDATE people SET mail = (home).leakf").sanitize(ephemeral=True)
    assert [one["code"] for one in refused.value.details["findings"]] == ["user-made"]  # type: ignore[index,union-attr]
