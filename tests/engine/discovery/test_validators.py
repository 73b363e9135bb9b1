"""A value is recognised for what it is, and its neighbour with one digit wrong is not."""

import random
import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapharbor.engine.discovery import addresses, checksums, contacts, people, secrecy, text
from snapharbor.engine.discovery.validators import VALIDATORS, Validator

# Published examples of each authority or network; none is anybody's.
NUMBERS: list[tuple[Callable[[str], bool], tuple[str, ...]]] = [
    (checksums.iban, ("DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819", "FR1420041010050500013M02606",
                      "ES9121000418450200051332", "PT50000201231234567890154",
                      "IT60X0542811101000000123456")),
    (checksums.card, ("4111 1111 1111 1111", "5555555555554444", "378282246310005", "6011111111111117",
                      "3530-1113-3330-0000", "2223003122003222")),
    (checksums.de_tax_id, ("86095742719", "47036892816", "65 929 970 489")),
    (checksums.fr_nir, ("2 55 08 14 168 025 38", "255081416802538")),
    (checksums.es_dni, ("12345678Z", "X1234567L", "54362315-K")),
    (checksums.pt_nif, ("123456789", "PT123456789")),
    (checksums.it_fiscale, ("RSSMRA85T10A562S", "mrtmtt25d09f205z")),
    (checksums.nl_bsn, ("111222333", "123456782")),
    (checksums.br_cpf, ("111.444.777-35", "52998224725")),
    (checksums.pl_pesel, ("44051401359", "02070803628")),
    (checksums.uk_nhs, ("943 476 5919", "4010232137")),
]  # fmt: skip


@pytest.mark.parametrize(("holds", "examples"), NUMBERS)
def test_a_number_with_its_check_digits_is_recognised(
    holds: Callable[[str], bool], examples: tuple[str, ...]
) -> None:
    for example in examples:
        assert holds(example)
        last = example[-1]
        other = "1" if last == "0" else chr(ord(last) - 1) if last not in "Aa" else "B"
        assert not holds(example[:-1] + other)
        assert not holds(example[1:])


@pytest.mark.parametrize(
    ("holds", "yes", "no"),
    [
        (checksums.us_ssn, ["078-05-1120"], ["666-05-1120", "078-00-1120", "078051120", "2025-10-11"]),
        (checksums.uk_nino, ["AB 12 34 56 C", "ab123456c"], ["GB123456C", "AB123456E", "QQ123456C"]),
        (
            contacts.email,
            ["ana@mail.example", "björn.o'neil+tag@post.co.example", "x@xn--bcher-kva.xn--p1ai"],
            ["ana@", "@mail.example", "ana@localhost", "ana@mail.example.", "a b@mail.example", "SKU@4.5"],
        ),
        (
            contacts.phone,
            ["+49 30 1234567", "+1 (206) 555-0100", "0049 171 2345678", "(030) 123-4567", "206-555-0100",
             "01 23 45 67 89", "612 345 678", "0171/2345678", "030-0074321", "1 (206) 555-0100"],
            ["2026-11-22", "22.11.2026", "12345678", "4.5.6", "10.0.0.1", "1-2-3", "SKU-1234", "+12"],
        ),
        (contacts.ip, ["10.0.3.4", "2001:db8::1", "192.0.2.0/24"],
         ["1.2.3", "300.1.1.1", "12:30", "4", "::"]),
        (contacts.mac, ["00:1b:44:11:3a:b7", "00-1B-44-11-3A-B7", "001b.4411.3ab7"],
         ["00:1b:44", "001b44113ab7"]),
        (contacts.point, ["52.52012, 13.40495", "POINT(13.40495 52.52012)"], ["5, 4", "12.50", "1.25;2.5"]),
        (
            addresses.street,
            ["Lindenweg 5", "12 Rue de la Paix", "Calle Mayor 4, 2º", "Avda. del Sol 12",
             "742 Evergreen Terrace", "P.O. Box 78934", "Rua Augusta 100", "Hauptstr. 12a"],
            ["Lindenweg", "Thing 42", "12 pieces", "Order 5", "Strategy 2026", "version 3.1", "Ringtone"],
        ),
        (addresses.address, ["Anna Meyer, Lindenweg 5, Köln"], ["Lindenweg 5", "red, green, 5"]),
        (people.full_name,
         ["Anna Meyer", "Dr. Jürgen van der Berg", "Okafor, Chloé", "Maria-Luisa Rossi Prado"],
         ["Thing Seven", "Anna", "Louisiana Hot Spiced Okra", "anna@mail.example", "New York", "Anna 5"]),
        (people.first_name, ["Anna", "jürgen", "Anna Maria", "Jean-Pierre"],
         ["Ding", "Anna Meyer", "Anna 5"]),
        (people.last_name, ["Müller", "van der Müller", "García Lopez"], ["Green", "Thing", "Müller 5"]),
        (text.contains_contact,
         ["call +49 30 1234567 today", "write to ana@mail.example", "SSN: 078-05-1120."],
         ["ordered 2026-11-22 at 12:30", "version 10.0.3.4", "12 x 4 = 48", "@everybody", "1234567890"]),
        (text.mentions_somebody, ["We spoke with Anna about it"],
         ["the anna in small letters", "A Mad Scientist"]),
    ],
)  # fmt: skip
def test_a_value_is_told_from_what_resembles_it(
    holds: Callable[[str], bool], yes: list[str], no: list[str]
) -> None:
    assert [value for value in yes if not holds(value)] == []
    assert [value for value in no if holds(value)] == []


def test_secrets_are_known_by_their_marks() -> None:
    noise = "".join(random.choices(string.ascii_letters + string.digits, k=40))
    marked = (
        f"sk_live_{noise}",
        f"ghp_{noise}",
        "AKIA" + noise[:16].upper(),
        f"$2b$12${noise}",
        f"xoxb-{noise}",
    )
    assert all(secrecy.marked_secret(value) for value in marked)
    assert not secrecy.marked_secret("a sentence about sk_live keys")
    assert secrecy.url_with_login("https://ana:hunter2@db.example/x")
    assert not secrecy.url_with_login("https://db.example/ana@mail.example")


def test_what_is_drawn_at_random_is_told_from_words() -> None:
    chance = random.Random(7)
    letters = "".join(chance.choices(string.ascii_letters + string.digits + "-_", k=43))
    drawn = [chance.randbytes(16).hex(), letters, chance.randbytes(32).hex().upper()]
    assert all(secrecy.random_text(value) for value in drawn)
    plain = [
        "0" * 32,
        "7f9c24e5-2f5c-4b3a-9d2e-1f0a6b7c8d9e",
        "customer-profile-picture-large.png",
        "com.example.shop.OrderService2",
        "SKU-0001",
        "12345678901234567890",
    ]
    assert [value for value in plain if secrecy.random_text(value)] == []


WORDS = (
    "Anna",
    "Meyer",
    "Smith",
    "Abbey",
    "Road,",
    "Hauptstraße",
    "PO",
    "Box",
    "Rue",
    "POINT",
    "GB",
    "X",
    "+",
    "()",
    "-",
    ".",
)


@pytest.mark.parametrize("validator", [one for one in VALIDATORS if one.digits])
@given(words=st.lists(st.sampled_from(WORDS) | st.text(string.ascii_letters, max_size=9), max_size=6))
def test_what_needs_a_digit_holds_nothing_without(validator: Validator, words: list[str]) -> None:
    assert not validator.holds(" ".join(words))


@pytest.mark.parametrize("validator", [one for one in VALIDATORS if one.digits is False])
@given(words=st.lists(st.sampled_from(("Anna", "Maria", "Meyer", "Smith", "Lopez")), min_size=1, max_size=3))
def test_what_has_no_digit_holds_nothing_with_one(validator: Validator, words: list[str]) -> None:
    name = " ".join(words)
    assert not any(validator.holds(name[:at] + "7" + name[at:]) for at in range(len(name) + 1))
