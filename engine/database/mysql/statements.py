"""Lines of text as INSERT statements. Escapes mean the same in both, so most rows are never looked at."""

from collections.abc import Iterator, Mapping, Sequence

from ..base import Blocks
from .entries import Form
from .names import quote

STATEMENT_BYTES = 1 << 19
PREFIX = 3


def inserts(table: str, columns: Sequence[str], forms: Mapping[str, Form], rows: Blocks) -> Iterator[bytes]:
    """Yield statements without their end that put rows into a table, about half a MiB each."""
    names = ", ".join(map(quote, columns))
    head = f"INSERT INTO {quote(table)} ({names}) VALUES\n".encode()
    special: dict[int, Form] = {place: forms[name] for place, name in enumerate(columns) if name in forms}
    for lines in _cut(rows):
        yield head + (_each(lines, special) if special else _quoted(lines))


def _cut(rows: Blocks) -> Iterator[bytes]:
    """Yield whole lines without the last newline, some at once."""
    pieces: list[bytes] = []
    for block in rows:
        end = block.rfind(b"\n")
        if end < 0:
            pieces.append(block)
            continue
        lines = b"".join((*pieces, block[:end]))
        pieces = [block[end + 1 :]]
        start = 0
        while len(lines) - start > STATEMENT_BYTES:
            cut = lines.rfind(b"\n", start, start + STATEMENT_BYTES)
            cut = cut if cut >= 0 else lines.find(b"\n", start + STATEMENT_BYTES)
            if cut < 0:
                break
            yield lines[start:cut]
            start = cut + 1
        yield lines[start:]


def _quoted(lines: bytes) -> bytes:
    """Return rows of texts; a backslash before N stands nowhere but in NULL."""
    inner = lines.replace(b"'", b"''").replace(b"\t", b"','").replace(b"\n", b"'),\n('")
    return (b"('" + inner + b"')").replace(b"'\\N'", b"NULL")


def _each(lines: bytes, special: Mapping[int, Form]) -> bytes:
    return b",\n".join(_row(line.split(b"\t"), special) for line in lines.split(b"\n"))


def _row(values: list[bytes], special: Mapping[int, Form]) -> bytes:
    return b"(%b)" % b",".join(_value(value, special.get(place)) for place, value in enumerate(values))


def _value(value: bytes, form: Form | None) -> bytes:
    if value == b"\\N":
        return b"NULL"
    if form == "bytes":
        return b"X'%b'" % value[PREFIX:]
    return value if form == "number" else b"'%b'" % value.replace(b"'", b"''")
