"""The configuration as a tree: every value is text and knows where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model.errors import ConfigInvalid
from ..model.json import Json

KeyPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """A file with a line (from 1), or the name of an environment variable."""

    place: str
    line: int | None = None

    def __str__(self) -> str:
        return self.place if self.line is None else f"{self.place}:{self.line}"

    def details(self, path: KeyPath) -> dict[str, Json]:
        """Return file (or variable), line and key for an error."""
        return {"file": self.place, "line": self.line, "key": ".".join(path)}


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as written; None is YAML's null. `span` is its place in the text, for replacing it."""

    text: str | None = field(repr=False)
    origin: Origin
    span: tuple[int, int] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    members: tuple["Node", ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Block:
    """A mapping."""

    members: Mapping[str, "Node"]
    origin: Origin


Node = Scalar | Items | Block


def children(node: Node | None) -> Mapping[str, Node]:
    """Return what a mapping holds; anything else holds nothing."""
    return node.members if isinstance(node, Block) else {}


def invalid(path: KeyPath, origin: Origin, problem: str, hint: str = "") -> ConfigInvalid:
    """Return the error that names key, file and line."""
    key = f"`{'.'.join(path)}` " if path else "the configuration "
    return ConfigInvalid(f"{key}({origin}) {problem}", hint, **origin.details(path))
