"""What the text of a mask holds: built-in SQL in one line, derived keys, and nothing of the master key."""

import hashlib
import hmac
import re
from collections.abc import Iterator

import pytest
from support.masks import KEY, OTHER_KEY, WITH_OPTIONS

from snapharbor.engine.masks.catalog import MASKS
from snapharbor.engine.masks.expression import expression, identifier
from snapharbor.engine.masks.keys import MaskKeys
from snapharbor.engine.masks.types import Family
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.url import Engine

ENGINES: tuple[Engine, ...] = ("postgres", "mysql")
TYPES: dict[Engine, dict[Family, str]] = {
    "postgres": {
        "text": "character varying(60)",
        "json": "jsonb",
        "integer": "bigint",
        "number": "numeric(10,2)",
        "date": "date",
        "moment": "timestamp with time zone",
        "uuid": "uuid",
        "ip": "inet",
        "mac": "macaddr",
        "binary": "bytea",
        "other": "point",
    },
    "mysql": {
        "text": "varchar(60)",
        "json": "json",
        "integer": "bigint(20) unsigned",
        "number": "double",
        "date": "date",
        "moment": "timestamp",
        "uuid": "uuid",
        "ip": "inet6",
        "mac": "macaddr",
        "binary": "blob",
        "other": "point",
    },
}


def texts(engine: Engine, *, key: Secret = KEY, **options: str) -> Iterator[tuple[str, str, str]]:
    """Return each mask's name, type and SQL, for every family of types that it accepts."""
    for mask in MASKS.values():
        for family in sorted(mask.accepts):
            written = {**WITH_OPTIONS, **options}.get(mask.name, mask.name)
            type = TYPES[engine][family]
            yield (
                mask.name,
                type,
                expression(written, "c", engine=engine, key=key, type=type, unique=mask.keeps_unique),
            )


def keys_in(text: str) -> frozenset[str]:
    """Return everything in an expression that is as long as a key, or a block of one."""
    return frozenset(re.findall(r"\b(?:[0-9a-f]{64}|[0-9a-f]{128})\b", text))


@pytest.mark.parametrize("engine", ENGINES)
def test_an_expression_is_one_line_of_ascii_in_brackets(engine: Engine) -> None:
    path = "json('$.\"näme\\\\ 1\"', hash, '$.\"100%\"', hash)"
    for odd in ("50%", "back\\slash", "line\nbreak", "é 😀"):
        for name, type, text in texts(engine, constant=f"constant('{odd}')", json=path):
            assert re.fullmatch(r"\([ -~]*\)", text), (name, type)
            assert not set("\\%") & set(text), (name, type)
            assert text.count("(") == text.count(")"), (name, type)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_expression_never_holds_the_master_key(engine: Engine) -> None:
    master = KEY.reveal()
    forbidden = (master, master.encode().hex(), hashlib.sha256(master.encode()).hexdigest())
    for name, type, text in texts(engine):
        assert not [secret for secret in forbidden if secret.lower() in text.lower()], (name, type)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_two_masks_have_a_key_in_common(engine: Engine) -> None:
    owners: dict[str, set[str]] = {}
    for name, _, text in texts(engine):
        if not name.startswith("json"):  # they hold the keys of the masks inside
            for key in keys_in(text):
                owners.setdefault(key, set()).add(name)
    assert {name for names in owners.values() for name in names} == {
        name for name in MASKS if name not in ("location", "null", "constant", "keep", "json", "json-strings")
    }
    assert not {key for key, names in owners.items() if len(names) > 1}


@pytest.mark.parametrize("engine", ENGINES)
def test_another_master_key_changes_every_key(engine: Engine) -> None:
    ours = {key for _, _, text in texts(engine) for key in keys_in(text)}
    others = {key for _, _, text in texts(engine, key=OTHER_KEY) for key in keys_in(text)}
    assert len(ours) == len(others)
    assert not ours & others


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_mask_is_the_same_text_whenever_it_is_written(engine: Engine) -> None:
    assert list(texts(engine)) == list(texts(engine, key=Secret(KEY.reveal())))


def test_a_mask_inside_of_a_document_has_the_key_that_it_has_outside() -> None:
    def written(mask: str, type: str) -> frozenset[str]:
        return keys_in(expression(mask, "c", engine="postgres", key=KEY, type=type, unique=False))

    assert written("json('$.a', email)", "jsonb") == written("email", "text")


def test_underscores_and_capitals_in_a_mask_s_name_change_nothing() -> None:
    def written(mask: str) -> str:
        return expression(mask, "c", engine="mysql", key=KEY, type="text", unique=True)

    assert written("Full_Name") == written(" full-name ") == written("full-name()")


def test_keys_are_derived_as_hkdf_does() -> None:
    extracted = hmac.digest(bytes(32), KEY.reveal().encode(), "sha256")
    expanded = hmac.digest(extracted, b"snapharbor/1 mask email\x01", "sha256")
    assert MaskKeys(KEY).derive("email") == expanded


def test_a_key_is_not_shown() -> None:
    shown = repr(MaskKeys(KEY)) + repr(MaskKeys(KEY).blocks("email"))
    assert KEY.reveal() not in shown
    assert not keys_in(shown)


def test_an_identifier_is_quoted_as_the_engine_does() -> None:
    assert identifier('a "b" `c`', engine="postgres") == '"a ""b"" `c`"'
    assert identifier('a "b" `c`', engine="mysql") == '`a "b" ``c```'
