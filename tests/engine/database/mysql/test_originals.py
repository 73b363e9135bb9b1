"""What a server hashes of a value is what the search looks up where the value stands, and nothing else."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from anyio import to_thread
from support.mysql import MysqlServer, NewSchema

from snapharbor.engine.database.base import Hashing, SliceReader
from snapharbor.engine.database.mysql.database import MysqlDatabase
from snapharbor.engine.database.wanted import FIRST_WORD, PLAIN, SURE, Changed, Wanted
from snapharbor.engine.discovery.leaves import step
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.errors import DatabaseFailed
from snapharbor.engine.model.target import Limits, Selection
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.proof.hashing import packed_address, sha256

pytestmark = pytest.mark.both_products

SEED = 0x0023_5678_9ABC_DEF1
TEXT = "longtext CHARACTER SET utf8mb4"
# 41 letters, 77 bytes.
LONG_NAME = "анна преображенская воскресенская иванова"
LETTER = (
    "Write to X.Y@Example.org, <a+b@c.de>. Or call +49 171 1234567,\n"
    "0171/9876543-1; not ab12345678 or 12345678é"
)
EMAIL = Wanted("c", TEXT, ("email",))
NAME = Wanted("c", TEXT, ("full-name",))
PHONE = Wanted("c", TEXT, ("phone",))
NOTE = Wanted("c", TEXT, ("free-text",))
CITY = Wanted("c", TEXT, ("city",))
ANYTHING = Wanted("c", "json")
DOCUMENT = Wanted("c", "json", ("email",), ("$.to[].mail", '$."a b"', "$.by.{}"))
ODD_KEY = 'aé/"\\'
ODD = Wanted("c", "json", ("email",), ("$" + step(ODD_KEY),))
NOTES = Wanted("c", "json", ("free-text",), ("$.notes",))
OF_MARIADB = ("uuid", "inet4", "inet6")
UUID = "123e4567-e89b-12d3-a456-426614174000"

Found = set[tuple[bytes, int]]


def sure(*pieces: str | bytes) -> Found:
    return {(one.encode() if isinstance(one, str) else one, SURE) for one in pieces}


def plain(*pieces: str | bytes) -> Found:
    return {(one.encode() if isinstance(one, str) else one, PLAIN) for one in pieces}


def first(piece: str) -> Found:
    return {(piece.encode(), FIRST_WORD)}


def hashes_of(reader: SliceReader, pieces: Iterable[Hashing]) -> Counter[tuple[int, int]]:
    """Return hashes with what each is of."""
    found = Counter[tuple[int, int]]()
    for one in pieces:
        assert one.digits
        for line in b"".join(reader.read(one.piece)).splitlines():
            for flag, digits in zip(one.flags, map(bytes.fromhex, line.decode().split("\t")), strict=True):
                values = (digits[at : at + 8] for at in range(0, len(digits), 8))
                found.update((int.from_bytes(value, "big"), flag) for value in values)
    return found


async def hashed(
    url: DatabaseUrl, mysql: MysqlServer, directory: Path, *columns: Wanted
) -> Counter[tuple[int, int]]:
    database = MysqlDatabase(url, mysql.settings(directory), readers=1)
    async with database.view(Selection(), Limits()) as view:
        pieces = [*view.hashings({TableName(url.database, "t"): columns}, SEED)]
        with view.reader() as reader:
            return await to_thread.run_sync(hashes_of, reader, pieces)


def table(new_schema: NewSchema, type_: str, *values: str) -> DatabaseUrl:
    """Make a table of one column with some values, and NULL."""
    texts = (f"(CONVERT(X'{value.encode().hex()}' USING utf8mb4))" for value in values)
    return new_schema(f"CREATE TABLE t (c {type_}); INSERT INTO t VALUES {', '.join(('(NULL)', *texts))};")


@pytest.mark.parametrize(
    ("column", "type_", "value", "expected"),
    [
        (EMAIL, TEXT, "Ada@Example.org", sure("ada@example.org")),
        (EMAIL, TEXT, "", sure("")),
        (NAME, TEXT, "Ünïcode-MÜLLER × ÷ ÞÝ", sure("ünïcode-müller × ÷ þý") | first("ünïcode-müller")),
        (NAME, TEXT, "  van der Berg ", sure("van der berg") | first("van")),
        (NAME, TEXT, LONG_NAME.upper(), sure(LONG_NAME.upper()) | first("АННА")),
        (NAME, TEXT, "a " + "b" * 119, sure("a " + "b" * 119)),
        (NAME, "varchar(80) CHARACTER SET latin1", "ÄRGER \\ 'ö'", sure("ärger \\ 'ö'") | first("ärger")),
        (PHONE, TEXT, "+49 (171) 12-34/5.67", sure("+49 (171) 12-34/5.67", "491711234567")),
        (
            NOTE,
            TEXT,
            LETTER,
            plain(LETTER.lower())
            | first("write")
            | sure("x.y@example.org", "a+b@c.de", "491711234567", "017198765431"),
        ),
        (NOTE, TEXT, "\x01 a@b.c\x02\x01", plain("\x01 a@b.c\x02\x01") | first("\x01") | sure("a@b.c")),
        (CITY, TEXT, "Leipzig", set[tuple[bytes, int]]()),
        (Wanted("c", "bigint(20)"), "bigint", "123456789012", plain("123456789012")),
        (Wanted("c", "int(11)"), "int", "12345678", set[tuple[bytes, int]]()),
        (Wanted("c", "decimal(20,2)", ("card",)), "decimal(20,2)", "123456789.50", sure("123456789.50")),
        (Wanted("c", "uuid"), "uuid", UUID.upper(), plain(UUID)),
        (Wanted("c", "inet6", ("ip",)), "inet6", "2001:DB8::1", plain(packed_address(b"2001:db8::1"))),
        (Wanted("c", "inet4", ("ip",)), "inet4", "10.0.0.7", plain(packed_address(b"10.0.0.7"))),
    ],
)
async def test_a_value_is_hashed_as_it_is_searched_for(
    mysql: MysqlServer,
    new_schema: NewSchema,
    tmp_path: Path,
    column: Wanted,
    type_: str,
    value: str,
    expected: Found,
) -> None:
    if type_ in OF_MARIADB and not mysql.mariadb:
        pytest.skip("MySQL has no such type")
    found = await hashed(table(new_schema, type_, value), mysql, tmp_path, column)
    assert found == Counter((sha256(piece, SEED), flag) for piece, flag in expected)


QUOTED = (
    r"""{"k: \"x\"": "v: \"w\" [1, {2}]", "e": ["aaaa", ":\":\"", "\u00c9cole", "line\nada@x.de"],"""
    r""" "n": 1234567.50}"""
)
AS_MYSQL_SAYS = {"1234567.50": "1234567.5", "123456750": "12345675"}
DEEP = "[" * 30 + '"deep@example.org"' + "]" * 30
PEOPLE = '{"to": [{"mail": "Ada@Example.org"}, {"mail": ["b@x.org", "cc@x.org"]}], "mail": "no@x.org"}'


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        (
            ANYTHING,
            QUOTED,
            {
                'v: "w" [1, {2}]',
                "aaaa",
                ':":"',
                "école",
                "line\nada@x.de",
                "ada@x.de",
                "1234567.50",
                "123456750",
            },
        ),
        (ANYTHING, DEEP, {"deep@example.org"}),
        (ANYTHING, '["true", true, false, null, "\\ud83d\\ude00 smile"]', {"true", "😀 smile"}),
        (ANYTHING, "{}", set[str]()),
        (ANYTHING, '["one\nmore line"]', set[str]()),
        (DOCUMENT, PEOPLE, {"ada@example.org", "b@x.org", "cc@x.org"}),
        (DOCUMENT, '[{"to": [{"mail": "d@x.org"}]}, {"a b": {"x": ["e@x.org"]}}]', {"d@x.org", "e@x.org"}),
        (DOCUMENT, '{"by": {"F@x.org": 1, "g@x.org": {"no@x.org": 2}}}', {"f@x.org", "g@x.org"}),
        (DOCUMENT, '{"by": [{"h@x.org": 1}, {"i@x.org": 2}, 3]}', {"h@x.org", "i@x.org"}),
        (DOCUMENT, '{"theme": "dark-blue", "to": []}', set[str]()),
        (DOCUMENT, "Grace@Example.org", {"grace@example.org"}),
        (ODD, json.dumps({ODD_KEY: "j@x.org"}), {"j@x.org"}),
        (ODD, json.dumps({ODD_KEY: "k@x.org"}, ensure_ascii=False).replace("/", "\\/"), {"k@x.org"}),
        (ODD, json.dumps({ODD_KEY: "l@x.org"}).replace("00e9", "00E9"), {"l@x.org"}),
        (
            NOTES,
            '{"notes": ["Ask \\u0041da@x.org", "0171 1234567"], "x": "no@x.org"}',
            {"ask ada@x.org", "ada@x.org", "0171 1234567", "01711234567"},
        ),
    ],
)
async def test_what_stands_in_a_document_is_hashed(
    mysql: MysqlServer, new_schema: NewSchema, tmp_path: Path, column: Wanted, value: str, expected: set[str]
) -> None:
    found = await hashed(table(new_schema, TEXT, value), mysql, tmp_path, column)
    if not mysql.mariadb:
        expected = {AS_MYSQL_SAYS.get(one, one) for one in expected}
    assert {one for one, _ in found} == {sha256(one.encode(), SEED) for one in {value.lower(), *expected}}


async def test_two_names_are_looked_for_together(
    mysql: MysqlServer, new_schema: NewSchema, tmp_path: Path
) -> None:
    url = new_schema(
        "CREATE TABLE t (`a``b` varchar(20), content varchar(20));"
        "INSERT INTO t VALUES ('Ada', 'King'), ('X', NULL);"
    )
    columns = (Wanted("a`b", TEXT, ("first-name",)), Wanted("content", TEXT, ("last-name",)))
    expected = sure("ada king", "king ada") | first("ada") | first("king")
    assert await hashed(url, mysql, tmp_path, *columns) == Counter(
        (sha256(piece, SEED), flag) for piece, flag in expected
    )


async def test_only_rows_that_rules_change_are_asked(
    mysql: MysqlServer, new_schema: NewSchema, tmp_path: Path
) -> None:
    url = new_schema("CREATE TABLE t (c varchar(80)); INSERT INTO t VALUES ('a@x.org'), ('b@x.org'), (NULL);")
    changed = replace(EMAIL, changed=Changed("u", ("u.c IS NULL", "u.c LIKE 'b%'")))
    assert await hashed(url, mysql, tmp_path, changed) == {(sha256(b"b@x.org", SEED), SURE): 1}


async def test_every_piece_of_a_long_document_is_hashed(
    mysql: MysqlServer, new_schema: NewSchema, tmp_path: Path
) -> None:
    mails = [f"person{number}@example.org" for number in range(50_000)]
    url = table(new_schema, TEXT, json.dumps([*mails, "long " * 100_000]))
    found = await hashed(url, mysql, tmp_path, Wanted("c", "json", ("email",), ("$[]",)))
    assert {sha256(mail.encode(), SEED) for mail in mails} < {value for value, _ in found}


async def test_a_text_that_takes_patterns_long_is_looked_through(
    mysql: MysqlServer, new_schema: NewSchema, tmp_path: Path
) -> None:
    text = "e@x.org " * 100_000 + "a" * 400_000 + " ada@x.org " + "1234567 " * 40_000 + "b-" * 200_000
    found = await hashed(table(new_schema, TEXT, text), mysql, tmp_path, NOTE)
    assert (sha256(b"ada@x.org", SEED), SURE) in found


async def test_a_value_that_the_server_warns_of_is_not_passed_over(
    mysql: MysqlServer, new_schema: NewSchema, tmp_path: Path
) -> None:
    url = new_schema("CREATE TABLE t (c varchar(20)); INSERT INTO t VALUES ('a');")
    changed = replace(EMAIL, changed=Changed("t", ("t.c > 0",)))
    with pytest.raises(
        DatabaseFailed, match=r"originals of .* could not be hashed: the server warns of a value"
    ):
        await hashed(url, mysql, tmp_path, changed)
