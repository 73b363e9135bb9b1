"""What differs between two snapshots: tables, how many rows they have, and everything that is defined."""

from dataclasses import dataclass
from typing import Literal

from .json import JsonObject

Change = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class TableChange:
    """A table that is not the same in both; `rows` are those of each, None where it is not there."""

    name: str
    rows: tuple[int | None, int | None]
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """Something that is defined otherwise, such as `VIEW public.vip`; its text may quote data."""

    what: str
    change: Change


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two snapshots, by id, from the first to the second."""

    first: str
    second: str
    tables: tuple[TableChange, ...]
    definitions: tuple[DefinitionChange, ...]

    def as_json(self) -> JsonObject:
        """Return it as JSON."""
        return {
            "first": self.first,
            "second": self.second,
            "equal": not (self.tables or self.definitions),
            "tables": [
                {
                    "table": one.name,
                    "rows": list(one.rows),
                    "columns_added": list(one.columns_added),
                    "columns_removed": list(one.columns_removed),
                }
                for one in self.tables
            ],
            "definitions": [{"what": one.what, "change": one.change} for one in self.definitions],
        }
