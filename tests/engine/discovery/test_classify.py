"""Columns are told by what they hold where names say nothing, and by name where they hold nothing."""

import random
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice

import pytest
from psycopg import sql
from support.postgres import NewDatabase, Postgres, Reader, connect, execute
from support.shop import Shop

from snapharbor.engine.database.postgres.inspect import inspect
from snapharbor.engine.database.postgres.probe import probe
from snapharbor.engine.discovery.classify import PERSONAL, Classification, classify, looks_personal
from snapharbor.engine.model.catalog import Catalog, TableName
from snapharbor.engine.model.sensitive import Evidence
from snapharbor.engine.model.target import Limits
from snapharbor.engine.model.url import DatabaseUrl

pytestmark = pytest.mark.server
ROWS = 120
CHANCE = random.Random(11)

PEOPLE = """Anna Meyer| Björn Novak| Chloé Okafor| Dmitri Petrov| Eszter Quispe| Fatima Rossi| Giulia Sato|
Henk Tanaka| Inés Varga| Jürgen Weiss| Kerstin Schulz| Luca Bianchi| Maria Garcia| Nicolas
Dubois| Olga Ivanova| Pedro Silva| Renate Fischer| Sofia Costa| Tomás Ferreira| Ursula Wagner|
Wanda Nowak| Xavier Martin| Yvonne Keller| Thandiwe Nkosi"""
NAMES = [name.strip() for name in PEOPLE.split("|")]


def luhn_numbers() -> list[str]:
    """Return card numbers, the check digit computed by adding digits up."""
    numbers: list[str] = []
    for _ in range(ROWS):
        body = [4, *(CHANCE.randrange(10) for _ in range(14))]
        total = sum(
            sum(divmod(2 * digit, 10)) if place % 2 == 0 else digit for place, digit in enumerate(body)
        )
        numbers.append("".join(map(str, [*body, -total % 10])))
    return numbers


def ibans() -> list[str]:
    """Return German IBANs, the check digits computed as the standard says."""
    accounts = [f"{CHANCE.randrange(10**18):018d}" for _ in range(ROWS)]
    return [f"DE{98 - int(account + '131400') % 97:02d}{account}" for account in accounts]


def dnis() -> list[str]:
    """Return Spanish identity numbers with their letters."""
    numbers = [CHANCE.randrange(10**8) for _ in range(ROWS)]
    return [f"{number:08d}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}" for number in numbers]


def some(*values: object) -> list[object]:
    return list(islice(cycle(values), ROWS))


def each(make: Callable[[int], object]) -> list[object]:
    return [make(number) for number in range(ROWS)]


# kind -> values. The columns are called c1, c2, …: only what they hold can tell.
SEEN: dict[str, list[object]] = {
    "email": each(lambda n: f"{NAMES[n % 24].split()[0].lower()}{n}@mail.example"),
    "email ": each(lambda n: "-" if n % 9 else f"person{n}@mail.example"),
    "phone": each(lambda n: f"+49 30 {1000000 + n * 37}"),
    "phone ": each(lambda n: f"({200 + n}) 555-{1000 + n}"),
    "iban": list(ibans()),
    "card": list(luhn_numbers()),
    "national-id": list(dnis()),
    "national-id ": each(lambda n: f"{100 + n}-{10 + n % 80}-{1000 + n}"),
    "ip": each(lambda n: f"198.51.100.{n}"),
    "ip ": each(lambda n: f"2001:db8::{n:x}"),
    "mac": each(lambda n: f"00:1b:44:11:3a:{n:02x}"),
    "full-name": some(*NAMES),
    "first-name": some(*(name.split()[0] for name in NAMES)),
    "last-name": some(*(name.split()[1] for name in NAMES)),
    "street": each(lambda n: f"{['Lindenweg', 'Hauptstraße', 'Rue Haute', 'Calle Mayor'][n % 4]} {n + 1}"),
    "address": each(lambda n: f"{NAMES[n % 24]}, Gartenstraße {n}, Köln"),
    "secret": each(lambda n: "$2b$12$" + secrets.token_hex(26)),
    "secret ": each(lambda _: secrets.token_hex(20)),
    "secret  ": each(lambda n: f"postgres://app:{secrets.token_hex(6)}@db{n}.example/shop"),
    "free-text": each(
        lambda n: f"asked twice, see ticket {n}" if n % 20 else "wrote to ana@mail.example again"
    ),
    "free-text ": each(lambda n: f"Call +49 30 {1000000 + n * 37} when it is there"),
}
HARMLESS: list[list[object]] = [
    each(lambda n: f"SKU-{n:04d}"),
    each(lambda n: f"Thing {n}"),
    each(lambda n: str(uuid.UUID(int=CHANCE.getrandbits(128), version=4))),
    each(lambda _: f"{CHANCE.randrange(10**9):09d}"),
    each(lambda _: f"{CHANCE.randrange(10**11):011d}"),
    each(lambda _: f"4{CHANCE.randrange(10**15):015d}"),
    each(lambda _: f"{CHANCE.randrange(10**8):08d}{CHANCE.choice('ABCDEFGHJKLMNPQRSTVWXYZ')}"),
    each(lambda n: f"2026-11-{1 + n % 28:02d} 12:{n % 60:02d}:00"),
    each(lambda n: f"1.{n % 9}.{n}"),
    each(lambda n: f"{n}.99"),
    each(lambda n: f"https://www.example/products/{n}?page=2"),
    each(lambda n: f"/var/data/report-{n}.pdf"),
    each(lambda n: f"PO/{2020 + n % 6}/{n:05d}"),
    some("new", "paid", "shipped", "returned"),
    some("red", "green", "blue", "white", "brown", "black", "gray"),
    some("Germany", "France", "Spain", "Portugal", "Italy", "Georgia", "Jordan"),
    some("Monday", "Tuesday", "April", "May", "June", "August"),
    some("Stainless Steel Bottle", "Wooden Chair", "Red Wine Glass", "Garden Hose", "Young Gouda"),
    some("Great product, would buy again", "Too small for me", "Arrived late, but works well"),
    some("en-GB", "de-DE", "pt-BR"),
    some("com.example.shop.OrderService", "com.example.shop.billing.InvoiceJob"),
    each(lambda n: '{"en": "Thing", "size": ' + str(n) + "}"),
]


@dataclass(frozen=True, slots=True)
class Looked:
    """A database and what its columns look like."""

    catalog: Catalog
    classification: Classification

    def of(self, table: str, column: str, schema: str = "public") -> tuple[Evidence, ...]:
        return self.classification.of(TableName(schema, table), column)

    def places(self, table: str, column: str) -> set[tuple[str, str]]:
        """Return kinds and paths of what looks personal."""
        return {(piece.kind, piece.path) for piece in self.of(table, column) if piece.confidence >= PERSONAL}

    def personal(self) -> set[str]:
        return {
            f"{table.name.name}.{column.name}"
            for table in self.catalog.tables
            for column in table.columns
            if looks_personal(self.classification.of(table.name, column.name))
        }


async def look(url: DatabaseUrl, seconds: float = 60) -> Looked:
    catalog = await inspect(url)
    found = await classify(
        catalog, lambda queries: probe(url, queries, Limits(statement_timeout=10)), seconds=seconds
    )
    return Looked(catalog, found)


def fill(url: DatabaseUrl, table: str, columns: list[list[object]]) -> None:
    names = sql.SQL(", ").join(
        sql.SQL("{} text").format(sql.Identifier(f"c{place}")) for place in range(len(columns))
    )
    with connect(url) as connection:
        connection.execute(sql.SQL("CREATE TABLE {} ({})").format(sql.Identifier(table), names))
        with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
            for row in zip(*columns, strict=True):
                copy.write_row(row)


async def test_values_alone_tell_personal_columns_and_raise_no_false_alarm(new_database: NewDatabase) -> None:
    url = new_database()
    fill(url, "t1", list(SEEN.values()))
    fill(url, "t2", HARMLESS)
    looked = await look(url)
    first = {
        kind.strip(): [piece.kind for piece in looked.of("t1", f"c{place}") if piece.confidence >= PERSONAL][
            :1
        ]
        for place, kind in enumerate(SEEN)
    }
    assert first == {kind: [kind] for kind in first}
    assert {name for name in looked.personal() if name.startswith("t2.")} == set()
    recall = len([name for name in looked.personal() if name.startswith("t1.")]) / len(SEEN)
    assert recall == 1


async def test_names_alone_tell_where_there_are_no_rows(new_database: NewDatabase) -> None:
    url = new_database(
        "CREATE TABLE kunden (id int, name text, vorname text, geburtsdatum date, plz char(5),"
        " ist_aktiv bool, umsatz numeric, angelegt_am timestamptz, iban text, notiz text, telefon bigint,"
        " email_verified bool)"
    )
    assert (await look(url)).personal() == {
        f"kunden.{name}" for name in ("name", "vorname", "geburtsdatum", "plz", "iban", "notiz", "telefon")
    }


async def test_values_speak_against_a_name(new_database: NewDatabase) -> None:
    url = new_database("CREATE TABLE t (mail text, ip text)", "INSERT INTO t SELECT 'by post', 'patent ' || n"
                       " FROM generate_series(1, 50) AS n")  # fmt: skip
    assert (await look(url)).personal() == set()


async def test_types_tell_and_are_seen_through(new_database: NewDatabase, each_postgres: Postgres) -> None:
    url = new_database(
        "CREATE EXTENSION citext; CREATE DOMAIN mailbox AS citext; CREATE DOMAIN boxes AS mailbox;"
        "CREATE TYPE place AS (street text, zip text); CREATE TYPE mood AS ENUM ('ok');"
        "CREATE TABLE t (a inet, b macaddr, c mailbox, d boxes[], e place, f place[], g mood, h bytea,"
        " i oid, k tsvector)",
        "INSERT INTO t SELECT '198.51.100.1', '00:1b:44:11:3a:b7', 'ana@mail.example', '{ana@mail.example}',"
        " ROW('Lindenweg 5', '10969')::place, ARRAY[ROW('Lindenweg 6', '10969')::place], 'ok', '\\x00', 0,"
        " to_tsvector('simple', 'ana@mail.example wrote') FROM generate_series(1, 10)",
        server=each_postgres,
    )
    looked = await look(url)
    assert {name: looked.places("t", name) for name in "abcdefghik"} == {
        "a": {("ip", "")},
        "b": {("mac", "")},
        "c": {("email", "")},
        "d": {("email", "[]")},
        "e": {("street", ".street"), ("postcode", ".zip")},
        "f": {("street", "[].street"), ("postcode", "[].zip")},
        "g": set(),
        "h": set(),
        "i": {("document", "")},
        "k": {("free-text", "")},
    }


async def test_fields_of_any_name_are_told_by_name_and_by_what_they_hold(new_database: NewDatabase) -> None:
    url = new_database(
        """CREATE TYPE place AS ("Zip Code" text, "e mail" text); CREATE TABLE t (a place, b place)""",
        "INSERT INTO t (a) SELECT ROW('10969', 'u' || n || '@mail.example')::place"
        " FROM generate_series(1, 9) n",
    )
    looked = await look(url)
    for column in ("a", "b"):
        assert looked.places("t", column) == {("postcode", '."Zip Code"'), ("email", '."e mail"')}


async def test_what_json_holds_is_named_by_its_path(new_database: NewDatabase) -> None:
    url = new_database(
        "CREATE TABLE t (doc jsonb, log text, votes jsonb)",
        """INSERT INTO t SELECT jsonb_build_object('who', jsonb_build_array(jsonb_build_object(
             'odd key', 'u' || n || '@mail.example', 'n', n)), 'ok', true),
           '{"ip": "198.51.100.' || n || '"}', jsonb_build_object('u' || n || '@mail.example', 'x')
           FROM generate_series(1, 100) AS n""",
    )
    looked = await look(url)
    assert looked.places("t", "doc") == {("email", '$.who[]."odd key"')}
    assert looked.places("t", "log") == {("ip", "$.ip")}
    assert looked.places("t", "votes") == {("email", "$.{}")}


async def test_birthdays_are_told_from_other_dates_beside_people(new_database: NewDatabase) -> None:
    url = new_database(
        "CREATE TABLE customers (a date, b date, c timestamp); CREATE TABLE bonds (a date)",
        "INSERT INTO customers SELECT date '1948-01-01' + n * 97, date '2019-01-01' + n, now() FROM"
        " generate_series(1, 200) AS n",
        "INSERT INTO bonds SELECT date '1948-01-01' + n * 97 FROM generate_series(1, 200) AS n",
    )
    assert (await look(url)).personal() == {"customers.a"}


async def test_a_value_that_is_almost_never_there_is_found(new_database: NewDatabase) -> None:
    url = new_database(
        "CREATE TABLE t (id int, x text)",
        "INSERT INTO t SELECT n, CASE WHEN n = 29000 THEN 'ana@mail.example' END"
        " FROM generate_series(1, 30000) AS n",
        "ANALYZE t",
    )
    assert (await look(url)).personal() == {"t.x"}


async def test_arrays_of_what_tells_nothing_are_not_asked_for(new_database: NewDatabase) -> None:
    url = new_database(
        "CREATE TABLE t (x text, numbers int[], files bytea[])",
        "INSERT INTO t VALUES ('ana@mail.example', '{1,2}', ARRAY['x'::bytea])",
    )
    assert (await look(url)).personal() == {"t.x"}


async def test_partitions_and_heirs_are_seen_through_their_parent(new_database: NewDatabase) -> None:
    url = new_database(
        "CREATE TABLE p (day date, x text) PARTITION BY RANGE (day);"
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
        "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
        "CREATE TABLE base (x text); CREATE TABLE heir (y text) INHERITS (base)",
        "INSERT INTO p SELECT '2026-02-02', 'u' || n || '@mail.example' FROM generate_series(1, 20) AS n",
        "INSERT INTO heir VALUES ('ana@mail.example', 'nothing')",
    )
    looked = await look(url)
    assert looked.personal() == {"p.x", "base.x", "heir.x"}


async def test_a_table_that_may_not_be_read_is_reported_and_judged_by_its_names(
    new_database: NewDatabase, reader: Reader
) -> None:
    url = new_database(
        "CREATE TABLE hidden (email text); CREATE TABLE shown (x text);"
        "CREATE TABLE mine (x text); ALTER TABLE mine ENABLE ROW LEVEL SECURITY;"
        "INSERT INTO shown VALUES ('ana@mail.example'); INSERT INTO hidden VALUES ('x')"
    )
    readable = reader(url)
    execute(url, "REVOKE ALL ON hidden FROM snapharbor_reader; ALTER ROLE snapharbor_reader NOBYPASSRLS")
    looked = await look(readable)
    execute(url, "ALTER ROLE snapharbor_reader BYPASSRLS")
    assert looked.personal() == {"hidden.email", "shown.x"}
    assert {name.name for name in looked.classification.unread} == {"hidden", "mine"}


async def test_without_time_everything_is_judged_by_its_names_and_said_so(new_database: NewDatabase) -> None:
    url = new_database("CREATE TABLE t (email text); CREATE TABLE s (x text);"
                       "INSERT INTO s VALUES ('ana@mail.example')")  # fmt: skip
    looked = await look(url, seconds=-1)
    assert looked.personal() == {"t.email"}
    assert {name.name for name in looked.classification.unread} == {"t", "s"}


async def test_the_shop_is_seen_through(each_shop: Shop) -> None:
    looked = await look(each_shop.source)
    assert looked.personal() == {
        *(f"customers.{name}" for name in ("email", "first_name", "last_name", "full_name", "phone")),
        *(f"customers.{name}" for name in ("birth_date", "home", "other_emails", "profile")),
        "Order.shipTo",
        "shipments.driver",
        "events.payload",
        *("notes.user", "notes.body"),
        *("documents.content", "documents.thumbnail"),
        *("sessions.token", "sessions.ip"),
        "audit.before",
        "best_customers.email",
    }
    assert looked.places("customers", "home") == {
        ("street", ".street"),
        ("city", ".city"),
        ("postcode", ".zip"),
    }
    assert looked.places("customers", "profile") == {("email", "$.contact.backup")}
    assert ("email", "[]") in looked.places("customers", "other_emails")
    assert looked.places("events", "payload") == {("email", "$.who"), ("ip", "$.ip")}
