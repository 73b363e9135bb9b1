"""What a mask makes has the form that it promises, fits the column, and is none of the originals."""

import hmac
import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from uuid import RFC_4122, UUID

import pytest
from support.mask_values import ADDRESSES, CARDS, EMAILS, FITTING, IBANS, PEOPLE, PHONES, TEXTS, luhn
from support.masks import CHAR, KEY, TEXT, VARCHAR, Everywhere, accepting, keeping_unique, on_postgres

from snapharbor.engine.masks.expression import expression
from snapharbor.engine.masks.keys import MaskKeys
from snapharbor.engine.masks.words import (
    BRANCHES,
    CITIES,
    COMPANIES,
    FILLERS,
    FIRST_NAMES,
    HANDLES,
    LAST_NAMES,
    NAMED_STREETS,
)
from snapharbor.engine.model.errors import ArgumentInvalid

pytestmark = pytest.mark.server

WHOLE = ("null", "keep", "constant(7)")
LENGTHS = (1, 2, 5, 8, 11, 12, 13, 14, 15, 16, 17, 19, 21, 24, 31, 32, 36, 39, 41, 45)
TAG = r"[0-9a-f]{12}"


def one_of(words: Sequence[str]) -> str:
    return f"(?:{'|'.join(words)})"


STREET = rf"{one_of(NAMED_STREETS)} (?:1?\d?\d)"
FORMS = {
    "email": rf"{one_of(HANDLES)}\.[0-9a-f]{{20}}@example\.com",
    "username": rf"{one_of(HANDLES)}[0-9a-f]{{16}}",
    "first-name": one_of(FIRST_NAMES),
    "last-name": one_of(LAST_NAMES),
    "full-name": rf"{one_of(FIRST_NAMES)} {one_of(LAST_NAMES)}",
    "company": rf"{one_of(COMPANIES)} {one_of(BRANCHES)}",
    "street": STREET,
    "city": one_of(CITIES),
    "postcode": r"0000\d",
    "address": rf"{STREET}, 0000\d {one_of(CITIES)}",
    "phone": r"\+999\d{12}",
    "national-id": r"X[0-9A-Z]{16}",
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}",
    "ip": r"198\.1[89]\.\d{1,3}\.\d{1,3}|2001:db8::[0-9a-f:]+",
    "mac": r"[0-9a-f]e(?::[0-9a-f]{2}){5}",
    "url": r"https://example\.com/[0-9a-f]{32}",
    "token": r"[0-9a-f]{32}",
    "hash": r"[0-9a-f]{32}",
}
GOLDEN = {
    "email": ("ada@example.org", "dovmox.57304b80ec3c2b6d2d2c@example.com"),
    "full-name": ("Ada Lovelace", "Imviris Unddell"),
    "address": ("12 St James's Square", "Dovebank Street 199, 00005 Bramblereach"),
    "phone": ("+44 20 7946 0000", "+999860590712151"),
    "national-id": ("QQ123456C", "XX6HECA51F7MANHBF"),
    "card": ("4111 1111 1111 1111", "9042680362116683"),
    "iban": ("GB82 WEST 1234 5698 7654 32", "GB19XXXX49156805895753"),
    "hash": ("Ada Lovelace", "001ae3e5dc2f0679dc4b3ec63866f5a5"),
    "redact": ("She wrote the first program.", "quinoti hivera quiman nevera"),
}
TAGGED = ("first-name", "last-name", "full-name", "company", "street", "city", "address")


def made(everywhere: Everywhere, mask: str, values: Sequence[object], *, unique: bool = False) -> list[str]:
    """Return what a text column without a limit gets; that the servers agree is shown elsewhere."""
    return [str(value) for value in on_postgres(everywhere.newest, mask, "text", of=values, unique=unique)]


def passes_mod_97(number: str) -> bool:
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97 == 1


@pytest.mark.parametrize("mask", FORMS)
def test_every_text_takes_the_form_of_its_mask(everywhere: Everywhere, mask: str) -> None:
    values = [text for text in TEXTS if text]
    form = re.compile(FORMS[mask])
    assert not [text for text in made(everywhere, mask, values) if not form.fullmatch(text)]


@pytest.mark.parametrize("mask", FORMS)
def test_every_text_of_a_unique_column_takes_that_form_too(everywhere: Everywhere, mask: str) -> None:
    if mask in keeping_unique("text"):
        form = re.compile(rf"{FORMS[mask]} {TAG}" if mask in TAGGED else FORMS[mask])
        texts = made(everywhere, mask, [text for text in TEXTS if text], unique=True)
        assert not [text for text in texts if not form.fullmatch(text)]


@pytest.mark.parametrize("mask", accepting("text"))
def test_none_stays_none_and_empty_stays_empty(everywhere: Everywhere, mask: str) -> None:
    for kind in (TEXT, VARCHAR, CHAR):
        for unique in {False, mask in keeping_unique("text")}:
            found = everywhere.masked(mask, kind, of=[None, ""], unique=unique).alike()
            whole = {"null": [None, None], "constant(7)": [None, "7"]}
            assert found == whole.get(mask, [None, ""])


@pytest.mark.parametrize("mask", [mask for mask in accepting("text") if mask not in WHOLE])
def test_no_value_becomes_one_of_the_originals(everywhere: Everywhere, mask: str) -> None:
    originals = [*CARDS, *IBANS, *PHONES, *EMAILS, *PEOPLE, *ADDRESSES]
    assert not set(originals).intersection(made(everywhere, mask, originals))


def test_texts_that_differ_become_different_in_unique_columns(everywhere: Everywhere) -> None:
    folded = {
        text.strip(" ").translate({code: code + 32 for code in range(65, 91)}) for text in FITTING if text
    }
    values = sorted(folded - {""})
    for mask in keeping_unique("text"):
        if mask not in ("phone", "card", "iban"):  # which read digits, not all of a text
            assert len(set(made(everywhere, mask, values, unique=True))) == len(values), mask


def test_a_card_passes_its_check_and_begins_like_no_bank_card(everywhere: Everywhere) -> None:
    for unique in (False, True):
        cards = made(everywhere, "card", CARDS, unique=unique)
        assert [luhn(card[:-1]) for card in cards] == cards
        assert [len(card) for card in cards] == [len(card) for card in CARDS]
        assert len(set(cards)) == len(CARDS)
        assert {card[0] for card in cards} <= set("01789")


def test_a_card_is_the_same_however_its_digits_are_grouped(everywhere: Everywhere) -> None:
    grouped = ["4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111"]
    assert len(set(made(everywhere, "card", grouped))) == 1


def test_a_card_of_a_test_range_begins_with_it(everywhere: Everywhere) -> None:
    cards = made(everywhere, "card(424242)", CARDS)
    assert [luhn(card[:-1]) for card in cards] == cards
    assert {card[:6] for card in cards} == {"424242"}


def test_an_account_number_passes_its_check_and_is_of_no_bank(everywhere: Everywhere) -> None:
    for unique in (False, True):
        numbers = made(everywhere, "iban", IBANS, unique=unique)
        assert not [number for number in numbers if not passes_mod_97(number)]
        assert [(number[:2], len(number)) for number in numbers] == [(iban[:2], len(iban)) for iban in IBANS]
        banks = ["".join("0" if char.isdigit() else "X" for char in iban[4:8]) for iban in IBANS]
        assert [number[4:8] for number in numbers] == banks
        assert len(set(numbers)) == len(IBANS)


def test_an_account_number_is_the_same_however_it_is_spelled(everywhere: Everywhere) -> None:
    spelled = ["DE89370400440532013000", "de89 3704 0044 0532 0130 00"]
    assert len(set(made(everywhere, "iban", spelled))) == 1


def test_an_address_is_in_a_range_that_is_nobody_s(everywhere: Everywhere) -> None:
    four, six = IPv4Network("198.18.0.0/15"), IPv6Network("2001:db8::/64")
    for mask, type in (("ip", "inet"), ("ip", "text"), ("ip(6)", "inet")):
        for original, address in zip(
            ADDRESSES, map(str, on_postgres(everywhere.newest, mask, type, of=ADDRESSES)), strict=True
        ):
            stays = mask == "ip" and isinstance(ip_address(original), IPv4Address)
            assert ip_address(address.split("/")[0]) in (four if stays else six)


def test_a_uuid_is_of_version_4(everywhere: Everywhere) -> None:
    values = [f"00000000-0000-1000-8000-{number:012x}" for number in range(500)]
    made_of = [UUID(str(value)) for value in on_postgres(everywhere.newest, "uuid", "uuid", of=values)]
    assert {(value.version, value.variant) for value in made_of} == {(4, RFC_4122)}
    assert len(set(made_of)) == len(values)


def test_a_hardware_address_is_local_and_of_one_machine(everywhere: Everywhere) -> None:
    values = [f"08:00:2b:01:02:{number:02x}" for number in range(256)]
    for type in ("macaddr", "macaddr8", "text"):
        first = {int(str(mac)[:2], 16) & 3 for mac in on_postgres(everywhere.newest, "mac", type, of=values)}
        assert first == {2}


def test_a_narrow_column_gets_a_telephone_number_of_fiction(everywhere: Everywhere) -> None:
    numbers = on_postgres(everywhere.newest, "phone", "character varying(14)", of=["555-1234", "+4930901820"])
    assert not [number for number in numbers if not re.fullmatch(r"555-01\d\d", str(number))]


def test_a_redacted_text_is_as_long_and_made_of_invented_words(everywhere: Everywhere) -> None:
    texts = [text for text in TEXTS if text]
    redacted = made(everywhere, "redact", texts)
    assert [len(text) for text in redacted] == [len(text) for text in texts]
    words = {word for filler in FILLERS for word in filler.split()}
    whole = {word for text in redacted for word in text.split(" ")[:-1]}
    assert whole <= words


@pytest.mark.parametrize("length", LENGTHS)
def test_a_text_is_never_longer_than_its_column(everywhere: Everywhere, length: int) -> None:
    type = f"character varying({length})"
    columns: list[str] = []
    for mask in [mask for mask in accepting("text") if mask not in WHOLE]:
        for unique in {False, mask in keeping_unique("text")}:
            try:
                text = expression(mask, "value", engine="postgres", key=KEY, type=type, unique=unique)
            except ArgumentInvalid:
                continue
            columns.append(f"max(char_length({text}))")
    on_postgres(
        everywhere.newest, "keep", type, of=[text for text in FITTING if text and len(text) <= length]
    )
    longest = everywhere.newest.execute(f"SELECT {', '.join(columns)} FROM raw".encode()).fetchall()[0]
    assert len(columns) > 10
    assert not [size for size in longest if not isinstance(size, int) or not 0 < size <= length]


def test_values_are_what_they_were_in_every_version(everywhere: Everywhere) -> None:
    assert {mask: made(everywhere, mask, [value])[0] for mask, (value, _) in GOLDEN.items()} == {
        mask: masked for mask, (_, masked) in GOLDEN.items()
    }


def test_a_hash_is_what_its_key_makes_of_it(everywhere: Everywhere) -> None:
    derived = MaskKeys(KEY).derive("hash")
    texts = [text for text in TEXTS if text]
    expected = [hmac.digest(derived, text.encode(), "sha256").hex()[:32] for text in texts]
    assert made(everywhere, "hash", texts) == expected
