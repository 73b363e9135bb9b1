"""Sanitization rules once they are understood."""

from dataclasses import dataclass
from typing import Literal

Tier = Literal["sanitize.override_query", "override.san_query", "sanitize.query_file"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One statement. `text` is the user's own, to the letter; `line` counts from 1 in the rules' text.

    An `unsafe` one does more than change rows; it runs only where the configuration allows it, in a
    throw-away server.
    """

    line: int
    kind: str
    text: str
    tables: tuple[str, ...]
    unsafe: bool = False


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All statements of the tier that counts. `digest` is the SHA-256 of the text as it runs."""

    tier: Tier
    digest: str
    rules: tuple[Rule, ...]
