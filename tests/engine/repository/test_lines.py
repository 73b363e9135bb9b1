"""Lines are counted right, compiled or not."""

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers, lists, sampled_from

from snapharbor.engine.repository.lines import count_lines


@given(lists(sampled_from([b"\n", b"\x0b", b"\x8a", b"\x00", b"\xff"])), binary(), integers(0, 9))
def test_every_newline_counts_and_nothing_else(pieces: list[bytes], more: bytes, start: int) -> None:
    block = b"".join(pieces) + more
    assert count_lines(memoryview(block)[start:]) == block[start:].count(b"\n")


def test_what_is_no_block_is_refused() -> None:
    with pytest.raises(TypeError):
        count_lines("text")  # type: ignore[arg-type]
