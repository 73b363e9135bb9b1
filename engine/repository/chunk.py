"""Chunks as objects: hashed, compressed and encrypted on the way to a file, and back in one pass.

An object is `magic (8) ‖ key id (8) ‖ wrapped data key (60) ‖ ciphertext`. A chunk's id is a keyed digest of
the content and so known only at the end, while encryption starts at the beginning: each object is encrypted
with a random data key, and that key is wrapped, last of all, with the chunk's own key and its id as
associated data.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..model.errors import SnapshotCorrupt
from ..model.snapshot import Chunk
from .gzip import Decompressor, GzipError, compressor, decompressor
from .header import CHUNK, HEADER, confirm, header, key_id_of, refused
from .keys import Keys
from .streaming import KEY, Encryptor, Read, decrypt, exactly

_NONCE = 12
_WRAPPED = _NONCE + KEY + 16
_BODY = b"snapharbor/1 chunk body"
_BLOCK = 1 << 18


class Spool:
    """One chunk on its way to storage. Nothing readable reaches the file."""

    def __init__(self, path: Path, keys: Keys) -> None:
        self.path = path
        self.raw_bytes = 0
        self._keys = keys
        self._data_key = token_bytes(KEY)
        self._hasher = keys.hasher()
        self._gzip = compressor()
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._file.write(bytes(HEADER + _WRAPPED))
        self._encryptor = Encryptor(self._data_key, _BODY, write=self._file.write)

    def write(self, plain: memoryview) -> None:
        """Take more of the content."""
        self.raw_bytes += len(plain)
        self._hasher.update(plain)
        self._encryptor.write(self._gzip.compress(plain))

    def finish(self) -> Chunk:
        """Complete the file and return what it holds."""
        self._encryptor.write(self._gzip.flush())
        self._encryptor.finish()
        chunk_id = self._hasher.hexdigest()
        size = self._file.tell()
        self._file.seek(0)
        wrapped = _wrap(self._data_key, self._keys.chunk(chunk_id), chunk_id)
        self._file.write(header(CHUNK, self._keys.id) + wrapped)
        self._file.close()
        return Chunk(chunk_id, self.raw_bytes, size)

    def discard(self) -> None:
        """Close and remove the file, whatever state it is in."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def packed(chunk: Chunk, read: Read, *, key: bytes, key_id: str) -> Iterator[bytes]:
    """Yield a chunk's gzip member from its object, every block authenticated.

    Args:
        chunk: which one it should be.
        read: gives at most so many bytes of the object, none at its end.
        key: the chunk's own key.
        key_id: the id of the repository's key that it was derived from.

    Raises:
        SnapshotCorrupt: the object is not that chunk, or it was changed.
        KeyMissing: it was encrypted under another repository's key.
    """
    what = f"chunk `{chunk.id[:16]}`"
    head = exactly(read, HEADER + _WRAPPED)
    written = key_id_of(head, CHUNK, what=what)
    nonce, wrapped = head[HEADER:][:_NONCE], head[HEADER + _NONCE :]
    try:
        data_key = AESGCM(key).decrypt(nonce, wrapped, chunk.id.encode())
    except (InvalidTag, ValueError):  # a value error: too short to be one
        raise refused(what, written=written, wanted=key_id) from None
    confirm(what, written=written, wanted=key_id)
    yield from decrypt(data_key, read, associated=_BODY, what=what)


def plain(chunk: Chunk, members: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a chunk's content from its gzip member, in blocks of at most 256 KiB.

    Raises:
        SnapshotCorrupt: it is not one gzip member of exactly the chunk's length.
    """
    size = 0
    unpacker = decompressor()
    for member in members:
        if unpacker.eof:
            raise _corrupt(chunk)
        feed = member
        while not unpacker.eof and (block := _unpack(unpacker, feed, chunk)):
            size += len(block)
            if size > chunk.raw_bytes:
                raise _corrupt(chunk)
            yield block
            feed = b""
    if not unpacker.eof or unpacker.unused_data or size != chunk.raw_bytes:
        raise _corrupt(chunk)


def checked(chunk: Chunk, blocks: Iterator[bytes], keys: Keys) -> Iterator[bytes]:
    """Yield the content on, and check its id at the end.

    Raises:
        SnapshotCorrupt: the content is another one.
    """
    hasher = keys.hasher()
    for block in blocks:
        hasher.update(block)
        yield block
    if hasher.hexdigest() != chunk.id:
        raise _corrupt(chunk)


def _wrap(data_key: bytes, key: bytes, chunk_id: str) -> bytes:
    nonce = token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data_key, chunk_id.encode())


def _unpack(unpacker: Decompressor, feed: bytes, chunk: Chunk) -> bytes:
    try:
        return unpacker.decompress(feed, _BLOCK)
    except GzipError:
        raise _corrupt(chunk) from None


def _corrupt(chunk: Chunk) -> SnapshotCorrupt:
    return SnapshotCorrupt(f"chunk `{chunk.id[:16]}` holds other content than its id says", chunk=chunk.id)
