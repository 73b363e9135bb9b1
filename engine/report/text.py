"""An explanation as lines of plain text, for a terminal and for an agent."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from ..model.explanation import Explanation, RuleExplanation
from ..model.fence import clean
from ..model.finding import Finding
from .stories import (
    WORDS,
    Story,
    about_column,
    counted,
    open_findings,
    rows_of,
    seen,
    shape_pairs,
    stories,
    takes,
    untouched,
    verdict,
)

WIDTH = 80
LISTED = 40
TOLD = {"error": "BLOCKS", "warning": "warning", "info": "note"}


def lines(told: Explanation, *, width: int = WIDTH) -> Iterator[str]:
    """Yield an explanation: what it is about, findings, columns, then table by table; no line is wider.

    Whatever is invisible in a name is replaced, so that a line is a line.
    """
    for section in (_head(told), _findings(told), _columns(told), _tables(told), _not_said(told)):
        for line, hang in section:
            yield from wrapped(line, hang, width)


def verdict_lines(told: Explanation, failed: Sequence[Finding], *, width: int = WIDTH) -> Iterator[str]:
    """Yield what a gate says: what fails it, how many columns are what, and whether it is open."""
    for finding in failed:
        for line, hang in _finding(finding):
            yield from wrapped(line, hang, width)
    counts = ", ".join(f"{count:,} {WORDS[kind]}" for kind, count in counted(told.coverage).items())
    yield from wrapped(f"{told.target}: {len(told.rules)} rules; columns: {counts}", 2, width)
    many = f"{len(failed)} finding{'' if len(failed) == 1 else 's'}"
    yield f"Failed: {many}." if failed else "Passed."


Indented = tuple[str, int]


def _head(told: Explanation) -> Iterator[Indented]:
    count = f"{len(told.rules)} rule{'' if len(told.rules) == 1 else 's'}"
    yield f"{told.target}: {count} of {told.tier}, sha256 {told.digest[:16]}", 0
    if told.plan:
        yield f"plan {told.plan[:16]}", 0
    yield f"{verdict(told)} Nothing was run.", 0


def _findings(told: Explanation) -> Iterator[Indented]:
    if told.findings:
        yield from heading("FINDINGS")
    for severity in ("error", "warning", "info"):
        for finding in open_findings(told, severity):
            yield from _finding(finding)
    if any(about_column(finding) for finding in told.findings):
        yield f"  For such columns, write a rule (`snapharbor suggest {told.target}` has one), or say in", 2
        yield "  sanitize.keep why they may stay as they are.", 2
    taken = dict(takes(told))
    for finding in told.findings:
        if accepted := taken.pop(finding.fingerprint, None):
            yield f"  accepted  {finding.message}", 12
            yield f"            by {accepted.author}: {accepted.reason} [{finding.fingerprint}]", 12
    for accepted in taken.values():
        yield f"  accepted, but there is no finding {accepted.fingerprint} any more: {accepted.reason}", 12
    if open_findings(told, "error") or open_findings(told, "warning"):
        yield "  To accept a finding, put its fingerprint, a reason and an author into sanitize.accept.", 2


def _finding(finding: Finding) -> Iterator[Indented]:
    line = f"line {finding.line}: "
    prefix = line if finding.line and not finding.message.startswith(line) else ""
    yield f"  {TOLD[finding.severity]:<9} {prefix}{finding.message}", 12
    if finding.severity == "info":
        return
    if not about_column(finding):
        yield f"            {finding.hint}", 12
    yield f"            {finding.code} [{finding.fingerprint}]", 12


def _columns(told: Explanation) -> Iterator[Indented]:
    if not told.coverage:
        return
    yield from heading("COLUMNS")
    counts = counted(told.coverage)
    yield f"  {', '.join(f'{count:,} {WORDS[kind]}' for kind, count in counts.items())}", 2
    for column in told.coverage:
        if column.treatment == "kept":
            evidence = f" {seen(column.evidence[0])}," if column.evidence else ""
            yield f"  kept      {column.table}.{column.column},{evidence} {column.reason}", 12


def _tables(told: Explanation) -> Iterator[Indented]:
    found = stories(told)
    if touched := [story for story in found if story.rules]:
        yield from heading("TABLES")
        for story in touched:
            yield from _story(story)
    for title, others in zip(("No rule touches", "Left out of the snapshot"), untouched(found), strict=True):
        if others:
            more = f" and {len(others) - LISTED:,} more" if len(others) > LISTED else ""
            yield f"  {title}: {', '.join(story.table for story in others[:LISTED])}{more}", 4


def _story(story: Story) -> Iterator[Indented]:
    yield f"  {story.table}{f': {story.where}' if story.where else ''}", 6
    if story.why:
        yield f"    because of {story.why}", 8
    for rule in story.rules:
        yield from _rule(rule, story.table)
    masked = {change.column for rule in story.rules for change in rule.columns}
    left = [one for one in story.columns if one.treatment == "unclassified" and one.column not in masked]
    if names := [f"{one.column}{' (undecided)' if one.undecided else ''}" for one in left]:
        yield f"    as they are: {', '.join(names)}", 8


def _rule(rule: RuleExplanation, table: str) -> Iterator[Indented]:
    rows = rows_of(rule, table)
    yield f"    line {rule.line} {rule.words}{f' ({rows})' if rows else ''}", 8
    width = min(max((len(change.column) for change in rule.columns), default=0), 20)
    for change in rule.columns:
        yield f"      {change.column:<{width}}  {change.words}", width + 8
        for before, after in shape_pairs(change.shapes):
            yield from _shapes(before, after, width + 8)


def _shapes(before: str, after: str, indent: int) -> Iterator[Indented]:
    if indent + len(before) + len(after) + 4 <= WIDTH:
        yield f"{'':<{indent}}{before} -> {after}", indent
    else:
        yield f"{'':<{indent}}{before}", indent
        yield f"{'':<{indent - 3}}-> {after}", indent


def _not_said(told: Explanation) -> Iterator[Indented]:
    if told.not_said:
        yield from heading("NOT KNOWN")
        yield from ((f"  {sentence}", 4) for sentence in told.not_said)


def heading(words: str) -> Sequence[Indented]:
    """Return the title of a section."""
    return (("", 0), (words, 0))


def wrapped(line: str, hang: int, width: int) -> Sequence[str]:
    """Return a line cut where words end, what follows indented by `hang`.

    Whatever is invisible in it is replaced, so that a line is a line.
    """
    text = clean(line, 2000)
    start = len(text) - len(text.lstrip())
    return wrap(
        text.strip(),
        width,
        initial_indent=" " * start,
        subsequent_indent=" " * hang,
        break_on_hyphens=False,
        drop_whitespace=True,
    ) or [""]
