"""An explanation is read by people, agents and programs, whatever a database calls its tables."""

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.explanation import ColumnChange, Explanation, RuleExplanation, Shape, TableWay
from snapharbor.engine.model.finding import Accepted, Finding
from snapharbor.engine.model.sensitive import ColumnCoverage, Evidence, Treatment
from snapharbor.engine.report.html import render
from snapharbor.engine.report.plain import as_json
from snapharbor.engine.report.stories import failing, stories
from snapharbor.engine.report.text import lines, verdict_lines

AT = "2026-11-22T10:00:00Z"
CUSTOMERS, LOGS = TableName("public", "customers"), TableName("public", "logs")
EMAIL = Evidence("email", 0.98, ("name", "values"), 66, 112)
EVIL = "</code><script>alert(1)</script><img src=x onerror=alert(1)>\" onclick='x' \n\u202e`evil`"


def column(
    name: str, treatment: Treatment, *, table: TableName = CUSTOMERS, personal: bool = True
) -> ColumnCoverage:
    return ColumnCoverage(table, name, "text", treatment, (EMAIL,) if personal else (), lines=(2,))


UNDECIDED = Finding(
    "column-undecided",
    "warning",
    "`public.logs.who` looks personal",
    "Write a rule.",
    table="public.logs",
    column="who",
)
CONSTANT = Finding(
    "unique-constant", "error", "every row would be the same", "Use id.", 2, "public.customers"
)
NOTE = Finding("triggers", "info", "a trigger would fire", "Fine.", 2, "public.customers")
TOLD = Explanation(
    target="shop",
    tier="sanitize.query_file",
    digest="ab" * 32,
    rules=(
        RuleExplanation(
            2,
            "update",
            ("public.customers",),
            "changes every row of `customers`",
            12000,
            True,
            (ColumnChange("email", "made from `id`", (Shape("aa9@a.aa", "a9"), Shape(None, None))),),
        ),
        RuleExplanation(9, "truncate", ("public.audit", "public.sessions"), "empties both", 7, False),
    ),
    findings=(CONSTANT, UNDECIDED, NOTE),
    strategy={
        "public.customers": TableWay("pushdown"),
        "public.audit": TableWay("ephemeral", "a rewrite rule", 9, 3),
    },
    not_said=("line 9: the server did not answer",),
    coverage=(
        column("email", "masked"),
        column("id", "unclassified", personal=False),
        column("who", "unclassified", table=LOGS),
        column("note", "kept", table=LOGS),
        column("ip", "dropped", table=LOGS),
    ),
    plan="cd" * 32,
)
ACCEPTED = replace(TOLD, accepted=(Accepted(CONSTANT.fingerprint, "one row only", "ana"),))
HOSTILE = Explanation(
    target=EVIL,
    tier=EVIL,
    digest=EVIL,
    rules=(
        RuleExplanation(
            1, EVIL, (f"{EVIL}.{EVIL}",), EVIL, 1, True, (ColumnChange(EVIL, EVIL, (Shape(EVIL, EVIL),)),)
        ),
    ),
    findings=(
        Finding(EVIL, "error", EVIL, EVIL, 1, EVIL, EVIL),
        Finding(EVIL, "warning", EVIL, EVIL, 0, EVIL, EVIL),
        Finding(EVIL, "info", EVIL, EVIL),
    ),
    accepted=(Accepted(EVIL, EVIL, EVIL),),
    strategy={f"{EVIL}.{EVIL}": TableWay(EVIL, EVIL, 1, 1)},
    not_said=(EVIL,),
    coverage=tuple(
        ColumnCoverage(TableName(EVIL, EVIL), EVIL, EVIL, treatment, (replace(EMAIL, path=EVIL),), EVIL, (1,))
        for treatment in ("masked", "kept", "dropped", "unclassified")
    ),
    plan=EVIL,
)


class Reader(HTMLParser):
    """Collects what a browser would see of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_page_shows_every_column_finding_rule_and_shape() -> None:
    page = Reader(render(TOLD, at=AT))
    for told in (
        "Sanitizing is stopped by 1 finding.",
        "1 kept with a reason",
        "every row would be the same",
        CONSTANT.fingerprint,
        UNDECIDED.fingerprint,
        "12,000 rows, counted",
        "aa9@a.aa",
        "NULL",
        "masked while it is read",
        "the server did not answer",
        "2026-11-22 10:00 UTC",
    ):
        assert told in page.text
    assert page.open == []


def test_what_sends_a_table_into_a_copy_is_told_with_its_place() -> None:
    because = "because of line 9, column 3: a rewrite rule"
    assert because in "\n".join(lines(TOLD))
    assert because in Reader(render(TOLD, at=AT)).text
    assert as_json(TOLD)["strategy"] == {
        "public.customers": {"way": "pushdown", "reason": "", "line": 0, "column": 0},
        "public.audit": {"way": "ephemeral", "reason": "a rewrite rule", "line": 9, "column": 3},
    }


def test_a_page_needs_nothing_and_runs_nothing() -> None:
    page = Reader(render(TOLD, at=AT))
    assert not page.tags & {"script", "link", "img", "iframe", "a"}
    assert not page.attributes & {"src", "href", "onclick"}


def test_whatever_a_database_says_is_text_in_a_page() -> None:
    plain, hostile = Reader(render(TOLD, at=AT)), Reader(render(HOSTILE, at=AT))
    assert hostile.tags <= plain.tags | {"table", "code"}
    assert hostile.attributes == plain.attributes
    assert "<script>alert(1)</script>" in hostile.text
    assert "\u202e" not in hostile.text


@pytest.mark.parametrize("told", [TOLD, ACCEPTED, HOSTILE])
def test_a_text_is_no_wider_than_asked_and_holds_nothing_invisible(told: Explanation) -> None:
    said = list(lines(told, width=60))
    assert max(map(len, said)) <= 60
    assert not set("".join(said)) & set("\n\r\x1b\u202e")


def test_a_text_names_what_stops_what_waits_and_what_happens() -> None:
    said = "\n".join(lines(TOLD))
    for told in (
        CONSTANT.fingerprint,
        UNDECIDED.fingerprint,
        "made from `id`",
        "aa9@a.aa -> a9",
        "12,000 rows",
    ):
        assert told in said
    assert "about 7 rows, estimated" in said
    assert said.index("BLOCKS") < said.index("warning") < said.index("note ")


def test_an_accepted_finding_stops_nothing_and_is_told_with_its_reason() -> None:
    assert "by ana: one row only" in "\n".join(lines(ACCEPTED))
    assert "one row only" in Reader(render(ACCEPTED, at=AT)).text
    assert failing(ACCEPTED, strict=False) == ()
    assert failing(ACCEPTED, strict=True) == (UNDECIDED,)


def test_an_acceptance_of_nothing_is_told() -> None:
    told = replace(TOLD, accepted=(Accepted("0" * 16, "gone", "ana"),))
    assert "no finding 0000000000000000 any more" in "\n".join(lines(told))


def test_a_gate_says_what_fails_it() -> None:
    failed = "\n".join(verdict_lines(TOLD, failing(TOLD, strict=True)))
    assert CONSTANT.fingerprint in failed
    assert failed.endswith("Failed: 2 findings.")
    assert list(verdict_lines(ACCEPTED, failing(ACCEPTED, strict=False)))[-1] == "Passed."


def test_the_json_holds_all_of_it() -> None:
    value = json.loads(json.dumps(as_json(ACCEPTED), default=dict))
    assert (value["blocked"], value["plan"]) == (False, TOLD.plan)
    constant, undecided, _note = value["findings"]
    assert constant["accepted"] == {
        "fingerprint": CONSTANT.fingerprint,
        "reason": "one row only",
        "author": "ana",
    }
    assert undecided["fingerprint"] == UNDECIDED.fingerprint
    assert [one["undecided"] for one in value["coverage"]] == [False, False, True, False, False]
    assert value["rules"][0]["columns"][0]["shapes"][0] == {"before": "aa9@a.aa", "after": "a9"}


def test_tables_come_in_the_order_of_the_rules_then_by_name() -> None:
    assert [story.table for story in stories(TOLD)] == [
        "public.customers",
        "public.audit",
        "public.sessions",
        "public.logs",
    ]
