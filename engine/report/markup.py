"""Elements of a page, in which text cannot become markup."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from ..model.fence import clean

LONGEST = 4000


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def page(title: str, *parts: Html) -> str:
    """Return a whole page that needs nothing else, and forbids itself scripts and requests."""
    return Template(_file("page.html")).substitute(
        title=_escaped(title), style=_file("page.css"), body="\n".join(part for part in parts if part)
    )


def facts(pairs: Mapping[str, str]) -> Html:
    """Return a list of names and what they are."""
    members = (
        part
        for name, value in pairs.items()
        for part in (element("dt", name), element("dd", value, css="mono"))
    )
    return element("dl", *members)


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], css: str = "") -> Html:
    """Return a table with a head."""
    head = element("tr", *(element("th", title, scope="col") for title in titles))
    body = (element("tr", *(element("td", cell) for cell in row)) for row in rows)
    return element("table", element("thead", head), element("tbody", *body), css=css)


def foot() -> Html:
    """Return the end of a page."""
    return element(
        "footer",
        "Made by Snapharbor. No value of a row is in this page, only names, counts and shapes.",
        css="soft small",
    )


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


def mono(text: str) -> Html:
    """Return a name as it is typed."""
    return element("span", text, css="mono")


def prose(text: str) -> Html:
    """Return a sentence with what stands in backticks as code."""
    parts = re.split(r"`([^`]*)`", text)
    return joined(*(element("code", part) if place % 2 else part for place, part in enumerate(parts)))


def lines(text: str) -> Html:
    """Return text whose line breaks stay."""
    return Html("\n".join(_escaped(line) for line in text.splitlines()))


def _escaped(text: str) -> str:
    return escape(clean(text, LONGEST))


@cache
def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")
