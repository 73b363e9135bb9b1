"""Coverage as a picture: one cell per column, grouped by table, with all of it as text beside."""

from collections.abc import Iterator, Mapping, Sequence

from ..model.explanation import Explanation
from ..model.sensitive import ColumnCoverage
from .markup import Html, element, joined, mono, prose, table
from .stories import KINDS, WORDS, Story, counted, kind_of, seen, stories

ORDER = {"undecided": 0, "kept": 1, "masked": 2, "dropped": 3, "plain": 4}


def picture(told: Explanation) -> Html:
    """Return the section on columns."""
    if not told.coverage:
        return Html()
    found = sorted((story for story in stories(told) if story.columns), key=_urgency)
    return element(
        "section",
        element("h2", "What becomes of every column"),
        element(
            "p",
            "A square is a column. Open a table to read which one it is, what it looks like, and why.",
            css="soft",
        ),
        bar(counted(told.coverage)),
        element("div", *(_table(story) for story in found), css="tables"),
        id="columns",
    )


def _urgency(story: Story) -> tuple[bool, bool, int]:
    """Sort undecided tables first, then those with something decided, then large before small."""
    plain = all(kind_of(column) == "plain" for column in story.columns)
    return (not story.undecided, plain, -len(story.columns))


def bar(counts: Mapping[str, int]) -> Html:
    """Return how many columns are of each of KINDS, as a bar with its legend."""
    parts = (element("i", css=kind, style=f"flex: {count} 0 0") for kind, count in counts.items())
    told = (
        element("li", _cell(kind), element("span", f"{counts.get(kind, 0):,} {WORDS[kind]}"))
        for kind in KINDS
    )
    return joined(element("div", *parts, css="bar", aria_hidden="true"), element("ul", *told, css="legend"))


def _table(story: Story) -> Html:
    counts = ", ".join(f"{count} {WORDS[kind]}" for kind, count in counted(story.columns).items())
    schema, _, name = story.table.partition(".")
    summary = element(
        "summary",
        element("span", element("span", f"{schema}.", css="soft"), name, css="name"),
        element("span", *(_named_cell(column) for column in story.columns), css="cells", aria_hidden="true"),
        element("span", counts, css="soft small"),
    )
    columns = sorted(story.columns, key=lambda column: ORDER[kind_of(column)])
    listed = table(("Column", "Becomes", "Looks like", "Why"), (_row(column) for column in columns))
    css = "card waits" if story.undecided else "card"
    return element("details", summary, element("div", listed, css="inside"), css=css)


def _row(column: ColumnCoverage) -> Sequence[str]:
    kind = kind_of(column)
    return (
        joined(mono(column.column), element("div", column.type, css="soft small")),
        joined(_cell(kind), WORDS[kind]),
        "; ".join(seen(piece) for piece in column.evidence[:3]),
        prose(". ".join(_why(column))),
    )


def _why(column: ColumnCoverage) -> Iterator[str]:
    if column.reason:
        yield column.reason
    if column.lines:
        yield f"line{'s' if len(column.lines) > 1 else ''} {', '.join(map(str, column.lines))}"


def _named_cell(column: ColumnCoverage) -> Html:
    kind = kind_of(column)
    return element("i", css=f"cell {kind}", title=f"{column.column}: {WORDS[kind]}")


def _cell(kind: str) -> Html:
    return element("i", css=f"cell {kind}", aria_hidden="true")
