"""Values of the original as they are to be written here: templates, encrypted values, URLs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from ...model.url import SCHEMES
from ..templates import without_templates
from .sealed import VALUE, opened

POSTGRES = ("postgres", "postgresql", "pg", "pglocal", "pgl", "pgdocker", "pgd", "pgsql")
MYSQL = ("mysql", "mylocal", "myl", "mydocker", "myd", "my", "percona", "aurora")
NEW_SCHEME: Mapping[str, str] = {
    **dict.fromkeys(POSTGRES, "postgres"),
    **dict.fromkeys(MYSQL, "mysql"),
    **dict.fromkeys(("mariadb", "maria"), "mariadb"),
}
CONTAINERS = ("pgdocker", "pgd", "mydocker", "myd")
INSIDE = "host.docker.internal"

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
# What Go takes for the documented form, and the form of some pages.
_OTHER_FORMS = (
    re.compile(rf'\{{\{{-?\s*"({_NAME})"\s*\|\s*env\s*-?\}}\}}'),
    re.compile(rf'\{{\{{-?\s*env\s+["`]({_NAME})["`]\s*-?\}}\}}'),
    re.compile(rf"\{{\{{-\s*`({_NAME})`\s*\|\s*env\s*-?\}}\}}"),
    re.compile(rf"\$\{{({_NAME})\}}"),
)
_EXPANDED = re.compile(r"\{\{|\$\{")
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_TEMPLATE = re.compile(r"\{\{[^}]*\}\}")
_AUTHORITY = re.compile(r"([^/?]*@)?([^/?@]*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Text:
    """One value as it is to be written; `secret`: encrypted. `notes` are sentences without their end."""

    text: str = field(repr=False)
    secret: bool = False
    notes: tuple[str, ...] = ()


def text_of(written: str, secret_key: str, *, url: bool = False) -> Text:
    """Return a value with today's templates, and without encrypted pieces.

    Args:
        written: The value.
        secret_key: The original's.
        url: Whether a piece that is encrypted has to be percent-encoded.

    Raises:
        KeyMissing: a piece is encrypted, and not with this key.
    """
    notes: list[str] = []
    fresh = written
    for form in _OTHER_FORMS:
        fresh = form.sub(r"{{`\1` | env}}", fresh)
    if fresh != written:
        notes.append("its template is written {{`NAME` | env}}")

    def plain(found: re.Match[str]) -> str:
        text = opened(found[1], secret_key)
        if url:
            return text if found[0] == fresh else quote(text, safe="")
        return _literal(text)

    text = VALUE.sub(plain, fresh)
    if text != fresh:
        notes.append("it was encrypted with `secret_key`")
    return Text(text, text != fresh, tuple(notes))


def sql_of(written: str, secret_key: str) -> Text:
    """Return SQL, which is encrypted as a whole or not at all, and keeps its templates."""
    if found := VALUE.fullmatch(written.strip()):
        return Text(opened(found[1], secret_key), secret=True, notes=("it was encrypted with `secret_key`",))
    return Text(written)


def url_of(written: str, secret_key: str) -> Text:
    """Return a database URL in our spelling: no scheme of the original's own, no host of a container."""
    found = text_of(written, secret_key, url=True)
    notes = list(found.notes)
    matched = _URL.fullmatch(found.text.strip())
    if matched is None:
        if without_templates(found.text) == "x":
            notes.append(f"the URL in the variable has to begin with one of {', '.join(SCHEMES)}")
        return Text(found.text, found.secret, tuple(notes))
    scheme, rest = matched[1].lower(), matched[2]
    new = NEW_SCHEME.get(scheme, scheme)
    if scheme in CONTAINERS:
        notes.append("no container is used: the programs of this machine are")
    rest, told = _reached(rest)
    return Text(f"{new}://{rest}", found.secret, (*notes, *told))


def _reached(rest: str) -> tuple[str, tuple[str, ...]]:
    matched = _AUTHORITY.match(_TEMPLATE.sub(lambda found: "x" * len(found[0]), rest))
    assert matched is not None  # every part of it may be empty
    login, host, tail = (
        rest[: matched.start(2)],
        rest[matched.start(2) : matched.end()],
        rest[matched.end() :],
    )
    notes: list[str] = []
    if host.partition(":")[0] == INSIDE:
        host = host.replace(INSIDE, "127.0.0.1", 1)
        notes.append(f"`{INSIDE}` is this machine, seen from a container")
    if host.partition(":")[0] == "" and "host=" not in tail:
        host = f"localhost{host}"
        notes.append("it names no host, which meant localhost")
    fewer = re.sub(r"(?<=[?&])serverPubKey=[^&]*&?", "", tail).rstrip("?&")
    if fewer != tail.rstrip("?&"):
        notes.append("`serverPubKey` is left out: use `ssl-ca`")
    return f"{login}{host}{fewer}", tuple(notes)


def _literal(text: str) -> str:
    """Return how to write text that is not to be taken for a template."""
    return _EXPANDED.sub(lambda found: f"{{{{`{found[0]}`}}}}", text)
