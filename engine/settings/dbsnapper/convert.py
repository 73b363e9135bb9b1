"""The original's configuration as a tree becomes ours, with a sentence about every key."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from ...model.errors import ConfigInvalid, KeyMissing
from ...model.secret import Secret
from ...model.url import DatabaseUrl
from ..document import Block, Items, KeyPath, Node, Scalar, children, invalid
from ..plain import has_password
from ..templates import only_templates, without_templates
from .keys import KEYS, Gone, Kind, To
from .texts import Text, sql_of, text_of, url_of

Entry = dict[str, str | list[str]]
Value = str | Secret | list[str] | dict[str, list[str]] | list[Entry]
ORDER = {pattern: at for at, pattern in enumerate(KEYS)}
READERS: Mapping[Kind, Callable[[str, str], Text]] = {"url": url_of, "sql": sql_of, "query": sql_of}
_ANY = "*"
_UNKNOWN = "it is no key of the original that is known"
_HOME = "~/.dbsnapper"
_BESIDE = "a source is on that server, so a throw-away server is used"


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one key: the key that took its place, None if none did, and what to know about it."""

    key: str
    line: int | None
    to: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Converted:
    """Values by our key paths, those that are to be encrypted as secrets, and what to tell."""

    values: Mapping[KeyPath, Value] = field(repr=False)
    rows: tuple[Row, ...]


def convert(tree: Block, secret_key: str | None) -> Converted:
    """Convert a whole configuration.

    Args:
        tree: The original's, as written.
        secret_key: What the environment gives; it counts more than the one in the file.

    Raises:
        KeyMissing: a value that is needed cannot be decrypted.
        ConfigInvalid: a value is of another form than its key has.
    """
    own = children(tree).get("secret_key")
    key = secret_key or (own.text if isinstance(own, Scalar) else None) or ""
    return _Conversion(tree, key).done()


class _Conversion:
    def __init__(self, tree: Block, secret_key: str) -> None:
        self._found = sorted(_matched(tree, ()), key=lambda one: ORDER.get(one.pattern, len(ORDER)))
        self._key = secret_key
        self._values: dict[KeyPath, Value] = {}
        self._rows: dict[KeyPath, Row] = {}
        self._made: dict[KeyPath, KeyPath] = {}

    def done(self) -> Converted:
        for one in self._found:
            rule = KEYS.get(one.pattern, _UNKNOWN)
            if isinstance(rule, Gone):
                self._tell(one, None, rule)
            else:
                self._place(one, rule)
        self._drop_work_servers()
        self._drop_mixed_programs()
        rows = sorted(self._rows.items(), key=lambda told: (told[1].line or 0, told[0]))
        return Converted(self._values, tuple(row for _, row in rows))

    def _place(self, one: "_Match", rule: To) -> None:
        path = tuple(
            _fit(name) if part == _ANY else part for part, name in _spelled(rule.key, one.pattern, one.path)
        )
        former = next((made for made in self._made if made[:2] == path[:2] and _ANY in one.pattern), path)
        if former != path and self._made[former][:2] != one.path[:2]:
            raise invalid(
                one.path[:2], one.node.origin, f"is called `{path[1]}` here, like another one", "Rename it."
            )
        if path in self._made:
            self._tell(one, None, f"`{'.'.join(self._made[path])}` says the same, and counts")
            return
        value, notes = self._value(one, rule.kind)
        if "sanitize" in path and rule.kind == "query" and isinstance(value, Text):
            path, value = self._query(path, value)
        self._made[path] = one.path
        self._values[path] = _plain(value)
        self._tell(one, path, *notes)

    def _tell(self, one: "_Match", to: KeyPath | None, *notes: str) -> None:
        key = ".".join(one.path)
        note = "; ".join(notes)
        self._rows[one.path] = Row(key, one.node.origin.line, ".".join(to) if to else None, note)

    def _value(self, one: "_Match", kind: Kind) -> tuple["Text | Value", tuple[str, ...]]:
        node, path = one.node, one.path
        if kind == "words":
            return self._words(node, path), ()
        if kind == "tables":
            return {name: self._words(child, (*path, name)) for name, child in children(node).items()}, ()
        if kind == "entries":
            return self._entries(node, path), ()
        if not isinstance(node, Scalar):
            raise invalid(path, node.origin, "must be one value, not a list or mapping")
        read = READERS.get(kind, text_of)
        try:
            text = read(node.text or "", self._key)
        except KeyMissing as error:
            where = f"`{'.'.join(path)}` ({node.origin})"
            raise KeyMissing(f"{where} {error.message}", error.hint, **node.origin.details(path)) from None
        return self._fitted(text, kind), (*text.notes, *self._remarks(text, kind))

    def _fitted(self, text: Text, kind: Kind) -> Text:
        match kind:
            case "url":
                odd = "@" in text.text and _url(text.text) is None
                return replace(text, secret=text.secret or odd or has_password(text.text))
            case "secret":
                return replace(text, secret=not only_templates(text.text))
            case "sql" | "query":
                return replace(text, secret=False)
            case "file":
                return replace(text, text=self._in_the_old_place(text.text))
            case "directory":
                return replace(text, text=str(PurePath(text.text) / "snapharbor"))
            case "profile":
                return replace(text, text=_fit(text.text))
            case _:
                return text

    def _remarks(self, text: Text, kind: Kind) -> Iterator[str]:
        if kind == "url" and "statement_timeout" in text.text:
            yield "`statement_timeout` of a URL has no effect: set `limits.statement_timeout`, in seconds"
        if kind in ("sql", "query") and text.secret:
            yield "SQL is not encrypted here: this file is for its owner only"
        if kind == "directory":
            yield "a directory of its own, so that the two programs' snapshots stay apart"
        if kind == "file" and self._in_the_old_place(text.text) != text.text:
            yield "it began at the original's working directory"

    def _words(self, node: Node, path: KeyPath) -> list[str]:
        if isinstance(node, Scalar):
            return [word.strip() for word in (node.text or "").split(",") if word.strip()]
        if isinstance(node, Items):
            return [member.text or "" for member in node.members if isinstance(member, Scalar)]
        raise invalid(path, node.origin, "must be a list")

    def _entries(self, node: Node, path: KeyPath) -> list[Entry]:
        """Return a list of mappings, whose values are texts and lists of texts."""
        if not isinstance(node, Items) or not all(isinstance(member, Block) for member in node.members):
            raise invalid(path, node.origin, "must be a list of mappings")
        return [
            {
                key: value.text or "" if isinstance(value, Scalar) else self._words(value, (*path, key))
                for key, value in children(member).items()
            }
            for member in node.members
        ]

    def _in_the_old_place(self, file: str) -> str:
        if file.startswith(("/", "~", "{{")) or PurePath(file).is_absolute():
            return file
        places = [one for one in self._found if one.pattern.endswith("working_directory")]
        place = places[0].node if places else None
        return str(PurePath((place.text if isinstance(place, Scalar) else "") or _HOME) / file)

    def _query(self, path: KeyPath, text: Text) -> tuple[KeyPath, Text]:
        """Tell the oldest layout's file name from its SQL."""
        if re.fullmatch(r"\S+\.sql", text.text.strip(), re.IGNORECASE):
            return (*path[:-1], "query_file"), replace(text, text=self._in_the_old_place(text.text.strip()))
        return path, text

    def _drop_work_servers(self) -> None:
        """Leave out servers for copies that no copy could be made on."""
        urls = {path: url for path, value in self._values.items() if (url := _parsed(path, value))}
        sources = {(url.host, url.port) for path, url in urls.items() if path[-1] == "src_url"}
        for path, url in urls.items():
            if path[-2:] == ("sanitize", "dst_url") and (url.host, url.port) in sources:
                self._drop(path, _BESIDE)

    def _drop_mixed_programs(self) -> None:
        paths = [path for path in self._values if path[:2] == ("database_tools", "postgresql")]
        if len({PurePath(str(self._values[path])).parent for path in paths}) > 1:
            for path in paths:
                self._drop(path, "the programs are of different installations: they are found")

    def _drop(self, path: KeyPath, why: str) -> None:
        del self._values[path]
        self._rows[self._made[path]] = replace(self._rows[self._made[path]], to=None, note=why)


@dataclass(frozen=True, slots=True)
class _Match:
    """A key of the original that says something, and the rule that it falls under."""

    path: KeyPath
    pattern: str
    node: Node


def _matched(node: Node, path: KeyPath, pattern: KeyPath = ()) -> Iterator[_Match]:
    known = ".".join(pattern)
    inside = any(rule.startswith(f"{known}.") for rule in KEYS) if known else True
    if isinstance(node, Block) and inside:
        for name, child in node.members.items():
            part = _ANY if any(rule.startswith(f"{known}.*.") for rule in KEYS) else name.lower()
            yield from _matched(child, (*path, name), (*pattern, part))
    elif not (isinstance(node, Scalar) and not node.text) and node not in (Items((), node.origin),):
        yield _Match(path, known, node)


def _spelled(key: str, pattern: str, path: KeyPath) -> Iterator[tuple[str, str]]:
    """Yield the parts of our key, each with the name that stands for it where the user chose one."""
    names = iter([name for part, name in zip(pattern.split("."), path, strict=True) if part == _ANY])
    for part in key.split("."):
        yield part, next(names) if part == _ANY else part


def _fit(name: str) -> str:
    """Return a name that a target or storage can have here."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", name).lstrip("._-")[:63]


def _plain(value: "Text | Value") -> Value:
    if isinstance(value, Text):
        return Secret(value.text) if value.secret else value.text
    return value


def _parsed(path: KeyPath, value: Value) -> DatabaseUrl | None:
    if not path[-1].endswith("url") or not isinstance(value, str | Secret):
        return None
    return _url(value.reveal() if isinstance(value, Secret) else value)


def _url(text: str) -> DatabaseUrl | None:
    """Return a URL that can be used, as far as that can be told while its templates are not expanded."""
    try:
        return DatabaseUrl.parse(without_templates(text))
    except ConfigInvalid:  # told when the new file is read
        return None
