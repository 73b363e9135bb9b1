"""Elements of a page, in which text cannot become markup."""

import re
from html import escape

from ..model.fence import clean

LONGEST = 4000


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def element(tag: str, *children: str, css: str = "", **attributes: str) -> Html:
    """Return an element; children that are not Html are escaped, what is invisible in them is replaced.

    Attributes are given with `_` for `-`; an empty one stands alone, as `open`.
    """
    known = {"class": css, **attributes} if css else attributes
    spelled = "".join(
        f' {name.replace("_", "-")}="{_escaped(value)}"' if value else f" {name}"
        for name, value in known.items()
    )
    return Html(f"<{tag}{spelled}>{joined(*children)}</{tag}>")


def joined(*children: str) -> Html:
    """Return children one after the other."""
    return Html("".join(child if isinstance(child, Html) else _escaped(child) for child in children))


def prose(text: str) -> Html:
    """Return a sentence with what stands in backticks as code."""
    parts = re.split(r"`([^`]*)`", text)
    return joined(*(element("code", part) if place % 2 else part for place, part in enumerate(parts)))


def lines(text: str) -> Html:
    """Return text whose line breaks stay."""
    return Html("\n".join(_escaped(line) for line in text.splitlines()))


def _escaped(text: str) -> str:
    return escape(clean(text, LONGEST))
