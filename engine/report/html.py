"""The report as one page that needs nothing else: no script, no font, no network."""

from collections.abc import Iterator, Sequence

from ..model.explanation import ColumnChange, Explanation, RuleExplanation
from ..model.finding import Finding
from .markup import Html, element, facts, foot, joined, lines, mono, page, prose, table
from .picture import picture
from .stories import (
    Story,
    about_column,
    accepting,
    open_findings,
    rows_of,
    shape_pairs,
    stories,
    takes,
    untouched,
    verdict,
)

SUGGEST = "Write a rule: `snapharbor suggest` has one for each of them."
KEEP = "Or say in `sanitize.keep`, as `schema.table.column: reason`, why it may stay as it is."
BADGES = {"error": "stops", "warning": "warning", "info": "note"}


def render(told: Explanation, *, at: str) -> str:
    """Return the page; `at` is when the source was looked at, ISO 8601 in UTC.

    Everything out of a database is escaped, and the page forbids itself scripts and requests.
    """
    parts = (_head(told, at), picture(told), _findings(told), _rules(told), _not_said(told), foot())
    return page(f"{told.target}: sanitizing report", *parts)


def _head(told: Explanation, at: str) -> Html:
    waiting = any(column.undecided for column in told.coverage)
    css = "stop" if told.blocking else "wait" if waiting else "go"
    known = {
        "Rules": f"{len(told.rules):,} of {told.tier}",
        "SHA-256": told.digest,
        "Plan": told.plan or "none while it is stopped",
        "Source looked at": f"{at[:16].replace('T', ' ')} UTC, without changing anything",
    }
    return element(
        "header",
        element("div", "What sanitizing would do", css="soft"),
        element("h1", told.target),
        element("p", verdict(told), css=f"card verdict {css}"),
        facts(known),
    )


def _findings(told: Explanation) -> Html:
    urgent = [one for severity in ("error", "warning") for one in open_findings(told, severity)]
    notes = open_findings(told, "info")
    columns = [one for one in urgent if about_column(one)]
    others = (_finding(one) for one in urgent if not about_column(one))
    parts = [element("ul", *_column_findings(columns), *others, css="findings")]
    if urgent:
        example = element("pre", lines(accepting(told.target, urgent[0])))
        parts.append(element("details", element("summary", "How to accept one", css="more"), example))
    parts += _accepted(told)
    if notes:
        count = f"{len(notes)} note{'' if len(notes) == 1 else 's'}"
        listed = element("ul", *(_finding(one) for one in notes), css="findings")
        parts.append(element("details", element("summary", count, css="more"), listed))
    if not urgent:
        parts[0] = element("p", "Nothing to correct.", css="soft")
    return element("section", element("h2", "Findings"), *parts, id="findings")


def _column_findings(findings: Sequence[Finding]) -> Iterator[Html]:
    """Yield one card for all columns that wait for a decision."""
    if not findings:
        return
    severity = findings[0].severity
    count = "1 column waits" if len(findings) == 1 else f"{len(findings):,} columns wait"
    rows = (
        element(
            "tr",
            element("td", prose(finding.message)),
            element("td", finding.fingerprint, css="mono"),
        )
        for finding in findings
    )
    yield element(
        "li",
        element("p", element("span", BADGES[severity], css="badge"), f"{count} for a decision"),
        element("p", prose(f"{SUGGEST} {KEEP}"), css="soft"),
        element("table", element("tbody", *rows), css="undecided-columns"),
        css=f"card {severity}",
    )


def _finding(finding: Finding) -> Html:
    place = f"line {finding.line} · " if finding.line else ""
    about = element(
        "p", f"{place}{finding.code} · ", element("span", finding.fingerprint, css="mono"), css="soft small"
    )
    return element(
        "li",
        element("p", element("span", BADGES[finding.severity], css="badge"), prose(finding.message)),
        element("p", prose(finding.hint), css="soft"),
        about,
        css=f"card {finding.severity}",
    )


def _accepted(told: Explanation) -> Iterator[Html]:
    taken = takes(told)
    found = {one.fingerprint: one for one in told.findings if one.fingerprint in taken}
    gone = "there is no such finding any more"
    rows = [
        (prose(found[name].message) if name in found else gone, one.reason, one.author, mono(name))
        for name, one in taken.items()
    ]
    if rows:
        yield table(("Accepted", "Reason", "By", "Fingerprint"), rows, css="card")


def _rules(told: Explanation) -> Html:
    found = stories(told)
    parts = [_story(story) for story in found if story.rules]
    for title, others in zip(("No rule touches", "Left out of the snapshot"), untouched(found), strict=True):
        if others:
            names = ", ".join(story.table for story in others)
            parts.append(element("p", f"{title}: ", element("span", names, css="mono"), css="soft"))
    return element(
        "section",
        element("h2", "What the rules do"),
        element(
            "p",
            "Values are shown by their shape only, computed in the source: letters as A and a, digits as 9.",
            css="soft",
        ),
        *parts,
        id="rules",
    )


def _story(story: Story) -> Html:
    where = [element("p", story.where, css="soft small")] if story.where else []
    if story.why:
        where.append(element("p", prose(f"because of {story.why}"), css="soft small"))
    rules = (part for rule in story.rules for part in _rule(rule, story.table))
    return element("article", element("h3", story.table), *where, *rules, css="card story")


def _rule(rule: RuleExplanation, name: str) -> Iterator[Html]:
    rows = rows_of(rule, name)
    yield element(
        "p",
        element("span", f"line {rule.line} ", css="soft"),
        prose(rule.words),
        element("span", f" · {rows}" if rows else "", css="soft"),
    )
    if rule.columns:
        titles = ("Column", "What happens", "Before and after")
        yield table(titles, (_change(change) for change in rule.columns), css="changes")


def _change(change: ColumnChange) -> Sequence[str]:
    pairs = (
        element("span", element("code", before), element("span", " → "), element("code", after), css="pair")
        for before, after in shape_pairs(change.shapes)
    )
    return mono(change.column), prose(change.words), joined(*pairs)


def _not_said(told: Explanation) -> Html:
    if not told.not_said:
        return Html()
    said = (element("li", prose(sentence), css="card") for sentence in told.not_said)
    return element(
        "section",
        element("h2", "What could not be found out"),
        element("ul", *said, css="findings"),
        id="unknown",
    )
