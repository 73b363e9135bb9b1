"""Everything that is written: results to stdout, the rest to stderr, and nothing that acts on a terminal."""

import json
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ..engine.model.json import Json
from .session import Session

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

UNLIMITED = 100_000
FOLDED_WIDTH = 10
OBEYED = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def result(session: Session, value: Json, text: Callable[[], str]) -> None:
    """Write what was asked for: the text, or with `--json` the last line, `{"result": value}`."""
    if session.json:
        line(**{"result": value})
    else:
        write(text())


def line(**value: Json) -> None:
    """Write one JSON line; ASCII, so that no terminal or locale can spoil it."""
    write(json.dumps(value, default=dict))


def write(text: str) -> None:
    """Write a line to stdout, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def tell(text: str) -> None:
    """Write a line to stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def note(session: Session, text: str) -> None:
    """Tell a person something beside the result."""
    if not session.json:
        tell(visible(text))


def warn(session: Session, text: str) -> None:
    """Tell of something that may be wrong; with `--json` as a line of its own."""
    if session.json:
        line(warning=text)
    else:
        note(session, f"Warning: {text}")


def visible(text: str) -> str:
    """Return text without anything that a terminal would obey: control and direction characters, escaped."""
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in OBEYED else char
        for char in text
    )


def readable(text: str) -> str:
    """Return text of several lines, each made visible."""
    return "\n".join(visible(one) for one in text.splitlines())


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, folded: Sequence[str] = ()) -> str:
    """Return aligned columns; on a terminal the `folded` ones give way to its width, then all do."""
    import rich.table
    from rich.cells import cell_len
    from rich.text import Text

    cells = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(headers, *cells, strict=True)]
    needed = sum(
        min(width, FOLDED_WIDTH) if header in folded else width
        for header, width in zip(headers, widths, strict=True)
    )
    fits = needed + 2 * len(headers) - 2 <= _terminal().width
    grid = rich.table.Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for header in headers:
        grid.add_column(header, no_wrap=fits and header not in folded, overflow="fold")
    for row in cells:
        grid.add_row(*map(Text, row))
    return _rendered(grid)


def facts(pairs: Mapping[str, str]) -> str:
    """Return names and values, one pair a line; empty values are left out."""
    shown = {name: value for name, value in pairs.items() if value}
    width = max(map(len, shown), default=0) + 2
    return "\n".join(f"{name:<{width}}{visible(value)}" for name, value in shown.items())


def size(count: int) -> str:
    """Return a number of bytes as people write it: `999 B`, `1.4 GB`."""
    value, units = float(count), ["PB", "TB", "GB", "MB", "kB"]
    if count < 1000:
        return f"{count} B"
    while units[1:] and value >= 999_950:
        value, _ = value / 1000, units.pop()
    return f"{value / 1000:.1f} {units[-1]}"


def moment(text: str) -> str:
    """Return an ISO 8601 moment in UTC, to the minute, as a table shows it."""
    return text[:16].replace("T", " ")


def counted(count: int, noun: str) -> str:
    """Return `1 table`, `1,200 tables`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _terminal() -> "Console":
    """Return what stdout is: colours and width of a terminal, plain and endless lines elsewhere."""
    from rich.console import Console

    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=UNLIMITED)


def _rendered(renderable: "RenderableType") -> str:
    console = _terminal()
    with console.capture() as capture:
        console.print(renderable)
    return "\n".join(text.rstrip() for text in capture.get().splitlines())
