"""Inside of JSON the same values become the same ones as outside, and nothing else is touched."""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import pymysql
import pytest
from support.mask_values import DOCUMENTS
from support.masks import JSON, KEY, TEXT, WITH_OPTIONS, Everywhere, Kind, Masked, on_postgres

from snapharbor.engine.masks.expression import expression

pytestmark = pytest.mark.server

PATHS = (
    WITH_OPTIONS["json"],
    "json('$', hash)",
    "json('$.name', iban)",
    "json('$.name', null)",
    "json('$.name', keep)",
    "json('$.name', constant(it''s))",
    "json('$.name.first', first-name, '$.name.last', last-name)",
    "json('$.tags[*]', card)",
    "json('$.tags[4].y', address)",
    "json('$.tags[0]', hash)",
    "json('$[0]', hash)",
    "json('$[*][*][*]', hash)",
    'json(\'$."x\\"y\\\\"\', hash, \'$."name:"\', hash, \'$.""\', hash)',
    "json('$.ключ.ключ[*]', hash)",
)
STRINGS = (
    "json-strings",
    "json-strings(email)",
    "json-strings(card)",
    "json-strings(null)",
    "json-strings(keep)",
)
KINDS = (
    JSON,
    Kind("json", "json", ("{}::text", "{}")),
    Kind("text", "longtext"),
)


def parsed(documents: Sequence[object]) -> list[object]:
    return [json.loads(document) for document in documents if isinstance(document, str)]


def in_mysql(documents: Sequence[object]) -> list[object]:
    """Return documents as MySQL keeps them, whose numbers beyond 64 bits are inexact."""
    return [json.loads(document, parse_int=float) for document in documents if isinstance(document, str)]


def alike(found: Masked) -> list[object]:
    """Return masked documents, if they are the same everywhere; how they are written may differ."""
    assert parsed(found.newest) == parsed(found.oldest) == parsed(found.mariadb)
    assert found.mysql is None or in_mysql(found.mysql) == in_mysql(found.newest)
    return parsed(found.newest)


def masked(everywhere: Everywhere, mask: str, *documents: object, kind: Kind = JSON) -> list[object]:
    """Mask documents everywhere, and return them if they are the same."""
    return alike(everywhere.masked(mask, kind, of=[json.dumps(document) for document in documents]))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.postgres}-{kind.mysql}")
@pytest.mark.parametrize("mask", [*PATHS, *STRINGS])
def test_a_document_becomes_the_same_on_both_engines(everywhere: Everywhere, mask: str, kind: Kind) -> None:
    assert len(alike(everywhere.masked(mask, kind, of=DOCUMENTS))) == len(DOCUMENTS)


def test_no_document_stays_none_everywhere(everywhere: Everywhere) -> None:
    for mask in (*PATHS, *STRINGS):
        assert everywhere.masked(mask, JSON, of=[None]).alike() == [None]


def test_a_string_becomes_what_it_becomes_in_a_column(everywhere: Everywhere) -> None:
    names = ["Ada", " ÉMILE ", 'it\'s "q" \\ 😀\n', ""]
    columns = everywhere.masked("full-name", TEXT, of=names).alike()
    for mask in ("json('$.name', full-name)", "json-strings(full-name)", "json('$', full-name)"):
        documents = masked(everywhere, mask, *({"name": name} for name in names))
        assert documents == [{"name": name} for name in columns]


def test_a_number_becomes_what_its_text_becomes_in_a_column(everywhere: Everywhere) -> None:
    column = everywhere.masked("hash", TEXT, of=["12", "1.5", "-3"]).alike()
    assert masked(everywhere, "json('$[*]', hash)", [12, 1.5, -3, True, None]) == [[*column, True, None]]


def test_only_what_is_at_a_path_is_masked(everywhere: Everywhere) -> None:
    document = {
        "name": {"first": "a", "n": 1},
        "names": "a",
        "items": [{"name": "a", "x": "a"}, "a"],
        "list": ["a", ["a"], {"b": "a"}],
    }
    changed = masked(
        everywhere,
        "json('$.name', constant(X), '$.items[*].name', constant(Y), '$.list[1]', constant(Z))",
        document,
    )
    assert changed == [
        {
            "name": {"first": "X", "n": 1},
            "names": "a",
            "items": [{"name": "Y", "x": "a"}, "a"],
            "list": ["a", ["Z"], {"b": "a"}],
        }
    ]


def test_a_number_in_a_path_is_an_element_and_a_quoted_one_a_member(everywhere: Everywhere) -> None:
    documents = [{"a": {"0": "x"}}, {"a": ["x"]}, {"a": "x"}, {"0": "x"}, ["x"], "x"]
    assert masked(everywhere, "json('$.a[0]', constant(Y))", *documents) == [
        {"a": {"0": "x"}},
        {"a": ["Y"]},
        *documents[2:],
    ]
    assert masked(everywhere, "json('$.a.0', constant(Y))", *documents) == [{"a": {"0": "Y"}}, *documents[1:]]
    assert masked(everywhere, "json('$[0]', constant(Y))", *documents) == [*documents[:4], ["Y"], "x"]


def test_paths_that_meet_undo_nothing_of_each_other(everywhere: Everywhere) -> None:
    document = {
        "a": [{"x": "1", "y": "2", "z": [{"w": "3", "v": "4"}]}, {"x": "5"}],
        "b": {"c": "6", "d": "7"},
    }
    parts = (
        "'$.a[0].y', constant(Y)",
        "'$.a[*].x', constant(X)",
        "'$.a[0].z[*].w', constant(W)",
        "'$.b.c', constant(C)",
        "'$.b', constant(B)",
    )
    expected = {
        "a": [{"x": "X", "y": "Y", "z": [{"w": "W", "v": "4"}]}, {"x": "X"}],
        "b": {"c": "C", "d": "B"},
    }
    for some in (parts, parts[::-1]):
        assert masked(everywhere.without_mysql, f"json({', '.join(some)})", document) == [expected]


def test_lists_that_paths_meet_in_are_an_error_of_mysql(everywhere: Everywhere) -> None:
    if everywhere.mysql is None:
        pytest.skip("MySQL's own server cannot be had here")
    mask = "json('$.a[0].y', hash, '$.a[*].x', hash, '$.a[0].z[*].w', hash)"
    text = expression(mask, "value", engine="mysql", key=KEY, type="longtext", unique=False)
    with everywhere.mysql.cursor() as cursor, pytest.raises(pymysql.err.OperationalError):
        cursor.execute(f"SELECT {text} FROM (SELECT '{{}}' AS value) AS raw")


def test_a_name_is_found_however_the_document_spells_it(everywhere: Everywhere) -> None:
    documents = ['{"prénom":"Zoé"}', '{"pr\\u00e9nom":"Zoé"}']
    found = everywhere.masked("json('$.prénom', constant(X))", JSON, of=documents)
    assert alike(found) == [{"prénom": "X"}] * 2


def test_names_of_members_are_no_strings(everywhere: Everywhere) -> None:
    document = {"a": "a", 'b\\"': ["a", {"c:": "a", "": "d"}], "e": {"f": {"g": "h:"}}}
    assert masked(everywhere, "json-strings(constant(X))", document) == [
        {"a": "X", 'b\\"': ["X", {"c:": "X", "": "X"}], "e": {"f": {"g": "X"}}}
    ]


def test_a_text_that_is_no_document_is_never_left_as_it_is(everywhere: Everywhere) -> None:
    values = ["Ada Lovelace", '{"name":"Ada"', '"Ada" "Ada"']
    for mask in ("json-strings(hash)", "json('$', hash)", "json('$.name', hash)", "json('$[*]', hash)"):
        text = expression(mask, "value", engine="mysql", key=KEY, type="longtext", unique=False)
        with everywhere.mariadb.cursor() as cursor:
            for value in values:
                cursor.execute(f"SELECT {text.replace('%', '%%')} FROM (SELECT %s AS value) AS raw", (value,))
                assert cursor.fetchall() == ((None,),)


def test_a_member_that_is_there_twice_is_never_left_as_it_is(everywhere: Everywhere) -> None:
    documents = ['{"a":"Ada","a":"Ada"}', '{"b":[{"c":"Ada","c":"Ada"},{"c":"Bob"}]}']
    found = everywhere.masked("json('$.a', constant(X), '$.b[*].c', constant(Y))", JSON, of=documents)
    assert parsed(found.newest) == parsed(found.oldest) == [{"a": "X"}, {"b": [{"c": "Y"}, {"c": "Y"}]}]
    assert found.mariadb[0] is None
    assert found.mysql is None or parsed(found.mysql) == parsed(found.newest)
    assert parsed(found.mariadb) == [{"b": [None, {"c": "Y"}]}]


def test_a_document_that_the_session_would_cut_off_becomes_none(everywhere: Everywhere) -> None:
    text = expression("json-strings(hash)", "value", engine="mysql", key=KEY, type="longtext", unique=False)
    with everywhere.mariadb.cursor() as cursor:
        cursor.execute("SET group_concat_max_len = 1024")
        cursor.execute(f"SELECT {text} FROM (SELECT %s AS value) AS raw", (json.dumps(["a"] * 100),))
        assert cursor.fetchall() == ((None,),)
        cursor.execute("SET group_concat_max_len = DEFAULT")


def test_a_long_document_is_masked_whole(everywhere: Everywhere) -> None:
    document = {"text": "x" * 500_000, "list": [str(number) for number in range(5_000)]}
    with without_limit(everywhere):
        assert masked(everywhere, "json-strings(constant(X))", document) == [
            {"text": "X", "list": ["X"] * 5_000}
        ]


@contextmanager
def without_limit(everywhere: Everywhere) -> Generator[None]:
    """Let MySQL look for patterns as long as it takes, as in a private copy."""

    def limit(steps: str, stack: str) -> None:
        if everywhere.mysql is not None:
            with everywhere.mysql.cursor() as cursor:
                cursor.execute(f"SET GLOBAL regexp_time_limit = {steps}, GLOBAL regexp_stack_limit = {stack}")

    limit("0", "1000000000")
    try:
        yield
    finally:
        limit("DEFAULT", "DEFAULT")


def test_documents_in_an_array_are_masked_one_by_one(everywhere: Everywhere) -> None:
    for connection in (everywhere.oldest, everywhere.newest):
        arrays = [['{"a": ["x", 1]}', None, '"x"'], []]
        assert on_postgres(connection, "json('$.a[*]', constant(Y))", "jsonb[]", of=arrays) == [
            r'{"{\"a\": [\"Y\", \"Y\"]}",NULL,"\"x\""}',
            "{}",
        ]
