"""Sanitization rules once they are understood."""

from dataclasses import dataclass
from typing import Literal

Tier = Literal["sanitize.override_query", "override.san_query", "sanitize.query_file", "sanitize.mask"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One statement. `text` is the user's own, to the letter; `line` and `column` of where it begins in the
    rules' text count from 1.

    An `unsafe` one does more than change rows; it runs only where the configuration allows it, in a
    throw-away server.
    """

    line: int
    kind: str
    text: str
    tables: tuple[str, ...]
    unsafe: bool = False
    column: int = 1


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All statements of the tier that counts, and those of `sanitize.mask` after them.

    `digest` is the SHA-256 of the text, in which masks stand by their names.
    """

    tier: Tier
    digest: str
    rules: tuple[Rule, ...]
