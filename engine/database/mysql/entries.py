"""What is defined in a database, object by object: stored as JSON, told apart, and written as SQL again."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, cast

from ...model.errors import SnapshotCorrupt
from ..base import ChunkSource
from .inspect import IDENTIFIER
from .names import literal, quote

PART = "definition"
Kind = Literal[
    "SEQUENCE", "TABLE", "FUNCTION", "PROCEDURE", "PACKAGE", "PACKAGE BODY", "VIEW", "TRIGGER", "EVENT"
]
Form = Literal["bytes", "number"]
# What stands before the rows, and what comes after them: nothing may fire while rows come in.
BEFORE: tuple[Kind, ...] = ("SEQUENCE", "TABLE")
AFTER: tuple[Kind, ...] = ("FUNCTION", "PACKAGE", "PACKAGE BODY", "PROCEDURE", "VIEW", "TRIGGER", "EVENT")
ROUTINES: tuple[Kind, ...] = ("FUNCTION", "PACKAGE", "PACKAGE BODY", "PROCEDURE")

DEFINER = re.compile(
    rf"^(CREATE(?: OR REPLACE)?(?: AGGREGATE)?(?: ALGORITHM=\w+)?) DEFINER=(?:{IDENTIFIER}|'[^']*')"
    rf"(?:@(?:{IDENTIFIER}|'[^']*'))?"
)
FOREIGN_KEY = re.compile(rf"\s*CONSTRAINT ({IDENTIFIER}) FOREIGN KEY ")
STRING_OR_NAME = re.compile(rf"'(?:[^'\\]|''|\\.)*'|({IDENTIFIER})\.(?={IDENTIFIER})", re.DOTALL)
PLAIN = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One object. `text` creates it in whatever database is the current one, for whoever runs it.

    Attributes:
        then: What sets its state, run after it.
        table: The table of a trigger.
        reads: Tables and views that a view reads.
        keys: Foreign keys of a table, each with the table that it refers to.
        forms: Columns of a table that are not written as texts: `bytes` or `number`.
        settings: Session variables under which it was made, and has to be made again.
    """

    kind: Kind
    name: str
    text: str
    then: str = ""
    table: str = ""
    reads: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    forms: Mapping[str, Form] = field(default_factory=dict[str, Form])
    settings: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def called(self) -> str:
        """What it is, such as `VIEW vip`."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Definition:
    """All objects of a database, whose name was `schema`, in an order in which they can be made."""

    schema: str
    charset: str
    collation: str
    entries: tuple[Entry, ...]

    def of(self, *kinds: Kind) -> tuple[Entry, ...]:
        """Return the objects of some kinds."""
        return tuple(entry for entry in self.entries if entry.kind in kinds)

    @property
    def defaults(self) -> str:
        """The options of the database itself."""
        return f"CHARACTER SET {word(self.charset)} COLLATE {word(self.collation)}"


def dumped(definition: Definition) -> bytes:
    """Return a definition as it is stored."""
    return json.dumps(asdict(definition), ensure_ascii=False, separators=(",", ":")).encode()


def read_definition(source: ChunkSource) -> Definition:
    """Return the definition that a snapshot holds; blocking.

    Raises:
        SnapshotCorrupt: it cannot be read.
    """
    try:
        found = json.loads(b"".join(source.part(PART)))
        entries = tuple(_entry(values) for values in found["entries"])
        return Definition(str(found["schema"]), str(found["charset"]), str(found["collation"]), entries)
    except (KeyError, TypeError, ValueError) as error:
        raise SnapshotCorrupt("the snapshot's definitions cannot be read") from error


def _entry(values: Any) -> Entry:
    known = cast("dict[str, Any]", values)
    found = Entry(**known)
    keys = tuple((str(key), str(table)) for key, table in found.keys)
    return replace(found, reads=tuple(found.reads), keys=keys)


def word(text: str) -> str:
    """Return a character set or collation as it stands in SQL.

    Raises:
        SnapshotCorrupt: it is none.
    """
    if PLAIN.fullmatch(text) is None:
        raise SnapshotCorrupt("the snapshot's definitions name no character set")
    return text


def belonging_to_nobody(text: str) -> str:
    """Return a CREATE without the user for whom it was made."""
    return DEFINER.sub(r"\1", text, count=1)


def without_database(text: str, database: str) -> str:
    """Return a text of the server's in which a database's own name stands before nothing."""
    own = quote(database)

    def shortened(found: "re.Match[str]") -> str:
        return "" if found[1] == own else found[0]

    return STRING_OR_NAME.sub(shortened, text)


def without_keys(text: str, keys: Iterable[str]) -> str:
    """Return a CREATE TABLE without some of its foreign keys."""
    gone = {quote(key) for key in keys}
    if not gone:
        return text
    lines = [
        line
        for line in text.split("\n")
        if (found := FOREIGN_KEY.match(line)) is None or found[1] not in gone
    ]
    end = next(number for number, line in enumerate(lines) if line.startswith(")"))
    lines[end - 1] = lines[end - 1].removesuffix(",")
    return "\n".join(lines)


def in_order(views: Iterable[Entry]) -> Iterator[Entry]:
    """Yield views after those that they read."""
    waiting = {view.name: view for view in views}
    while waiting:
        ready = [view for view in waiting.values() if waiting.keys().isdisjoint({*view.reads} - {view.name})]
        for view in ready or list(waiting.values()):
            yield waiting.pop(view.name)


def settings_of(entry: Entry) -> str:
    """Return the statement that sets what an object has to be made under, empty if nothing has."""
    wanted = ", ".join(f"{name} = {literal(value)}" for name, value in sorted(entry.settings.items()))
    return f"SET SESSION {wanted}" if wanted else ""
