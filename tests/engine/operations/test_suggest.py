"""Suggestions fit what they are for: types, lengths, keys, domains, CHECKs, and the rows that there are."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.postgres import NewDatabase, Reader, query
from support.postgres import Postgres as Server
from support.shop import EVERY_SCHEMA, Shop

from snapharbor.engine.model.errors import ArgumentInvalid, RuleSyntax
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.suggestion import Suggestion
from snapharbor.engine.model.target import Rules
from snapharbor.engine.operations import attempts

pytestmark = pytest.mark.server

PEOPLE = "INSERT INTO people SELECT n, 'anna' || n || '@mail.example' FROM generate_series(1, 40) n"
Suggest = Callable[..., Awaitable[Suggestion]]


@pytest.fixture
def suggested(postgres: Server, new_database: NewDatabase, reader: Reader, tmp_path: Path) -> Suggest:
    """Fill a database and suggest rules for it; keywords are those of its target and its settings."""

    async def suggest(
        *statements: str,
        template: str = "pii",
        rules: Rules | None = None,
        key: Secret | None = None,
        **target: object,
    ) -> Suggestion:
        owner = new_database(*statements)
        shop = Shop(postgres, owner, reader(owner), owner.on("no_copy"), tmp_path / "data")
        chosen = replace(shop.target, rules=rules, **target)  # type: ignore[arg-type]
        settings = shop.settings(chosen) if key is None else shop.settings(chosen, masking_key=key)
        async with shop.harbor(settings=settings) as harbor:
            return await harbor.suggest("shop", template)

    return suggest


def values(found: Suggestion) -> dict[str, str]:
    return {f"{one.table.name}.{one.column}": one.value for one in found.covered}


def left(found: Suggestion) -> set[str]:
    return {f"{one.table.name}.{one.column}" for one in found.left}


async def test_domains_and_checks_are_asked_and_null_takes_the_place_of_masks(suggested: Suggest) -> None:
    found = await suggested(
        "CREATE DOMAIN mailbox AS varchar(60) CHECK (VALUE LIKE '%@%')",
        "CREATE DOMAIN ours AS text CHECK (VALUE LIKE '%@corp.example')",
        r"""CREATE TABLE people (id int, email mailbox, work_email ours, boss_email ours NOT NULL,
            mobile text CHECK (mobile ~ '^\d+$'), fax text NOT NULL CHECK (fax ~ '^[0-9 +]+$'),
            first_name text,
            full_name text GENERATED ALWAYS AS (upper(first_name)) STORED CHECK (full_name = 'ANNA'))""",
        """INSERT INTO people SELECT n, 'a@mail.example', 'a@corp.example', 'b@corp.example', '4930' || n,
            '+49 30 ' || n, 'Anna' FROM generate_series(1, 40) n""",
    )
    assert values(found) == {
        "people.email": "snapharbor.email(email)",
        "people.work_email": "NULL",
        "people.mobile": "NULL",
        "people.fax": "snapharbor.phone(fax)",
        "people.first_name": "NULL",
    }
    assert left(found) == {"people.boss_email"}
    assert "constraint `people_mobile_check`" in next(
        one.why for one in found.covered if one.column == "mobile"
    )


async def test_what_no_mask_is_for_is_null_or_left_to_a_person(suggested: Suggest) -> None:
    found = await suggested(
        "CREATE TYPE blood AS ENUM ('A', 'B')",
        """CREATE TABLE patients (blood_type blood, blood_group blood NOT NULL, picture bytea,
            scan bytea NOT NULL, location point, phone varchar(4))""",
    )
    assert values(found) == {
        "patients.blood_type": "NULL",
        "patients.picture": "NULL",
        "patients.scan": "''",
        "patients.location": "NULL",
        "patients.phone": "snapharbor.redact(phone)",
    }
    assert left(found) == {"patients.blood_group"}
    assert "-- blood_group = ...," in found.sql


async def test_columns_that_refer_to_each_other_are_set_alike(suggested: Suggest) -> None:
    found = await suggested(
        """CREATE TABLE people (username varchar(40) UNIQUE NOT NULL,
             boss varchar(40) REFERENCES people(username));
           CREATE TABLE orders (at date, buyer varchar(40) REFERENCES people(username))
             PARTITION BY RANGE (at);
           CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM ('2020-01-01') TO ('2030-01-01');
           CREATE TABLE pairs (first_name text, last_name text, PRIMARY KEY (first_name, last_name));
           CREATE TABLE sides (a text, b text, FOREIGN KEY (a, b) REFERENCES pairs);
           CREATE TABLE accounts (email text PRIMARY KEY);
           CREATE TABLE mails (to_email varchar(30) REFERENCES accounts(email))"""
    )
    assert values(found) == {
        "people.username": "snapharbor.username(username)",
        "people.boss": "snapharbor.username(boss)",
        "orders.buyer": "snapharbor.username(buyer)",
        "pairs.first_name": "snapharbor.first_name(first_name)",
        "pairs.last_name": "snapharbor.last_name(last_name)",
        "sides.a": "snapharbor.first_name(a)",
        "sides.b": "snapharbor.last_name(b)",
    }
    assert left(found) == {"accounts.email", "mails.to_email"}, "a mask for one is too long for the other"


async def test_keys_that_would_meet_while_rows_change_are_not_permuted(suggested: Suggest) -> None:
    found = await suggested(
        "CREATE TABLE people (id int, ssn int UNIQUE, tax_id bigint UNIQUE, phone int)",
        "INSERT INTO people SELECT n, n, n * 3000000007, n FROM generate_series(1, 3000) n",
    )
    assert values(found) == {
        "people.ssn": "NULL",
        "people.tax_id": "snapharbor.key(tax_id)",
        "people.phone": "snapharbor.key(phone)",
    }


async def test_indexes_on_expressions_are_asked(suggested: Suggest) -> None:
    found = await suggested(
        "CREATE TABLE people (id int, email text, first_name text)",
        "CREATE UNIQUE INDEX ON people (lower(email)); CREATE UNIQUE INDEX ON people (lower(first_name))",
        """INSERT INTO people
             SELECT n, 'a' || n || '@mail.example', 'Anna' || n FROM generate_series(1, 900) n""",
    )
    assert values(found)["people.email"] == "snapharbor.email(email)"
    assert values(found)["people.first_name"] == "snapharbor.hash(first_name)"


async def test_what_a_rule_cannot_be_known_to_do_is_left(suggested: Suggest) -> None:
    found = await suggested(
        "CREATE FUNCTION fine(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END'",
        """CREATE TABLE parted (email text) PARTITION BY HASH (email);
           CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 1, REMAINDER 0);
           CREATE TABLE opaque (email text CHECK (fine(email)));
           CREATE TABLE ruled (email text);
           CREATE RULE quiet AS ON UPDATE TO ruled DO INSTEAD NOTHING;
           CREATE TABLE apart (email text, EXCLUDE (email WITH =))""",
    )
    assert found.covered == ()
    assert left(found) == {"parted.email", "opaque.email", "ruled.email", "apart.email"}
    assert [line for line in found.sql.splitlines() if line and not line.startswith("--")] == []


async def test_rules_and_reasons_that_are_there_are_not_repeated(suggested: Suggest) -> None:
    rules = Rules(
        override_query="UPDATE people SET email = NULL", keep={"public.people.phone": "the hotline"}
    )
    found = await suggested("CREATE TABLE people (email text, phone text, fax text)", rules=rules)
    assert values(found) == {"people.fax": "snapharbor.phone(fax)"}


async def test_tables_that_are_left_out_get_no_rule(suggested: Suggest) -> None:
    found = await suggested(
        "CREATE TABLE people (email text); CREATE TABLE logs (email text)",
        selection=replace(EVERY_SCHEMA, exclude_data=("public.logs",)),
    )
    assert values(found) == {"people.email": "snapharbor.email(email)"}


async def test_a_narrow_template_lists_what_it_leaves_alone(suggested: Suggest) -> None:
    found = await suggested(
        "CREATE TABLE people (email text, card_number text, profile jsonb)",
        """INSERT INTO people SELECT NULL, NULL, jsonb_build_object('mail', 'a' || n || '@mail.example',
            'card', '4111111111111111', 'token', 'sk_live_' || md5(n::text)) FROM generate_series(1, 30) n""",
        template="pci",
    )
    assert (found.template, [one.column for one in found.outside]) == ("pci", ["email"])
    assert values(found)["people.card_number"] == "snapharbor.card(card_number)"
    assert "'$.token', 'token'" in values(found)["people.profile"]
    assert "'$.mail'" not in values(found)["people.profile"]
    assert "not in pci: email in $.mail" in found.sql


async def test_no_value_is_in_a_suggestion_and_names_do_no_harm(suggested: Suggest) -> None:
    odd = 'e mail"; DROP TABLE people; --\n{{`HOME` | env}}'
    quoted = odd.replace('"', '""')
    found = await suggested(
        f"""CREATE SCHEMA "Odd.""One"; CREATE TABLE "Odd.""One"."Ta\nble" ("{quoted}" text)""",
        """INSERT INTO "Odd.""One"."Ta\nble"
             SELECT 'anna' || n || '@mail.example' FROM generate_series(1, 40) n""",
        "CREATE TABLE people (id int, email text)",
        PEOPLE,
    )
    assert {one.column for one in found.covered} == {odd, "email"}
    assert "anna" not in repr(found)
    assert "{{`HOME`" not in found.sql


async def test_where_there_is_no_time_for_all_rows_it_is_said(
    suggested: Suggest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "SECONDS", -1.0)
    found = await suggested(
        "CREATE TABLE people (id int, email text CHECK (email <> ''), phone text)",
        "INSERT INTO people SELECT n, 'a' || n || '@mail.example' FROM generate_series(1, 40) n",
    )
    assert {one.column: "no time for all" in one.why for one in found.covered} == {
        "email": True,
        "phone": False,
    }


async def test_a_name_that_no_rule_can_hold_is_left(suggested: Suggest) -> None:
    found = await suggested('CREATE TABLE people ("e\rmail" text, phone text)')
    assert values(found) == {"people.phone": "snapharbor.phone(phone)"}
    assert left(found) == {"people.e\rmail"}


async def test_an_empty_database_has_nothing_to_decide(suggested: Suggest) -> None:
    found = await suggested("CREATE TABLE things (sku text, price numeric)")
    assert (found.covered, found.left, found.outside) == ((), (), ())
    assert all(line.startswith("--") for line in found.sql.splitlines())


async def test_without_a_key_it_is_said_that_one_is_needed(suggested: Suggest) -> None:
    found = await suggested("CREATE TABLE people (email text)", key=Secret(""))
    assert values(found) == {"people.email": "snapharbor.email(email)"}
    assert any("keys.masking" in note for note in found.notes)


async def test_rules_that_cannot_be_read_and_templates_that_are_none_are_refused(suggested: Suggest) -> None:
    with pytest.raises(RuleSyntax):
        await suggested(
            "CREATE TABLE people (email text)", rules=Rules(override_query="UPDATE people SETT x")
        )
    with pytest.raises(ArgumentInvalid):
        await suggested("CREATE TABLE people (email text)", template="gdprr")


async def test_nothing_is_written_to_the_source(suggested: Suggest, postgres: Server) -> None:
    before = query(postgres.url, "SELECT count(*) FROM pg_database")
    await suggested("CREATE TABLE people (email text)", PEOPLE.replace("n, ", ""))
    assert query(postgres.url, "SELECT count(*) FROM pg_database")[0][0] == before[0][0] + 1  # type: ignore[operator]
