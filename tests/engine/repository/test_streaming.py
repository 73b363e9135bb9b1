import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapharbor.engine.model.errors import SnapshotCorrupt
from snapharbor.engine.repository import streaming

KEY = hashlib.sha256(b"a key for tests").digest()
SEGMENT = streaming.SEGMENT
SIZES = (0, 1, 1000, SEGMENT - 56, SEGMENT - 55, 3 * SEGMENT)
VECTORS = json.loads((Path(__file__).parent / "tink_vectors.json").read_text())


def encrypted(plain: bytes, *, key: bytes = KEY, associated: bytes = b"chunk") -> bytes:
    parts: list[bytes] = []
    encryptor = streaming.Encryptor(key, associated, write=parts.append)
    for start in range(0, len(plain), 77_777):
        encryptor.write(plain[start : start + 77_777])
    encryptor.finish()
    return b"".join(parts)


def decrypted(sealed: bytes, *, key: bytes = KEY, associated: bytes = b"chunk") -> bytes:
    reader = io.BytesIO(sealed)
    return b"".join(streaming.decrypt(key, reader.read, associated=associated, what="it"))


def text(size: int) -> bytes:
    return (b"snapharbor " * (size // 11 + 1))[:size]


@pytest.mark.parametrize("number", range(len(VECTORS)))
def test_it_writes_the_bytes_that_tink_writes(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # The vectors were made by Tink 1.16.1 itself; only the header is random, and it is given here.
    vector = VECTORS[number]
    header = bytes.fromhex(vector["header"])

    def rigged(size: int) -> bytes:
        assert size == len(header) - 1
        return header[1:]

    monkeypatch.setattr(streaming, "token_bytes", rigged)
    key = hashlib.sha256(b"vector %d" % number).digest()
    plain, associated = text(vector["plain_bytes"]), vector["associated"].encode()
    sealed = encrypted(plain, key=key, associated=associated)
    assert len(sealed) == vector["cipher_bytes"]
    assert hashlib.sha256(sealed).hexdigest() == vector["cipher_sha256"]
    assert decrypted(sealed, key=key, associated=associated) == plain


@given(st.integers(0, 2 * SEGMENT + 200), st.integers(1, 70_000))
def test_what_is_written_is_read_however_it_is_cut(size: int, cut: int) -> None:
    reader = io.BytesIO(encrypted(text(size)))
    plain = streaming.decrypt(
        KEY, lambda wanted: reader.read(min(wanted, cut * 16)), associated=b"chunk", what="it"
    )
    assert b"".join(plain) == text(size)


@given(st.sampled_from(SIZES), st.integers(0), st.integers(0, 7))
def test_a_flipped_bit_anywhere_is_found(size: int, where: int, bit: int) -> None:
    sealed = bytearray(encrypted(text(size)))
    sealed[where % len(sealed)] ^= 1 << bit
    with pytest.raises(SnapshotCorrupt):
        decrypted(bytes(sealed))


@given(st.sampled_from(SIZES), st.integers(1))
def test_a_missing_end_is_found(size: int, missing: int) -> None:
    sealed = encrypted(text(size))
    with pytest.raises(SnapshotCorrupt):
        decrypted(sealed[: -(1 + missing % len(sealed))])


@given(st.sampled_from(SIZES), st.binary(min_size=1, max_size=40))
def test_an_added_end_is_found(size: int, more: bytes) -> None:
    with pytest.raises(SnapshotCorrupt):
        decrypted(encrypted(text(size)) + more)


def cut_at_a_segment(sealed: bytes) -> bytes:
    return sealed[: 2 * SEGMENT]


def with_two_segments_swapped(sealed: bytes) -> bytes:
    return (
        sealed[:SEGMENT]
        + sealed[2 * SEGMENT : 3 * SEGMENT]
        + sealed[SEGMENT : 2 * SEGMENT]
        + sealed[3 * SEGMENT :]
    )


def with_a_segment_twice(sealed: bytes) -> bytes:
    return sealed[: 2 * SEGMENT] + sealed[SEGMENT:]


def with_a_segment_of_another(sealed: bytes) -> bytes:
    other = encrypted(text(3 * SEGMENT))
    return sealed[:SEGMENT] + other[SEGMENT : 2 * SEGMENT] + sealed[2 * SEGMENT :]


@pytest.mark.parametrize(
    "damage", [cut_at_a_segment, with_two_segments_swapped, with_a_segment_twice, with_a_segment_of_another]
)
def test_whole_segments_cannot_be_moved(damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(SnapshotCorrupt):
        decrypted(damage(encrypted(text(3 * SEGMENT))))


def test_another_key_or_other_associated_data_does_not_open_it() -> None:
    sealed = encrypted(b"rows")
    with pytest.raises(SnapshotCorrupt):
        decrypted(sealed, key=hashlib.sha256(b"another").digest())
    with pytest.raises(SnapshotCorrupt):
        decrypted(sealed, associated=b"another chunk")


def test_the_same_content_never_looks_the_same() -> None:
    assert encrypted(b"rows") != encrypted(b"rows")
