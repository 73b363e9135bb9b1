"""Where originals stay or come back although rules mask them: a test for each fear, by its number."""

import re
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from support.postgres import Age, Postgres, execute
from support.shop import MASKING_KEY
from support.small import MakeSmall, Small

from snapharbor.engine.masks.expression import expression
from snapharbor.engine.model.errors import RuleFailed
from snapharbor.engine.model.proof import LeakScan
from snapharbor.engine.operations.requests import ExportRequest, LoadRequest

from .conftest import World

pytestmark = pytest.mark.server

PEOPLE = (
    "CREATE TABLE people (id int PRIMARY KEY, mail text NOT NULL UNIQUE, name text)",
    "INSERT INTO people SELECT n, 'ann' || n || '@corp' || n || '.de', 'Ann Meyer' || n"
    " FROM generate_series(1, 40) AS n",
)
RULES = "UPDATE people SET mail = snapharbor.email(mail), name = snapharbor.full_name(name);"
RAW = b"@corp"


def places(scan: LeakScan, kind: str = "original") -> set[str]:
    """Return where a search has found something, without the schema `public`."""
    return {re.sub(r"(^| )public\.", r"\1", hit.place, count=1) for hit in scan.hits if hit.kind == kind}


def plain(directory: Path) -> bytes:
    """Return all files of an export in one piece, unpacked."""
    found: list[bytes] = []
    for path in directory.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            packed = content.startswith(b"\x1f\x8b")
            found.append(zlib.decompress(content, wbits=31) if packed else content)
    return b"\n".join(found)


async def exported(made: Small, directory: Path) -> bytes:
    """Sanitize, export and return everything that was written."""
    await made.sanitize()
    await made.do(ExportRequest("shop", directory))
    return plain(directory)


async def test_hazard_04_a_copy_of_a_masked_value_is_found_wherever_the_application_keeps_one(
    make_small: MakeSmall,
) -> None:
    made = make_small(
        *PEOPLE,
        "CREATE TABLE profiles AS SELECT jsonb_build_object('m', jsonb_build_array(mail)) AS d FROM people",
        "CREATE TABLE groups AS SELECT array_agg(name) AS members FROM people",
        "CREATE TABLE search AS SELECT id, to_tsvector('simple', mail) AS words FROM people",
        "CREATE TABLE people_history AS SELECT id, now() AS until, mail AS was FROM people",
        "CREATE TABLE outbox AS SELECT id, 'To: ' || mail || E'\\n\\nHello' AS message FROM people",
        "CREATE TABLE sessions AS SELECT convert_to('user=' || mail, 'UTF8') AS data FROM people",
        "CREATE TABLE job_queue AS SELECT '[{\"args\": [\"' || mail || '\"]}]' AS payload FROM people",
        "CREATE TABLE letters (id int, mail text, low text GENERATED ALWAYS AS (lower(mail)) STORED)",
        "INSERT INTO letters SELECT id, mail FROM people",
        rules=RULES,
    )
    scan = await made.scan()
    kept = {"profiles", "groups", "search", "people_history", "outbox", "sessions", "job_queue", "letters"}
    assert (places(scan), scan.passed) == (kept, False)


TYPES = {
    "citext": "mail::citext",
    "texts": "ARRAY[ARRAY[mail]]",
    "bytes": "mail::bytea",
    "domain": "mail::postal",
    "hstore": "hstore('m', mail)",
    "xml": "xmlelement(name a, mail)",
    "composite": "ROW(1, mail)::pair",
    "composites": "ARRAY[ROW(1, mail)::pair]",
    "textrange": "textrange(mail, mail, '[]')",
    "textranges": "textmultirange(textrange(mail, mail, '[]'))",
    "json": "json_build_object('m', mail)",
    "names": "mail::name",
    "points": "ROW(point(1, 2), mail)::spot",
    "schema": "ROW(1, mail)::circle.pair",
    "path": "('$.a ? (@ == \"' || mail || '\")')::jsonpath",
}


async def test_hazard_05_no_type_hides_a_value_from_the_search(
    make_small: MakeSmall, start_postgres: Callable[[Age], Postgres]
) -> None:
    made = make_small(
        "CREATE EXTENSION citext",
        "CREATE EXTENSION hstore",
        "CREATE DOMAIN postal AS citext CHECK (VALUE LIKE '%@%')",
        "CREATE TYPE pair AS (a int, b text)",
        "CREATE SCHEMA circle",
        "CREATE TYPE circle.pair AS (a int, b text)",
        "CREATE TYPE spot AS (at point, b text)",
        "CREATE TYPE textrange AS RANGE (subtype = text)",
        *PEOPLE,
        *(f"CREATE TABLE in_{name} AS SELECT id, {value} AS c FROM people" for name, value in TYPES.items()),
        rules=RULES,
        server=start_postgres("oldest"),  # with XML
    )
    scan = await made.scan()
    assert places(scan) == {f"in_{name}" for name in TYPES}


async def test_hazard_06_a_large_object_goes_with_its_row_and_is_searched_while_it_is_there(
    make_small: MakeSmall,
) -> None:
    content = "lo_from_bytea(0, convert_to('Passport of ' || mail, 'UTF8'))"
    scans = f"CREATE TABLE scans AS SELECT id, {content} AS file FROM people WHERE id < 4"
    made = make_small(*PEOPLE, scans, rules=RULES)
    kept = await made.scan()
    assert (kept.large_objects, places(kept)) == (3, {"large objects"})
    removed = await made.ruled(RULES + "DELETE FROM scans WHERE id > 0").loaded()
    assert removed.here("SELECT count(*) FROM pg_largeobject_metadata") == [(0,)]


# By what an archive calls them.
DEFINED = {
    "TABLE defaults": "CREATE TABLE defaults (a text DEFAULT 'ann1@corp1.de')",
    "TABLE checked": "CREATE TABLE checked (a text, CONSTRAINT c CHECK (a <> 'ann2@corp2.de'))",
    "TABLE made": "CREATE TABLE made (a text, b text GENERATED ALWAYS AS (a || 'ann3@corp3.de') STORED)",
    "MATERIALIZED VIEW vips": "CREATE MATERIALIZED VIEW vips AS SELECT 1 AS one WHERE 'ann4@corp4.de' <> ''",
    "VIEW vip": "CREATE VIEW vip AS SELECT 1 AS one WHERE 'ann5@corp5.de' <> ''",
    "INDEX partly": "CREATE INDEX partly ON people (id) WHERE mail = 'ann6@corp6.de'",
    "POLICY people own": "CREATE POLICY own ON people USING (mail = 'ann7@corp7.de')",
    "TABLE ATTACH part": "CREATE TABLE part PARTITION OF parts FOR VALUES IN ('ann8@corp8.de')",
    "TYPE labels": "CREATE TYPE labels AS ENUM ('ann9@corp9.de')",
    "FUNCTION chief()": "CREATE FUNCTION chief() RETURNS text LANGUAGE sql RETURN 'ann10@corp10.de'::text",
    "COMMENT TABLE people": "COMMENT ON TABLE people IS 'ask ann11@corp11.de'",
    "COMMENT COLUMN people.mail": "COMMENT ON COLUMN people.mail IS 'such as ann12@corp12.de'",
    "TRIGGER people t": "CREATE TRIGGER t BEFORE UPDATE ON people FOR EACH ROW"
    " WHEN (NEW.mail = 'ann13@corp13.de') EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "RULE vip r": "CREATE RULE r AS ON DELETE TO vip DO INSTEAD SELECT 'ann14@corp14.de'",
    "DOMAIN postal": "CREATE DOMAIN postal AS text DEFAULT 'ann15@corp15.de'",
    "AGGREGATE joined(text)": "CREATE AGGREGATE joined(text)"
    " (sfunc = textcat, stype = text, initcond = 'ann17@corp17.de')",
    "SEQUENCE ann18@corp18.de": 'CREATE SEQUENCE "ann18@corp18.de"',
    "STATISTICS st": "CREATE STATISTICS st ON (mail = 'ann19@corp19.de'), id FROM people",
    "FOREIGN TABLE far": "CREATE FOREIGN TABLE far (a text) SERVER nowhere OPTIONS (who 'ann20@corp20.de')",
}


async def test_hazard_07_a_value_in_a_definition_is_found_whatever_it_defines(make_small: MakeSmall) -> None:
    made = make_small(
        *PEOPLE,
        "CREATE TABLE parts (m text) PARTITION BY LIST (m)",
        "CREATE FOREIGN DATA WRAPPER nothing",
        "CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing",
        *DEFINED.values(),
        "CREATE PUBLICATION told FOR TABLE people WHERE (mail = 'ann16@corp16.de')",  # never comes along
        rules=RULES,
    )
    assert places(await made.scan()) == {*DEFINED, "SEQUENCE SET ann18@corp18.de"}


async def test_hazard_08_what_logs_in_elsewhere_is_left_out_or_told(make_small: MakeSmall) -> None:
    made = make_small(
        *PEOPLE,
        "CREATE EXTENSION postgres_fdw",
        "CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'db.corp.de')",
        "CREATE USER MAPPING FOR PUBLIC SERVER other OPTIONS (user 'u', password 'canary-1')",
        "CREATE SUBSCRIPTION sub CONNECTION 'host=h password=canary-2' PUBLICATION p WITH (connect = false)",
        "CREATE FOREIGN DATA WRAPPER anything",
        "CREATE SERVER odd FOREIGN DATA WRAPPER anything OPTIONS (password 'canary-3')",
        "CREATE VIEW linked AS SELECT 'postgres://u:canary-4@db.corp.de/x'::text AS url",
        rules=RULES,
    )
    execute(made.owner, f"ALTER DATABASE {made.owner.database} SET app.jwt_secret = 'canary-5'")
    try:
        written = await exported(made, made.directory / "export")
        scan = await made.scan()
    finally:
        execute(made.owner, "ALTER SUBSCRIPTION sub SET (slot_name = NONE)", "DROP SUBSCRIPTION sub")
    assert {*re.findall(rb"canary-\d", written)} == {b"canary-3", b"canary-4"}
    assert places(scan, "secret") == {"SERVER odd", "VIEW linked"}


async def test_hazard_09_what_reaches_outside_is_told_and_harmless_in_a_neutral_copy(
    make_small: MakeSmall,
) -> None:
    key = "sk_" + "live_"
    made = make_small(
        *PEOPLE,
        "CREATE EXTENSION postgres_fdw",
        "CREATE EXTENSION dblink",
        "CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'db.corp.de')",
        "CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION on_ddl()",
        "CREATE FUNCTION send() RETURNS void LANGUAGE sql AS $$ SELECT dblink_exec('o', 'TRUNCATE a') $$",
        "CREATE PUBLICATION told FOR ALL TABLES",
        "CREATE TABLE webhooks AS SELECT 1 AS id, 'https://corp.de/hook' AS url",
        f"CREATE TABLE settings AS SELECT '{key}' || md5('x') AS value",
        rules=RULES,
    )
    told = await made.scan()
    found = {(one.what, one.name.removeprefix("public.")) for one in told.calls_home}
    assert found == {
        ("EXTENSION", "postgres_fdw"),
        ("EXTENSION", "dblink"),
        ("SERVER", "other"),
        ("EVENT TRIGGER", "watch"),
        ("FUNCTION", "send()"),
        ("TABLE", "webhooks"),
    }
    assert places(told, "secret") == {"settings"}
    neutral = await made.ruled(neutralise=True).loaded()
    reaching = ("pg_event_trigger", "pg_publication", "pg_foreign_server", "webhooks")
    assert [neutral.here(f"SELECT count(*) FROM {name}") for name in reaching] == [[(0,)]] * 4


def test_hazard_10_a_materialized_view_is_made_anew_of_what_was_masked(world: World) -> None:
    assert world.there("SELECT count(*) FROM public.vip WHERE mail LIKE '%corp%'") == [(30,)]
    assert world.here("SELECT count(*), count(mail) FROM vip JOIN people USING (id, mail)") == [(30, 30)]


def test_hazard_11_no_statistics_of_originals_come_along(world: World) -> None:
    known = "SELECT count(*) FROM pg_stats WHERE coalesce(histogram_bounds::text, '') LIKE '%corp%'"
    assert world.there(known) != [(0,)]
    execute(world.copy.destination, "ANALYZE people")
    assert world.here(known) == [(0,)]


def test_hazard_12_no_page_of_a_copy_holds_rows_that_were_there_before(world: World) -> None:
    pages = "LATERAL pg_catalog.pg_read_binary_file(pg_catalog.pg_relation_filepath(c.oid)) AS page"
    stored = f"SELECT count(*) FROM pg_catalog.pg_class c, {pages} WHERE position('@corp'::bytea IN page) > 0"
    for url in (world.source.owner, world.copy.destination):
        execute(url, "CHECKPOINT")
    assert world.there(stored) != [(0,)]
    assert world.here(stored) == [(0,)]


@pytest.mark.parametrize("ephemeral", [False, True])
async def test_hazard_13_what_a_server_quotes_of_a_row_is_nowhere_to_be_read(
    make_small: MakeSmall, ephemeral: bool
) -> None:
    made = await make_small(
        *PEOPLE, rules="UPDATE people SET mail = substr(mail, 1, 4) || '@corp'"
    ).accepting()
    with pytest.raises(RuleFailed) as caught:
        await made.sanitize(ephemeral=ephemeral)
    assert caught.value.details["constraint" if not ephemeral else "line"]
    async with made.harbor() as harbor:
        told = [repr(job) for job in await harbor.jobs()] + [repr(one) for one in await harbor.audit()]
        assert [one async for one in harbor.export_audit()]
    assert not [text for text in (*told, repr(caught.value), caught.value.message) if "ann1" in text]
    files = [path for path in made.directory.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"ann1" in path.read_bytes()]


async def test_hazard_17_a_plain_hash_is_told_and_no_key_of_a_mask_leaves(make_small: MakeSmall) -> None:
    made = make_small(*PEOPLE, rules="UPDATE people SET mail = md5(mail)")
    async with made.harbor() as harbor:
        found = {(one.code, one.column) for one in (await harbor.explain("shop")).findings}
    assert ("unkeyed-hash", "mail") in found
    keyed = made.ruled(RULES)
    written = await exported(keyed, keyed.directory / "export")
    await keyed.do(LoadRequest("shop"))
    masks = expression("email", "mail", engine="postgres", key=MASKING_KEY, type="text", unique=True)
    keys = {MASKING_KEY.reveal(), *re.findall(r"[0-9a-f]{32,}", masks)}
    assert len(keys) > 1
    kept = [path.read_bytes() for path in keyed.directory.rglob("*") if path.is_file()]
    assert not [key for key in keys for content in (written, *kept) if key.encode() in content]


async def test_hazard_26_neither_roles_nor_hosts_nor_grants_are_in_what_is_shared(
    make_small: MakeSmall,
) -> None:
    made = make_small(
        "CREATE ROLE hazard_ann_meyer",
        *PEOPLE,
        "GRANT SELECT ON people TO hazard_ann_meyer",
        "ALTER TABLE people OWNER TO hazard_ann_meyer",
        "ALTER DEFAULT PRIVILEGES FOR ROLE hazard_ann_meyer GRANT SELECT ON TABLES TO PUBLIC",
        "CREATE SEQUENCE invoices",
        "SELECT setval('invoices', 4711)",
        rules=RULES,
    )
    execute(made.owner, f"ALTER ROLE hazard_ann_meyer IN DATABASE {made.owner.database} SET work_mem = '1MB'")
    written = await exported(made, made.directory / "export")
    assert b"ann_meyer" not in written
    assert b"snapharbor_reader" not in written
    assert made.source.host.encode() not in written
    execute(made.owner, "DROP OWNED BY hazard_ann_meyer", "DROP ROLE hazard_ann_meyer")


BLOBS = {
    "photo": "\\xffd8ffe000104a464946",
    "drawing": "\\x89504e470d0a1a0a",
    "letter": "\\x255044462d312e37",
    "archive": "\\x504b0304",
    "film": "\\x000000206674797069736f6d",
}


async def test_hazard_50_content_that_nobody_can_read_is_not_clean(make_small: MakeSmall) -> None:
    columns = ", ".join(f"'{head}'::bytea AS {name}" for name, head in BLOBS.items())
    made = make_small(*PEOPLE, f"CREATE TABLE files AS SELECT id, {columns} FROM people", rules=RULES)
    scan = await made.scan()
    assert {hit.column: hit.kind for hit in scan.hits} == dict.fromkeys(BLOBS, "hidden")
    assert not scan.passed
    emptied = ", ".join(f"{name} = NULL" for name in BLOBS)
    assert (await made.ruled(f"{RULES} UPDATE files SET {emptied}").scan()).passed
