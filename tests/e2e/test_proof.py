"""What rules mask must not be found in the finished snapshot, wherever it was copied to."""

from dataclasses import replace

import pytest
from support.postgres import execute, query
from support.shop import Shop, recipient, somebody

from snapharbor import __version__
from snapharbor.engine.model.errors import RuleLeaks
from snapharbor.engine.model.finding import Accepted
from snapharbor.engine.model.proof import LeakScan
from snapharbor.engine.model.target import Rules
from snapharbor.engine.operations.requests import (
    BuildRequest,
    LoadRequest,
    SanitizeRequest,
    ShareRequest,
    VerifyRequest,
)

pytestmark = pytest.mark.server

MASKED = """UPDATE people SET mail = snapharbor.email(mail), name = snapharbor.full_name(name),
    phone = snapharbor.phone(phone), card = snapharbor.card(card);"""
PEOPLE = (
    "CREATE SCHEMA hr",
    "SET search_path = hr",
    "CREATE TABLE people (id int PRIMARY KEY, mail text UNIQUE, name text, phone text, card text, born date)",
    "INSERT INTO people SELECT i, 'Ann' || i || '@corp' || i || '.de', 'Ann' || i || ' Öztürk' || i,"
    " '+49 30 ' || 1000000 + i, '4111-1111-1111-' || 1000 + i, '1990-01-01' FROM generate_series(1, 300) i",
)
KEEP = {"hr.people.id": "a number", "hr.people.born": "one day for all"}


async def scanned(shop: Shop, *more: str, rules: Rules, ephemeral: bool = False) -> LeakScan:
    """Sanitize a database with people and whatever else, and return what the search says."""
    execute(shop.server.url, "DROP DATABASE IF EXISTS people WITH (FORCE)", "CREATE DATABASE people")
    owner = shop.server.cluster.url("people")
    execute(owner, *PEOPLE, *more)
    execute(owner, f"GRANT USAGE ON SCHEMA hr TO {shop.source.user}")
    execute(owner, f"GRANT SELECT ON ALL TABLES IN SCHEMA hr TO {shop.source.user}")
    execute(owner, f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA hr TO {shop.source.user}")
    target = replace(shop.target, source=replace(shop.source, database="people"), rules=rules)
    async with shop.harbor(target) as harbor:
        made = await harbor.run(
            await harbor.plan(SanitizeRequest("shop", new=True, ephemeral=ephemeral)), confirmed=True
        )
        snapshot = await harbor.snapshot(str(made["snapshot"]))
    assert snapshot.manifest.sanitization is not None
    assert snapshot.manifest.sanitization.scan is not None
    assert made["clean"] == snapshot.manifest.sanitization.scan.passed
    return snapshot.manifest.sanitization.scan


def rules(text: str = MASKED, **changes: object) -> Rules:
    return Rules(override_query=text.replace("people", "hr.people"), keep=KEEP, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("ephemeral", [False, True])
async def test_a_database_whose_masks_leave_nothing_is_clean(each_shop: Shop, ephemeral: bool) -> None:
    scan = await scanned(each_shop, rules=rules(), ephemeral=ephemeral)
    assert (scan.passed, scan.hits, scan.unread) == (True, (), ())
    assert scan.masked == ("hr.people.card", "hr.people.mail", "hr.people.name", "hr.people.phone")
    assert scan.originals >= 4 * 300
    assert scan.cells >= 300 * 5


# Each makes one value out of what a row of `people` holds.
COPIES = {
    "json": "jsonb_build_object('a', jsonb_build_array(mail))",
    "array": "ARRAY['x', name]",
    "free_text": "'call ' || name || ', at ' || phone || '.'",
    "another_case": "upper(name)",
    "digits": "translate(phone, '+ ', '')",
    "a_card_without_signs": "replace(card, '-', '')::numeric",
    "bytes": "convert_to('{' || mail || '}', 'UTF8')",
    "a_url": "'https://x.org/?m=' || replace(mail, '@', '%40')",
    "words": "to_tsvector('simple', name || ' ' || mail)",
    "escapes": """to_json('a"b' || chr(10) || mail)""",
    "a_domain": "mail::who",
    "a_composite": "ROW(id, name)::pair",
}


async def test_a_copy_of_an_original_is_found_in_every_type(each_shop: Shop) -> None:
    copies = (
        f"CREATE TABLE copy_{case} AS SELECT id, {value} AS c FROM people" for case, value in COPIES.items()
    )
    scan = await scanned(
        each_shop, "CREATE DOMAIN who AS text", "CREATE TYPE pair AS (a int, b text)", *copies, rules=rules()
    )
    found = {hit.place.removeprefix("hr.copy_"): hit.count for hit in scan.hits if hit.kind == "original"}
    assert found.keys() == COPIES.keys()
    assert min(found.values()) >= 300
    assert not scan.passed


FAMILIES = (
    "CREATE TABLE families (id int PRIMARY KEY, first_name text, last_name text, town text)",
    "INSERT INTO families SELECT i, 'Georgia', 'Hunter' || chr(65 + i) || 'son', 'Cork'"
    " FROM generate_series(1, 9) i",
    "CREATE TABLE parts AS SELECT id, 'a map of ' || first_name AS a, last_name AS b, town AS c"
    " FROM families",
    "CREATE TABLE wholes AS SELECT id, 'ask ' || first_name || ' ' || last_name AS a,"
    " jsonb_build_array(upper(last_name || ' ' || first_name)) AS b FROM families",
)
FAMILY_RULES = """UPDATE hr.families SET first_name = snapharbor.first_name(first_name),
    last_name = snapharbor.last_name(last_name), town = snapharbor.city(town);"""


async def test_two_names_of_a_person_are_found_together_and_not_where_each_stands_for_itself(
    each_shop: Shop,
) -> None:
    scan = await scanned(each_shop, *FAMILIES, rules=rules(MASKED + FAMILY_RULES))
    found = {(hit.place, hit.column): hit.count for hit in scan.hits if hit.kind == "original"}
    assert found == {("hr.wholes", "a"): 9, ("hr.wholes", "b"): 9}
    assert {"hr.families.first_name", "hr.families.last_name"} < {*scan.masked}
    assert "hr.families.town" not in scan.masked


DEFINITIONS = {
    "TABLE hr.people": "ALTER TABLE people ADD boss text DEFAULT 'Ann7@corp7.de'",
    "VIEW hr.vip": "CREATE VIEW vip AS SELECT * FROM people WHERE name = 'Ann9 Öztürk9'",
    "COMMENT hr.TABLE people": "COMMENT ON TABLE people IS 'ask Ann3@corp3.de'",
    "FUNCTION hr.chief()": "CREATE FUNCTION chief() RETURNS text LANGUAGE sql"
    " AS $$ SELECT 'Ann5@corp5.de'::text $$",
    "TYPE hr.boss": "CREATE TYPE boss AS ENUM ('Ann1@corp1.de', 'none')",
    "POLICY hr.people own": "CREATE POLICY own ON people USING (mail = 'Ann2@corp2.de')",
    "TABLE ATTACH hr.p1": "CREATE TABLE p1 PARTITION OF p FOR VALUES IN ('Ann4@corp4.de')",
    "INDEX hr.partly": "CREATE INDEX partly ON people (id) WHERE mail = 'Ann6@corp6.de'",
    "SEQUENCE hr.Ann8@corp8.de": 'CREATE SEQUENCE "Ann8@corp8.de"',
}


async def test_an_original_in_a_definition_is_found_wherever_it_stands(each_shop: Shop) -> None:
    table = "CREATE TABLE p (m text) PARTITION BY LIST (m)"
    scan = await scanned(each_shop, table, *DEFINITIONS.values(), rules=rules())
    assert DEFINITIONS.keys() <= {hit.place for hit in scan.hits if hit.kind == "original"}
    assert not scan.passed


GRANT_OBJECTS = """DO $$ DECLARE one oid; BEGIN FOR one IN SELECT oid FROM pg_largeobject_metadata LOOP
    EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO PUBLIC', one); END LOOP; END $$"""


async def test_an_original_in_a_large_object_is_found(shop: Shop) -> None:
    content = "lo_from_bytea(0, convert_to('Scan of ' || name, 'UTF8'))"
    scan = await scanned(
        shop, f"CREATE TABLE files AS SELECT {content} AS file FROM people", GRANT_OBJECTS, rules=rules()
    )
    assert scan.large_objects == 300
    assert [(hit.kind, hit.count) for hit in scan.hits if hit.place == "large objects"] == [("original", 300)]


async def test_what_cannot_be_searched_and_what_nobody_decided_on_is_not_clean(shop: Shop) -> None:
    scan = await scanned(
        shop,
        "CREATE TABLE files AS SELECT id, decode('1f8b0800', 'hex') AS zipped FROM people",
        "CREATE TABLE notes AS SELECT id, 'mail somebody' || id || '@else.org' AS n FROM people",
        rules=rules(policy="warn"),
    )
    found = {(hit.place, hit.column, hit.kind, hit.count) for hit in scan.hits}
    assert found == {("hr.files", "zipped", "hidden", 300), ("hr.notes", "n", "email", 300)}
    assert not scan.passed


async def test_what_is_shared_by_many_rows_means_nobody_and_what_rules_write_is_no_original(
    shop: Shop,
) -> None:
    scan = await scanned(
        shop,
        "ALTER TABLE people ADD town text, ADD rank text",
        "UPDATE people SET town = 'Springfield'",
        "UPDATE people SET rank = CASE WHEN id < 5 THEN 'general staff' ELSE 'none at all' END",
        "CREATE TABLE towns AS SELECT 'Springfield' AS name, 'seat of the general staff' AS what",
        rules=rules(MASKED + " UPDATE people SET town = 'Elsewhere', rank = 'general staff'"),
    )
    assert scan.hits == ()


async def test_a_hit_bars_sharing_and_verification_until_somebody_accepts_it(shop: Shop) -> None:
    leak = "CREATE TABLE copy AS SELECT id, mail AS c FROM people"
    scan = await scanned(shop, leak, rules=rules(policy="warn"))
    (original,) = [hit for hit in scan.hits if hit.kind == "original"]
    (shape,) = [hit for hit in scan.hits if hit.kind == "email"]
    accept = tuple(Accepted(hit.fingerprint, "test accounts", "ana") for hit in (original, shape))
    target = replace(shop.target, source=replace(shop.source, database="people"))
    settings = {"recipients": (recipient(somebody()),)}
    for accepted, clean in (((), False), (accept[:1], False), (accept, True)):
        chosen = replace(target, rules=rules(policy="warn", accept=accepted))
        async with shop.harbor(settings=shop.settings(chosen, **settings)) as harbor:
            plan = await harbor.plan(SanitizeRequest("shop", new=True))
            made = await harbor.run(plan, confirmed=True)
            assert made["clean"] is clean
            for request in (ShareRequest("shop", ("ben",)), VerifyRequest("shop")):
                if clean:
                    await harbor.run(await harbor.plan(request), confirmed=True)
                else:
                    with pytest.raises(RuleLeaks):
                        await harbor.run(await harbor.plan(request), confirmed=True)


async def test_no_original_value_stands_in_the_report_or_on_the_disk(shop: Shop) -> None:
    scan = await scanned(
        shop, "CREATE TABLE copy AS SELECT id, mail AS c FROM people", rules=rules(policy="warn")
    )
    assert "corp" not in repr(scan)
    kept = [path for path in shop.directory.rglob("*") if path.is_file() and b"@corp" in path.read_bytes()]
    assert kept == []


@pytest.mark.parametrize("ephemeral", [False, True])
async def test_what_holds_a_password_is_stripped_and_what_reaches_outside_is_told(
    shop: Shop, ephemeral: bool
) -> None:
    outside = (
        "CREATE EXTENSION postgres_fdw SCHEMA public",
        "CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'db.corp.de')",
        "CREATE USER MAPPING FOR PUBLIC SERVER other OPTIONS (user 'u', password 'fdw-canary')",
        "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION f()",
        "CREATE TABLE mail_queue AS SELECT 1 AS id",
        "CREATE FUNCTION g() RETURNS text LANGUAGE sql AS $$ SELECT 'host=h password=dblink-canary'::text $$",
    )
    scan = await scanned(shop, *outside, rules=rules(policy="warn"), ephemeral=ephemeral)
    told = {(one.what, one.name) for one in scan.calls_home}
    assert {("SERVER", "other"), ("EVENT TRIGGER", "watch"), ("TABLE", "hr.mail_queue")} <= told
    assert "USER MAPPING" not in {one.what for one in scan.calls_home}
    assert ("FUNCTION hr.g()", "secret") in {(hit.place, hit.kind) for hit in scan.hits}
    assert "canary" not in repr(scan)
    neutral = await scanned(shop, *outside, rules=rules(policy="warn", neutralise=True), ephemeral=ephemeral)
    assert {one.what for one in neutral.calls_home if not one.neutralised} <= {"EXTENSION"}


async def test_a_source_that_was_only_built_has_no_search(shop: Shop) -> None:
    async with shop.harbor() as harbor:
        made = await harbor.run(await harbor.plan(BuildRequest("shop")), confirmed=True)
    assert "leaks" not in made


@pytest.mark.parametrize("ephemeral", [False, True])
async def test_a_copy_says_what_it_is_and_leaves_a_table_of_that_name_alone(
    each_shop: Shop, ephemeral: bool
) -> None:
    shop = each_shop
    own = "CREATE TABLE snapharbor_info AS SELECT 'mine' AS what"
    execute(shop.owner, own, "GRANT SELECT ON snapharbor_info TO PUBLIC")
    async with shop.harbor() as harbor:
        plan = await harbor.plan(SanitizeRequest("shop", new=True, ephemeral=ephemeral))
        made = await harbor.run(plan, confirmed=True)
        await harbor.run(await harbor.plan(LoadRequest("shop")), confirmed=True)
        snapshot = await harbor.snapshot("shop")
    assert snapshot.manifest.sanitization is not None
    assert query(shop.destination, "SELECT what FROM snapharbor_info") == [("mine",)]
    ((tags,),) = query(shop.destination, "SELECT tags FROM snapharbor_info_1 WHERE created_at <= now()")
    assert tags == [
        "target:shop",
        f"snapshot:{made['snapshot']}",
        f"rules:{snapshot.manifest.sanitization.digest}",
        f"tool:snapharbor {__version__}",
    ]
    assert query(shop.owner, "SELECT to_regclass('snapharbor_info_1')") == [(None,)]
