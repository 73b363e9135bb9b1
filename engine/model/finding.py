"""What a check has to say about rules, columns or a finished snapshot."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .json import digest

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know before rules run or a snapshot is shared. An `error` blocks unless it is accepted.

    `line` counts from 1 in the rules' text, 0 means that it is about no rule. `subject` is what keeps the
    fingerprint stable while the rest of the rules changes: the statement's text, or nothing.
    """

    code: str
    severity: Severity
    message: str
    hint: str
    line: int = 0
    table: str | None = None
    column: str | None = None
    subject: str = ""

    @property
    def fingerprint(self) -> str:
        """Names the finding for good, 16 hexadecimal characters, whatever line it stands in."""
        words = " ".join(self.subject.split())
        return digest([self.code, self.table, self.column, words])[:16]


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings as one reads them: errors first, then by line."""
    rank: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}
    return tuple(sorted(findings, key=lambda one: (rank[one.severity], one.line, one.code)))


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that somebody took responsibility for, in the configuration."""

    fingerprint: str
    reason: str
    author: str
