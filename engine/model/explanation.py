"""What rules would do, for a reader who has not run them: never a value, only shapes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .finding import Accepted, Finding
from .sensitive import ColumnCoverage


@dataclass(frozen=True, slots=True)
class Shape:
    """A value before and after, letters as `A` and `a`, digits as `9`; None is NULL."""

    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """What happens to one column, in words."""

    column: str
    words: str
    shapes: tuple[Shape, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleExplanation:
    """One rule. `rows` is how many it touches now, None if that is not known; `counted` or estimated."""

    line: int
    kind: str
    tables: tuple[str, ...]
    words: str
    rows: int | None = None
    counted: bool = False
    columns: tuple[ColumnChange, ...] = ()


@dataclass(frozen=True, slots=True)
class TableWay:
    """How the rules of one table run, and what sends them into a copy; partitions are part of their table.

    `line` and `column` are of the statement that does, 0 where no single one does.
    """

    way: str
    reason: str = ""
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Explanation:
    """A target's rules beside its live source. `accepted` are findings that the configuration took over.

    `strategy` says for every table that rules change where that happens, and why; `hazards` are all reasons.
    `coverage` is what becomes of every column. `plan` is the id of the plan to sanitize that stands now.
    """

    target: str
    tier: str
    digest: str
    rules: tuple[RuleExplanation, ...]
    findings: tuple[Finding, ...]
    accepted: tuple[Accepted, ...] = ()
    strategy: Mapping[str, TableWay] = field(default_factory=dict[str, TableWay])
    hazards: tuple[str, ...] = ()
    not_said: tuple[str, ...] = ()
    coverage: tuple[ColumnCoverage, ...] = ()
    plan: str | None = None

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """Errors that nobody accepted: they stop sanitizing."""
        taken = {accepted.fingerprint for accepted in self.accepted}
        return tuple(
            finding
            for finding in self.findings
            if finding.severity == "error" and finding.fingerprint not in taken
        )
