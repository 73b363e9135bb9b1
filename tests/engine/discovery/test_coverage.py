"""What becomes of a generated column follows from what it is computed from."""

import pytest

from snapharbor.engine.discovery.classify import Classification
from snapharbor.engine.discovery.coverage import Decisions, coverage
from snapharbor.engine.discovery.types import Types
from snapharbor.engine.model.catalog import Catalog, Column, Table, TableName
from snapharbor.engine.model.sensitive import Evidence
from snapharbor.engine.rules.analyse import analyse_all
from snapharbor.engine.rules.parse import parse
from snapharbor.engine.rules.resolve import resolve_all

PEOPLE = TableName("public", "people")
CATALOG = Catalog(
    ("public",),
    (
        Table(
            PEOPLE,
            "table",
            (Column("raw", "text", True), Column("mail", "text", True, default="lower(raw)", generated=True)),
        ),
    ),
)


@pytest.mark.parametrize(
    ("rules", "keep", "treatment", "undecided"),
    [
        ("", {}, "unclassified", True),
        ("UPDATE people SET raw = NULL", {}, "masked", False),
        ("", {"public.people.raw": "no person"}, "kept", False),
        ("TRUNCATE people", {}, "dropped", False),
    ],
)
def test_a_generated_column_is_as_raw_as_its_source(
    rules: str, keep: dict[str, str], treatment: str, undecided: bool
) -> None:
    looks = {(PEOPLE, "mail"): (Evidence("email", 0.95, ("values",), 9, 9),)}
    parsed = analyse_all(parse(rules, "sanitize.query_file", "postgres"), "postgres") if rules else ()
    decisions = Decisions(resolve_all(parsed, CATALOG), keep=keep)
    _, mail = coverage(CATALOG, Classification(Types({}), looks), decisions)
    assert (mail.treatment, mail.undecided) == (treatment, undecided)
