"""Kinds of personal data, and what becomes of each column."""

from dataclasses import dataclass
from typing import Literal

from .catalog import TableName

Kind = Literal[
    "email",
    "username",
    "first-name",
    "last-name",
    "full-name",
    "company",
    "phone",
    "street",
    "city",
    "postcode",
    "address",
    "birth-date",
    "gender",
    "income",
    "national-id",
    "identifier",
    "iban",
    "card",
    "ip",
    "mac",
    "location",
    "secret",
    "free-text",
    "document",
    "health",
    "url",
]
Treatment = Literal["masked", "kept", "dropped", "unclassified"]
PERSONAL = 0.5
"""From this confidence on a column looks personal."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a column looks like personal data: never a value, only how many of how many.

    `path` names what is inside a column: a JSON path such as `$.contact.email`, or `[]` for elements of
    an array; empty is the column itself. `confidence` is between 0 and 1.
    """

    kind: Kind
    confidence: float
    by: tuple[Literal["name", "type", "values"], ...]
    matching: int = 0
    sampled: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class ColumnCoverage:
    """What becomes of one column, and why. `lines` are those of the rules that touch it.

    `weak` is the value by which a rule set it and in which what it held can still be read.
    """

    table: TableName
    column: str
    type: str
    treatment: Treatment
    evidence: tuple[Evidence, ...] = ()
    reason: str | None = None
    lines: tuple[int, ...] = ()
    weak: str = ""

    @property
    def undecided(self) -> bool:
        """Whether it looks personal and nobody decided what becomes of it."""
        looks = any(piece.confidence >= PERSONAL for piece in self.evidence)
        return self.treatment == "unclassified" and looks
