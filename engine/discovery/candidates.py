"""What a column could be set to, the best first; whether it fits is for others to find out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..masks.catalog import MASKS
from ..masks.templates import Advice
from ..masks.types import parse_type
from ..model.catalog import Column
from ..model.sensitive import Evidence, Kind
from ..model.suggestion import NULL, Use
from .leaves import ANY, KEYS, step
from .types import Types

REDACT, NOTHING = "redact", "null"
ELEMENTS = "[]"
WHOLE = ("$", "$[]")
EMPTY_TREE, ZERO, EMPTY = Use(literal="'{}'"), Use(literal="0"), Use(literal="''")
# What takes a mask's place that does not fit, by the family that masks know.
INSTEAD: Mapping[str, tuple[str, ...]] = {
    "text": (REDACT, "hash"),
    "json": ("json-strings",),
    "integer": ("key",),
    "date": ("date-shift",),
    "moment": ("date-shift",),
    "uuid": ("uuid",),
    "ip": ("ip",),
    "mac": ("mac",),
}
# What says nothing, for columns that refuse NULL.
NEUTRAL: Mapping[str, Use] = {"integer": ZERO, "number": ZERO, "binary": EMPTY, "json": EMPTY_TREE}
LARGE_OBJECTS = ("oid", "lo")


@dataclass(frozen=True, slots=True)
class Chooser:
    """Chooses by a template's advice, seeing through the users' own types."""

    advice: Mapping[Kind, Advice]
    types: Types

    def candidates(
        self, column: Column, pieces: Sequence[Evidence], *, nullable: bool, shared: bool
    ) -> tuple[Use, ...]:
        """Return what a column could be set to.

        Args:
            column: The column.
            pieces: Why it looks personal, the strongest first; at least one.
            nullable: Whether it may be NULL, and everything that is bound to it.
            shared: Whether its values must stay apart or meet others, so that one value for all is none.
        """
        family = self.types.family(column.type)
        if family == "json":
            found = self._document(pieces)
        elif family == "array":
            found = self._array(column, pieces)
        elif family == "composite":
            found = self._composite(column, pieces)
        else:
            found = self._plain(column, pieces)
        neutral = [one for one in (self._neutral(column, family),) if one and not shared]
        ordered = dict.fromkeys((*found, NULL, *neutral))
        return tuple(use for use in ordered if nullable or use != NULL)

    def _plain(self, column: Column, pieces: Sequence[Evidence]) -> Iterator[Use]:
        """A text that holds documents is replaced as a whole: one that is none would be an error."""
        own = next((piece for piece in pieces if not piece.path), None)
        yield self._advised(own.kind) if own else Use(REDACT)
        kind = parse_type(column.made_of or column.type)
        yield from map(Use, INSTEAD.get(kind.family, ()))

    def _document(self, pieces: Sequence[Evidence]) -> Iterator[Use]:
        kinds = _kinds(pieces)
        if any(ANY in path or KEYS in path for path in kinds):
            return  # keys that are data themselves: no mask reaches them
        if "" not in kinds:
            yield self._at_paths(kinds)
        yield Use("json-strings", (REDACT,))

    def _at_paths(self, kinds: Mapping[str, Kind]) -> Use:
        inside = {path: self._inside(kinds[path]) for path in sorted(kinds)}
        if any(path in WHOLE for path in inside):
            masks = set(inside.values())
            return Use("json", ("$", masks.pop() if len(masks) == 1 else REDACT))
        return Use("json", tuple(part for pair in inside.items() for part in pair))

    def _array(self, column: Column, pieces: Sequence[Evidence]) -> Iterator[Use]:
        kinds = _kinds([replace(piece, path=_element(piece.path)) for piece in pieces])
        family = self.types.family(self.types.element(column.type))
        if family == "json":
            yield from self._document([*_below(pieces)])
        elif "" in kinds:
            yield self._advised(kinds[""])
            yield from map(Use, INSTEAD.get(parse_type(column.made_of or column.type).family, ()))

    def _composite(self, column: Column, pieces: Sequence[Evidence]) -> Iterator[Use]:
        kinds = _kinds(pieces)
        fields = self.types.fields(column.type)
        if "" in kinds or not fields:
            return
        uses = tuple((name, self._field(name, type_, kinds)) for name, type_ in fields)
        if any(use for _, use in uses):
            yield Use(fields=uses)

    def _field(self, name: str, type_: str, kinds: Mapping[str, Kind]) -> Use | None:
        path = step(name)
        if not any(one == path or one.startswith((f"{path}.", f"{path}[")) for one in kinds):
            return None
        text = parse_type(self.types.base(type_)).family == "text" and self.types.family(type_) == "text"
        return Use(self._inside(kinds[path])) if text and path in kinds else NULL

    def _advised(self, kind: Kind) -> Use:
        mask = self.advice[kind].mask
        return NULL if mask == NOTHING else Use(mask)

    def _inside(self, kind: Kind) -> str:
        """Return the mask for a text inside of something."""
        mask = self.advice[kind].mask
        return mask if "text" in MASKS[mask].accepts else REDACT

    def _neutral(self, column: Column, family: str) -> Use | None:
        base = self.types.base(column.type)
        if family == "array":
            return EMPTY_TREE
        if base.rpartition(".")[2] in LARGE_OBJECTS:
            return ZERO
        return NEUTRAL.get(parse_type(column.made_of or column.type).family)


def _kinds(pieces: Sequence[Evidence]) -> dict[str, Kind]:
    """Return the kind that is surest at each path."""
    return {piece.path: piece.kind for piece in reversed(pieces)}


def _element(path: str) -> str:
    while path.startswith(ELEMENTS):
        path = path.removeprefix(ELEMENTS)
    return path


def _below(pieces: Sequence[Evidence]) -> Iterator[Evidence]:
    """Yield evidence about the elements of an array of documents, with paths from each element."""
    for piece in pieces:
        rest = _element(piece.path)
        yield replace(piece, path=f"${rest}" if rest else "")
