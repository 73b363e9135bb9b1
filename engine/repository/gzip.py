"""Gzip by ISA-L, level 1: fast, and readable by every pg_restore.

The library is only half typed; here its types are filled in.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, cast

LEVEL = 1
_DEFLATED = 8
_GZIP_WINDOW = 31


class Compressor(Protocol):
    """Makes one gzip member."""

    def compress(self, plain: bytes | memoryview, /) -> bytes: ...
    def flush(self) -> bytes: ...


class Decompressor(Protocol):
    """Reads one gzip member and checks its checksum."""

    eof: bool
    unused_data: bytes

    def decompress(self, packed: bytes, /, max_length: int = -1) -> bytes: ...


class _Zlib(Protocol):
    compressobj: Callable[[int, int, int], Compressor]


class _Igzip(Protocol):
    DECOMP_GZIP: int
    IgzipDecompressor: Callable[[int], Decompressor]
    error: type[Exception]


_zlib = cast(_Zlib, import_module("isal.isal_zlib"))
_igzip = cast(_Igzip, import_module("isal.igzip_lib"))

GzipError: type[Exception] = _igzip.error


def compressor() -> Compressor:
    """Start a gzip member."""
    return _zlib.compressobj(LEVEL, _DEFLATED, _GZIP_WINDOW)


def decompressor() -> Decompressor:
    """Start reading a gzip member."""
    return _igzip.IgzipDecompressor(_igzip.DECOMP_GZIP)
