"""What the search of a finished snapshot for original values found: places and counts, never a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .json import digest

Trace = Literal["original", "email", "phone", "iban", "card", "secret", "hidden"]


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that should not be there, and in how many places.

    `place` is a table, `large objects`, or an entry of the table of contents (`VIEW public.vip`); `column` is
    empty but for tables. `kind` is `original` for a value that the rules masked or removed elsewhere,
    `hidden` for content in which no text can be seen, else what it has the shape of.
    """

    place: str
    column: str
    kind: Trace
    count: int

    @property
    def fingerprint(self) -> str:
        """Names the hit for good, whatever its count; `sanitize.accept` names it by this."""
        return digest(["leak", self.place, self.column, self.kind])[:16]

    def __str__(self) -> str:
        where = f"`{self.place}.{self.column}`" if self.column else f"`{self.place}`"
        return f"{WORDS[self.kind]} in {where}, {self.count:,} place{'' if self.count == 1 else 's'}"


WORDS: Mapping[Trace, str] = {
    "original": "original values",
    "email": "e-mail addresses",
    "phone": "telephone numbers",
    "iban": "account numbers",
    "card": "card numbers",
    "secret": "keys or tokens",
    "hidden": "content that cannot be searched",
}


@dataclass(frozen=True, slots=True)
class CallHome:
    """Something in the snapshot that would reach outside once it is loaded.

    `neutralised` says that it was made harmless in this snapshot.
    """

    what: str
    name: str
    why: str
    neutralised: bool = False


@dataclass(frozen=True, slots=True)
class LeakScan:
    """The search of one finished snapshot.

    Attributes:
        masked: Columns whose originals were looked for, `schema.table.column`.
        originals: How many values of theirs there were to look for, repeats included.
        chance: How many hits are to be expected by chance alone.
        tables: Tables searched to their end.
        cells: Values searched in them.
        bytes: Plain bytes of everything that was read.
        definitions: Texts of the table of contents that were searched.
        large_objects: Large objects that were searched.
        skipped: What was not looked for or not looked at on purpose, by reason, and how many columns.
        unread: Sentences naming what could not be searched.
        hits: What was found, by place.
        calls_home: What reaches outside.
        accepted: Fingerprints of hits that the configuration accepts.
        seconds: How long it took, reading the originals included.
    """

    masked: tuple[str, ...]
    originals: int
    chance: float
    tables: int
    cells: int
    bytes: int
    definitions: int
    large_objects: int
    skipped: Mapping[str, int] = field(default_factory=dict[str, int])
    unread: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    calls_home: tuple[CallHome, ...] = ()
    accepted: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def open_hits(self) -> tuple[Hit, ...]:
        """Return the hits that nobody took responsibility for."""
        return tuple(hit for hit in self.hits if hit.fingerprint not in self.accepted)

    @property
    def passed(self) -> bool:
        """Whether everything was read and nothing was found that is not accepted."""
        return not self.open_hits and not self.unread
