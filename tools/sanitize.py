"""The toolset `sanitize`: turn raw snapshots into ones that may be given away."""

from collections import Counter
from typing import Annotated

from pydantic import Field

from ..engine.model.explanation import Explanation
from ..engine.model.fence import fence
from ..engine.operations.requests import SanitizeRequest
from .call import ADDS, LOOKS, Call, Cursor, Offered, harbor_of
from .carry import accompany, start
from .outcome import Outcome
from .pages import page, text_size
from .views import Explained, SuggestedRules

LINE = 300
REVIEW = (
    "Go through it with the person: comments say why a line is there, and what they must decide. It counts "
    "once it is in the rule file; `snapharbor suggest TARGET -o FILE` writes it."
)


async def explain_sanitization(call: Call, target: str, cursor: Cursor = "") -> Explained:
    """Say what the rules would do now: columns, row counts, shapes, findings, uncovered columns."""
    from ..engine.report.stories import counted
    from ..engine.report.text import lines

    harbor = await harbor_of(call)
    told = await accompany(call, "reading the source", lambda: harbor.explain(target))
    shown, following = page(tuple(lines(told, width=LINE)), cursor, show=str, size=text_size)
    return Explained(
        blocked=bool(told.blocking),
        next=_next(told),
        plan=told.plan,
        findings=dict(Counter(finding.severity for finding in told.findings)),
        columns=dict(counted(told.coverage)),
        report=fence("\n".join(shown), 4000),
        next_cursor=following,
    )


async def suggest_rules(
    call: Call, target: str, template: str = "pii", cursor: Cursor = ""
) -> SuggestedRules:
    """Write SQL rules for undecided columns that look personal. Templates: pii, gdpr, ccpa, hipaa, pci."""
    harbor = await harbor_of(call)
    found = await accompany(call, "reading the source", lambda: harbor.suggest(target, template))
    shown, following = page(found.sql.splitlines(), cursor, show=str, size=text_size)
    return SuggestedRules(
        next=REVIEW if found.covered or found.left or found.keep else "Nothing looks personal and undecided.",
        columns={
            "decided": len(found.covered),
            "left": len(found.left),
            "outside": len(found.outside),
            "keep": len(found.keep),
        },
        sql=fence("\n".join(shown), 4000),
        next_cursor=following,
    )


async def sanitize_snapshot(
    call: Call,
    target: str,
    snapshot: Annotated[str, Field(description="An original; default: the newest")] = "",
    new: Annotated[bool, Field(description="Read the source afresh")] = False,
    subset: bool = False,
) -> Outcome:
    """Make a sanitized snapshot by the target's SQL rules, or of its subset. A job."""
    return await start(call, SanitizeRequest(target, snapshot or None, new or subset, subset=subset))


def _next(told: Explanation) -> str:
    if told.blocking:
        return "Correct the rules. Only a person accepts a finding, in the configuration."
    if any(column.undecided for column in told.coverage):
        return "Columns that look personal are undecided: see suggest_rules, or ask why they may stay."
    return "Nothing stops sanitize_snapshot."


TOOLS = (
    Offered(explain_sanitization, "Explain sanitizing", LOOKS),
    Offered(suggest_rules, "Suggest rules", LOOKS),
    Offered(sanitize_snapshot, "Sanitize a snapshot", ADDS, "build"),
)
