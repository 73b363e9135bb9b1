"""The compiled search finds exactly what the one in plain Python finds, and neither needs the other."""

import hashlib
import random
import struct
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from ipaddress import ip_interface
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapharbor.engine.database.wanted import HashName
from snapharbor.engine.proof import hashing, reference
from snapharbor.engine.proof.shapes import KINDS, LOGIN, SECRETS

if TYPE_CHECKING:
    from snapharbor.engine.proof import _search
else:
    _search = pytest.importorskip("snapharbor.engine.proof._search", reason="no C compiler was there")

SEED = 0x1234_5678_9ABC_DEF1
ORIGINALS = (
    *(b"anna", b"smith", b"anna smith", b"anna.smith@corp.de", b"4930123456", b"line\none", b"o'brien"),
    *("björn novak".encode(), b"a long value with spaces", b"de89370400440532013000", b'say "hi" now'),
)
FIRST = (b"anna", "björn".encode(), b"a", b"say")
BITS = (
    *(
        "Anna",
        "SMITH",
        "Smith,",
        " ",
        "  ",
        "anna.smith@corp.de",
        "Anna.Smith@CORP.DE.",
        "x",
        "-",
        "_",
        "(",
        ")",
    ),
    *(
        "+49 30 123456",
        "(030) 12",
        "4111 1111 1111 1111",
        "4111111111111111",
        "123456",
        "BJÖRN",
        "Björn",
        "Novak",
    ),
    *(
        '"',
        '\\"',
        "\\u0041nna",
        "\\u00e9\\ud800",
        "%41nna",
        "%",
        "\\",
        "{",
        "}",
        ":",
        ",",
        "=",
        "\n",
        "\t",
        "\r",
    ),
    *(
        "o'brien",
        "'o'brien'",
        "DE89370400440532013000",
        "DE00000400440532013000",
        "foo@bar.test",
        "a@b",
        "é",
        "日本",
    ),
    *("$2b$12$" + "x" * 53, "AKIAIOSFODNN7EXAMPLE", "a long value with spaces", 'say "hi" now', "line\none"),
)
TEXTS = st.lists(st.sampled_from(BITS) | st.text(max_size=6), max_size=12).map("".join)
NONE: set[str] = set()
CELLS = st.none() | TEXTS


def copied(value: str | None, *, binary: bool = False) -> bytes:
    """Spell a value as copy text."""
    if value is None:
        return b"\\N"
    content = value.encode(errors="replace").replace(b"\0", b"?")
    if binary:
        return b"\\\\x" + content.hex().encode()
    meant = {92: b"\\\\", 8: b"\\b", 9: b"\\t", 10: b"\\n", 11: b"\\v", 12: b"\\f", 13: b"\\r"}
    return b"".join(meant.get(byte, bytes((byte,))) for byte in content)


def filters(values: Iterable[bytes], first: Iterable[bytes]) -> tuple[bytearray, bytearray]:
    bloom, gates = bytearray(1 << 12), bytearray(1 << 10)
    gatherer = _search.Gatherer(bytes((0, 2)), bloom, gates)
    gatherer.feed(hashes([[hashing.lookup3(value, SEED) for value in some] for some in (values, first)]))
    gatherer.finish()
    return bloom, gates


def hashes(*rows: Sequence[Sequence[int]]) -> bytes:
    """Spell rows of hashes as the source sends them; NULL is where there are none."""
    lines = (
        struct.pack(">h", len(row))
        + b"".join(struct.pack(f">i{len(one)}Q", len(one) * 8 or -1, *one) for one in row)
        for row in rows
    )
    return b"".join((b"PGCOPY\n\xff\r\n\0", bytes(8), *lines, b"\xff\xff"))


BLOOM, GATES = filters(ORIGINALS, FIRST)


def found(searcher: reference.Searcher, blocks: Iterable[bytes]) -> tuple[object, ...]:
    """Run a search over blocks and return everything that it says."""
    pairs = array("Q")
    for block in blocks:
        searcher.feed(block)
        pairs.frombytes(searcher.take())
    searcher.finish()
    counted = Counter(zip(pairs[::2], pairs[1::2], strict=True))
    return counted, searcher.rows, searcher.cells, searcher.asked, searcher.shapes


@given(st.binary(max_size=80), st.integers(0, (1 << 64) - 1))
def test_both_hash_alike(value: bytes, seed: int) -> None:
    assert _search.lookup3(value, seed) == hashing.lookup3(value, seed)


@pytest.mark.parametrize("length", [*range(4, 200), 4000])
def test_both_hash_alike_with_sha256(length: int) -> None:
    value = bytes(ord("a") + place % 26 for place in range(length))
    for kind in (_search.Searcher, reference.Searcher):
        searcher = kind(b"t", b"\0", bytearray(b"\xff" * 64), bytearray(64), SEED, True)
        searcher.feed(value + b"\n")
        digest = hashlib.sha256(SEED.to_bytes(8, "big") + value).digest()
        assert [*array("Q", searcher.take())] == [int.from_bytes(digest[:8], "big") & ~1, 0]


@given(st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), max_size=6), st.randoms(use_true_random=False))
def test_both_find_the_same_however_the_stream_is_cut(
    rows: list[tuple[str | None, ...]], chance: random.Random
) -> None:
    stream = b"".join(
        b"\t".join((copied(one), copied(two, binary=True), copied(three), copied(four))) + b"\n"
        for one, two, three, four in rows
    )
    cuts = sorted(chance.sample(range(len(stream) + 1), min(5, len(stream) + 1)))
    blocks = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    arguments = (b"tb-v", b"\1\1\0\0", BLOOM, GATES, SEED)
    assert found(_search.Searcher(*arguments), blocks) == found(reference.Searcher(*arguments), [stream])


SHORT = st.sampled_from(
    [
        "",
        "anna",
        "Anna",
        "smith",
        "nobody",
        "view",
        "a@b.com",
        "+49 30 1234567",
        "10.1.2.3",
        "4930123456",
        "x" * 16,
    ]
)


@given(st.lists(st.tuples(SHORT, SHORT), min_size=1, max_size=9), st.integers(1, 40))
def test_both_find_the_same_in_cells_that_come_again(rows: list[tuple[str, str]], times: int) -> None:
    stream = b"".join(b"%b\t%b\n" % (one.encode(), other.encode()) for one, other in rows) * times
    arguments = (b"tv", b"\1\0", BLOOM, GATES, SEED)
    assert found(_search.Searcher(*arguments), [stream]) == found(reference.Searcher(*arguments), [stream])


def test_both_find_the_same_among_more_cells_than_are_kept_in_mind() -> None:
    words = [b"word %d" % number for number in range(5000)]
    long = [sign * length for sign in (b"x", b"y") for length in (52, 53, 54, 55)]
    rows = [*words, *[b"shop", b"anna", *long] * 40, *words[:100]]
    stream = b"".join(b"%b\t%b\n" % (one, other) for one, other in zip(rows, reversed(rows), strict=True))
    arguments = (b"tt", b"\1\1", BLOOM, GATES, SEED)
    assert found(_search.Searcher(*arguments), [stream]) == found(reference.Searcher(*arguments), [stream])


@given(TEXTS)
def test_both_see_the_same_in_a_text(text: str) -> None:
    content = text.encode(errors="replace")
    seen: list[object] = []
    for kind in (_search.Searcher, reference.Searcher):
        searcher = kind(b"t", b"\1", BLOOM, GATES, SEED)
        searcher.text(content)
        taken = array("Q", searcher.take())
        seen.append((Counter(taken[::2]), searcher.asked, searcher.shapes))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("kind", [reference.Searcher, _search.Searcher])
@pytest.mark.parametrize("size", [(1 << 20) - 8, (1 << 20) - 4096, (1 << 21) - 20])
def test_a_value_is_found_wherever_it_stands_in_a_huge_cell(
    kind: type[reference.Searcher], size: int
) -> None:
    searcher = kind(b"t", b"\0", BLOOM, GATES, SEED)
    searcher.feed(b"." * size + b" anna.smith@corp.de " + b"-" * 5000 + b"\n")
    hashes = set(array("Q", searcher.take())[::2])
    assert hashing.lookup3(b"anna.smith@corp.de", SEED) & ~1 in hashes


@pytest.mark.parametrize("kind", [reference.Searcher, _search.Searcher])
@pytest.mark.parametrize("stream", [b"a\n", b"a\tb\tc\n", b"a\tb", b"a\t", b"\\"])
def test_what_are_no_rows_of_that_width_are_refused(kind: type[reference.Searcher], stream: bytes) -> None:
    searcher = kind(b"t-", b"\0\0", BLOOM, GATES, SEED)

    def search() -> None:
        searcher.feed(stream)
        searcher.finish()

    with pytest.raises(ValueError, match=r"width|end"):
        search()


@pytest.mark.parametrize("kind", [hashing.Confirmer, _search.Confirmer])
def test_only_rare_values_and_identifiers_are_confirmed(kind: type[hashing.Confirmer]) -> None:
    values = {
        name: hashing.lookup3(name, SEED) & ~1 for name in (b"rare", b"common", b"sure", b"absent", b"both")
    }
    confirmer = kind(array("Q", values.values()).tobytes())
    confirmer.feed(
        array("Q", [values[b"rare"], *[values[b"common"]] * 20, *[values[b"both"]] * 20]).tobytes()
    )
    confirmer.settle()
    confirmer.feed(array("Q", [*[values[b"sure"] | 1] * 50, values[b"both"]]).tobytes())
    confirmer.settle()
    answers = dict(zip(values, confirmer.answer(), strict=True))
    assert answers == {b"rare": 1, b"common": 0, b"sure": 1, b"absent": 0, b"both": 1}


HASHES = st.lists(st.integers(0, (1 << 64) - 1), max_size=4)


@given(st.lists(st.tuples(HASHES, HASHES, HASHES), max_size=6), st.integers(1, 40))
def test_both_gather_the_same(rows: list[tuple[list[int], ...]], step: int) -> None:
    stream = hashes(*rows)
    kept: list[object] = []
    for kind, size in ((_search.Gatherer, step), (hashing.Gatherer, len(stream) + 1)):
        bloom, gates = bytearray(256), bytearray(64)
        gatherer = kind(bytes((1, 0, 2)), bloom, gates)
        pieces = [gatherer.feed(stream[at : at + size]) for at in range(0, len(stream), size)]
        gatherer.finish()
        kept.append((b"".join(pieces), bloom, gates))
    assert kept[0] == kept[1]
    wanted = Counter(
        one & ~1 | flag for row in rows for flag, some in zip((1, 0), row, strict=False) for one in some
    )
    assert Counter(array("Q", b"".join(pieces))) == wanted


@pytest.mark.parametrize("kind", [hashing.Gatherer, _search.Gatherer])
@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"1\t2\n",
        hashes([[1], [2]])[:-1],
        hashes([[1], [2]])[:-2],
        hashes([[1]]),
        hashes([[1], [2], [3]]),
        hashes([[1], [2]]) + b"\0",
        hashes([[1], [2]]).replace(b"\0\0\0\x08", b"\0\0\0\x07", 1),
    ],
)
def test_what_are_no_rows_of_hashes_are_refused(kind: type[hashing.Gatherer], stream: bytes) -> None:
    gatherer = kind(b"\0\0", bytearray(64), bytearray(64))

    def gather() -> None:
        gatherer.feed(stream)
        gatherer.finish()

    with pytest.raises(ValueError, match="rows"):
        gather()


@pytest.mark.parametrize("kind", [reference.Searcher, _search.Searcher])
@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.1.2.3", "10.1.2.3/32"),
        ("10.1.2.3/32", "10.1.2.3/32"),
        ("192.168.0.0/16, denied", "192.168.0.0/16"),
        ("http://203.0.113.9:8080/", "203.0.113.9/32"),
        ("2001:DB8::1", "2001:db8:0:0:0:0:0:1/128"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("from 2001:db8::7 at 12:30:00.", "2001:db8::7/128"),
        ("2001:db8::7: refused", "2001:db8::7/128"),
        ("to fe80::1/64, and on", "fe80::1/64"),
        ('"::ffff:10.1.2.3"', "::ffff:a01:203/128"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0/128"),
    ],
)
def test_an_address_is_found_however_it_is_written(
    kind: type[reference.Searcher], text: str, address: str
) -> None:
    found = ip_interface(address)
    packed = bytes((2 if found.version == 4 else 3, found.network.prefixlen)) + found.packed
    bloom, gates = filters((packed,), ())
    searcher = kind(b"t", b"\0", bloom, gates, SEED)
    searcher.text(text.encode())
    assert hashing.lookup3(packed, SEED) & ~1 in set(array("Q", searcher.take())[::2])


@pytest.mark.parametrize("name", ["lookup3", "sha256"])
@pytest.mark.parametrize(
    "text", ["192.0.2.1", "at 10.1.2.3, not", "2001:db8::1", "see 2001:db8::7.", "Ann Meyer"]
)
def test_what_rules_write_is_known_by_every_hash_that_it_is_found_by(text: str, name: HashName) -> None:
    hashes = set(reference.written(text, hashing.Hash(name, SEED)))
    bloom = bytearray(b"\xff" * 64)
    searcher = reference.Searcher(b"t", b"\0", bloom, bytearray(64), SEED, name == "sha256")
    searcher.text(text.encode())
    asked = array("Q", searcher.take())[::2]
    assert len(asked) > 0
    assert hashes.issuperset(asked)


PARTS = st.sampled_from(["0", "00", "1", "9", "10", "255", "256", "f", "ffff", "10000", "g", ""])
SIGNS = st.sampled_from([".", ".", ":", ":", "::", "/", "/3", "", " ", ". ", ": "])


@given(st.sampled_from("vt"), st.lists(st.tuples(PARTS, SIGNS), min_size=2, max_size=9))
def test_both_take_the_same_for_an_address(form: str, parts: list[tuple[str, str]]) -> None:
    content = "".join(part + sign for part, sign in parts).encode()
    packed = hashing.packed_address(content)
    bloom, gates = filters((packed,), ())
    found: list[object] = []
    for kind in (_search.Searcher, reference.Searcher):
        searcher = kind(form.encode(), b"\0", bloom, gates, SEED)
        searcher.feed(content + b"\n")
        found.append((searcher.asked, Counter(array("Q", searcher.take()))))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("write to Ann@corp.de.", {"email"}),
        ("ann@example.com ann@shop.test a@b", NONE),
        ("call +49 30 1234567", {"phone"}),
        ("+999123456789", NONE),
        ("card 4111-1111-1111-1111", {"card"}),
        ("4111 1111 1111 1112", NONE),
        ("DE89370400440532013000", {"iban"}),
        ("DE89370400440532013001", NONE),
        ("-----BEGIN RSA PRIVATE KEY-----", {"secret"}),
        *((start.decode() + "a" * least, {"secret"}) for start, least in SECRETS),
    ],
)
def test_shapes_are_seen(text: str, kinds: set[str]) -> None:
    for kind in (_search.Searcher, reference.Searcher):
        searcher = kind(b"t", b"\1", BLOOM, GATES, SEED)
        searcher.text(text.encode())
        assert {name for name, count in zip(KINDS, searcher.shapes[0], strict=True) if count} == kinds


@pytest.mark.parametrize("head", ["1f8b0800", "255044462d", "89504e47", "0000001866747970"])
def test_content_that_hides_its_text_is_told(head: str) -> None:
    for kind in (_search.Searcher, reference.Searcher):
        searcher = kind(b"b", b"\1", BLOOM, GATES, SEED)
        searcher.feed(b"\\\\x%s00000000\n\\\\x616263\n\\N\n" % head.encode())
        assert searcher.shapes[0][KINDS.index("hidden")] == 1


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("OPTIONS (user 'u', password 'canary')", True),
        ("'host=h password=canary'", True),
        ("password => 'canary'", True),
        ("pwd: canary", True),
        ("postgres://me:canary@db.corp.de/shop", True),
        ("CREATE TABLE t (password text, password_hash text NOT NULL)", False),
        ("WHERE u.password = crypt(given, u.password)", False),
        ("length(password::text) > 8 AND password IS NOT NULL", False),
        ("https://corp.de/~ann@home", False),
    ],
)
def test_a_login_in_a_definition_is_seen_and_a_column_called_password_is_none(text: str, seen: bool) -> None:
    assert bool(LOGIN.search(text.encode())) == seen
