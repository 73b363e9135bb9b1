"""Lists in pages that fit into an answer."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from ..engine.model.errors import ArgumentInvalid

PAGE_BYTES = 2400

Item = TypeVar("Item")
Shown = TypeVar("Shown")


def page(
    items: Sequence[Item], cursor: str, *, show: Callable[[Item], Shown], size: Callable[[Shown], int]
) -> tuple[list[Shown], str | None]:
    """Return the views after `cursor` that fit on a page, at least one, and the cursor of the next page.

    Raises:
        ArgumentInvalid: the cursor is not one of ours.
    """
    start = _position(cursor, len(items))
    shown: list[Shown] = []
    used = 0
    for item in items[start:]:
        view = show(item)
        used += size(view)
        if shown and used > PAGE_BYTES:
            return shown, str(start + len(shown))
        shown.append(view)
    return shown, None


def text_size(text: str) -> int:
    """Return the bytes that a line takes."""
    return len(text.encode()) + 1


def _position(cursor: str, count: int) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdecimal()) or len(cursor) > 9 or int(cursor) > count:
        raise ArgumentInvalid(
            "`cursor` is not one that this tool gave", "Call without cursor for the first page."
        )
    return int(cursor)
