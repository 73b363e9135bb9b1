"""What a source is asked about its originals: of which columns and rows, by which hash."""

from dataclasses import dataclass
from typing import Literal

from ..model.sensitive import Kind


@dataclass(frozen=True, slots=True)
class Changed:
    """The rows of a table for which one of some conditions is true; they call the table by the alias.

    A condition is only asked where those before it are not true.
    """

    alias: str
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column whose originals are looked for later; `paths` lead to what is personal inside of it.

    Without `changed` those of all rows are. `elsewhere` says that the column itself may hold them still.
    """

    name: str
    type: str
    kinds: tuple[Kind, ...] = ()
    paths: tuple[str, ...] = ()
    changed: Changed | None = None
    elsewhere: bool = False


# What a source can compute and the search can do again.
HashName = Literal["lookup3", "sha256"]

# What a hash is of: a value, a value that means one person by itself, or only the first word of one.
PLAIN, SURE, FIRST_WORD = range(3)
