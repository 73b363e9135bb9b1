"""What is hashed here of a value is what the search looks up where the value stands."""

from array import array

import pytest

from snapharbor.engine.database.base import Wanted
from snapharbor.engine.proof.kernel import Gatherer, Searcher
from snapharbor.engine.proof.values import Values

SEED = 0x1234567890ABCDEF
# 41 letters, 77 bytes.
LONG_NAME = "анна преображенская воскресенская иванова"
EMAIL = Wanted("c", "varchar(80)", ("email",))
NAME = Wanted("c", "varchar(80)", ("full-name",))
PHONE = Wanted("c", "varchar(80)", ("phone",))
NOTE = Wanted("c", "text", ("free-text",))
DOCUMENT = Wanted("c", "json", ("email",), ("$.to[].mail", '$."a b"'))


def found(column: Wanted, original: bytes, text: bytes) -> bool:
    """Tell whether an original is found in another text, both as they stand in copy text."""
    values, size = Values((column,), SEED), 1 << 12
    bloom, first = bytearray(size), bytearray(size)
    gatherer = Gatherer(values.flags, bloom, first)
    kept = {
        number & ~1
        for block in values.hashed(iter((original[:5], original[5:] + b"\n")))
        for number in array("Q", gatherer.feed(block))
    }
    searcher = Searcher(b"t", b"\0", bloom, first, SEED)
    searcher.feed(text + b"\n")
    return not kept.isdisjoint(array("Q", searcher.take())[::2])


@pytest.mark.parametrize(
    ("column", "original", "text"),
    [
        (EMAIL, b"Ada@Example.org", b"write to ada@example.org, please"),
        (NAME, "Ünïcode-Müller".encode(), "says ÜnïCODE-MÜLLER".encode()),
        (NAME, b"  van der Berg ", b"it was Van der Berg"),
        (NAME, LONG_NAME.encode(), f"это {LONG_NAME} там".encode()),
        (Wanted("c", "inet6", ("ip",)), b"2001:db8::1", b"GET http://[2001:DB8:0:0::1]:80/"),
        (PHONE, b"+49 171 1234567", b"call +49-171-123-4567 now"),
        (NOTE, b"asked to be called at 0171 1234567", b"01711234567"),
        (NOTE, b"her mail: ada.l@example.org\\nand more", b"ada.l@example.org"),
        (DOCUMENT, b'{"to": [{"mail": "ada@example.org"}], "theme": "dark"}', b"<ada@example.org>"),
        (DOCUMENT, b'{"a b": ["one.two@example.org"]}', b"one.two@example.org"),
        (DOCUMENT, b"grace@example.org", b"grace@example.org"),
        (Wanted("c", "bigint(20)"), b"123456789012", b"123456789012"),
        (
            Wanted("c", "uuid"),
            b"123e4567-e89b-12d3-a456-426614174000",
            b"123e4567-e89b-12d3-a456-426614174000",
        ),
    ],
)
def test_an_original_is_found_elsewhere(column: Wanted, original: bytes, text: bytes) -> None:
    assert found(column, original, text)


@pytest.mark.parametrize(
    ("column", "original", "text"),
    [
        (EMAIL, b"\\N", b"\\N"),
        (EMAIL, b"", b""),
        (DOCUMENT, b'{"theme": "dark-blue", "to": []}', b"dark-blue"),
        (Wanted("c", "int(11)"), b"1234567", b"1234567"),
    ],
)
def test_what_names_nobody_is_not(column: Wanted, original: bytes, text: bytes) -> None:
    assert not found(column, original, text)
