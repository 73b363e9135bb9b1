"""Authenticated encryption of streams: Tink's AES-GCM-HKDF streaming AEAD, parameters AES256_GCM_HKDF_1MB.

A ciphertext is `header ‖ segment 0 ‖ segment 1 ‖ …` with `header = 40 ‖ salt (32) ‖ nonce prefix (7)`.
Segments are encrypted with AES-256-GCM under `HKDF-SHA256(key, salt, info=associated data)` and the nonce
`prefix ‖ segment number (4, big-endian) ‖ 1 if last else 0`. A segment is 1 MiB with its tag; the first
one is shorter by the header. Described in docs/format.md with its sources and limits.
"""

from collections.abc import Callable, Iterator
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..model.errors import SnapshotCorrupt

SEGMENT = 1 << 20
KEY = 32
_TAG = 16
_HEADER = 1 + KEY + 7

Read = Callable[[int], bytes]


def derive(key: bytes, info: bytes, *, salt: bytes | None = None) -> bytes:
    """Return 32 bytes of HKDF-SHA256."""
    return HKDF(SHA256(), KEY, salt, info).derive(key)


class _Segments:
    """The cipher and the running nonce of one ciphertext."""

    def __init__(self, key: bytes, header: bytes, associated: bytes) -> None:
        self._cipher = AESGCM(derive(key, associated, salt=header[1 : 1 + KEY]))
        self._prefix = header[1 + KEY :]
        self._number = 0

    def seal(self, plain: memoryview, last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(last), plain, None)

    def open(self, sealed: bytes, last: bool) -> bytes:
        return self._cipher.decrypt(self._nonce(last), sealed, None)

    def _nonce(self, last: bool) -> bytes:
        nonce = self._prefix + self._number.to_bytes(4, "big") + bytes((last,))
        self._number += 1
        return nonce


class Encryptor:
    """Encrypts what is written to it and passes it on; `finish` once, or it is not a ciphertext."""

    def __init__(self, key: bytes, associated: bytes, *, write: Callable[[bytes], object]) -> None:
        header = bytes((_HEADER,)) + token_bytes(_HEADER - 1)
        self._segments = _Segments(key, header, associated)
        self._pass_on = write
        self._waiting = bytearray()
        self._room = SEGMENT - _HEADER - _TAG
        write(header)

    def write(self, plain: bytes) -> None:
        """Take more plain bytes."""
        self._waiting += plain
        while len(self._waiting) > self._room:
            self._emit(self._room, last=False)
            self._room = SEGMENT - _TAG

    def finish(self) -> None:
        """Pass on the last segment."""
        self._emit(len(self._waiting), last=True)

    def _emit(self, size: int, *, last: bool) -> None:
        with memoryview(self._waiting) as waiting, waiting[:size] as plain:
            self._pass_on(self._segments.seal(plain, last))
        del self._waiting[:size]


def decrypt(key: bytes, read: Read, *, associated: bytes, what: str) -> Iterator[bytes]:
    """Yield the plain bytes, one segment at a time, each one authenticated before it is yielded.

    Args:
        key: 32 bytes.
        read: gives at most so many bytes of the ciphertext, none at its end.
        associated: the associated data that it was encrypted with.
        what: names the object in an error.

    Raises:
        SnapshotCorrupt: it is not, in whole, what was encrypted with this key; raised after the segments
            before the damage were yielded.
    """
    header = exactly(read, _HEADER)
    if len(header) != _HEADER or header[0] != _HEADER:
        raise SnapshotCorrupt(f"{what} is not an encrypted object")
    segments = _Segments(key, header, associated)
    segment = exactly(read, SEGMENT - _HEADER)
    while True:
        following = exactly(read, SEGMENT)
        try:
            plain = segments.open(segment, not following)
        except InvalidTag:
            raise SnapshotCorrupt(f"{what} was changed") from None
        yield plain
        if not following:
            return
        segment = following


def exactly(read: Read, size: int) -> bytes:
    """Read so many bytes, fewer only at the end."""
    first = read(size)
    if len(first) in (0, size):
        return first
    parts, have = [first], len(first)
    while have < size and (more := read(size - have)):
        parts.append(more)
        have += len(more)
    return b"".join(parts)
