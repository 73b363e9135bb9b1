"""Lines of digits become the rows that the search takes, wherever blocks are cut."""

from array import array
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapharbor.engine.proof.digits import packed
from snapharbor.engine.proof.kernel import Gatherer

LINES = b"\t0000000000000002\t\n000000000000000400000000000000ff\t\t\n\t\t\n" * 3


def kept(blocks: list[bytes], flags: bytes) -> list[int]:
    gatherer, found = Gatherer(flags, bytearray(64), bytearray(64)), array("Q")
    for block in packed(iter(blocks), len(flags)):
        found.frombytes(gatherer.feed(block))
    gatherer.finish()
    return sorted(found)


@given(st.lists(st.integers(0, len(LINES)), max_size=8))
def test_every_hash_is_kept_with_its_flag(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(LINES)]
    blocks = [LINES[start:end] for start, end in pairwise(places)]
    assert kept(blocks, bytes((0, 1, 2))) == sorted([3, 4, 0xFE] * 3)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (b"\t\t", "without an end"),
        (b"\t\n", "another width"),
        (b"0102\t\t\n", "no rows of hashes"),
        (b"xy\t\t\n", "non-hexadecimal"),
    ],
)
def test_other_lines_are_refused(lines: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kept([lines], bytes((0, 1, 2)))
