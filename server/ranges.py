"""Which bytes of an object a request asks for."""

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of an object of `size` bytes; `whole` when no range was asked for, or none we understand."""

    start: int
    length: int
    size: int
    whole: bool = False

    @property
    def satisfiable(self) -> bool:
        """Whether any byte of it exists."""
        return self.whole or self.length > 0

    @property
    def status(self) -> int:
        """The HTTP status that answers it."""
        return 200 if self.whole else 206 if self.satisfiable else 416

    @property
    def headers(self) -> dict[str, str]:
        """The HTTP headers that describe it."""
        if self.whole:
            return {"content-length": str(self.size)}
        if not self.satisfiable:
            return {"content-range": f"bytes */{self.size}"}
        last = self.start + self.length - 1
        return {"content-length": str(self.length), "content-range": f"bytes {self.start}-{last}/{self.size}"}


def span_of(header: str | None, size: int) -> Span:
    """Parse a Range header. None, several, or another unit: the whole object, as RFC 9110 allows."""
    found = _RANGE.fullmatch((header or "").strip())
    if found is None or found.groups() == ("", ""):
        return Span(0, size, size, whole=True)
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        return Span(size - length, length, size)
    start = int(first)
    end = min(int(last) if last else size - 1, size - 1)
    return Span(start, max(end - start + 1, 0), size)
