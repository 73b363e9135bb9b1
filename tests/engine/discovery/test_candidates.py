"""What a column could be set to, by what it looks like, its type, and whether it may be NULL."""

import pytest

from snapharbor.engine.discovery.candidates import Chooser
from snapharbor.engine.discovery.types import Types
from snapharbor.engine.masks.templates import template
from snapharbor.engine.model.catalog import Column
from snapharbor.engine.model.sensitive import Evidence, Kind
from snapharbor.engine.model.suggestion import NULL, Use

TYPES = Types.read(
    [
        ("crm.place", "c", None, ["street", "Zip Code", "since"], ["text", "character varying(10)", "date"]),
        ("mailbox", "d", "text", [], []),
        ("mood", "e", None, [], []),
    ]
)
EMPTY, ZERO, TREE = Use(literal="''"), Use(literal="0"), Use(literal="'{}'")
STRINGS = Use("json-strings", ("redact",))


def chosen(
    type_: str, *pieces: tuple[Kind, str], nullable: bool = True, shared: bool = False, name: str = "pii"
) -> list[Use]:
    """Return the candidates for a column; the surest piece comes first."""
    made_of = "text" if type_ == "mailbox" else None
    found = [Evidence(kind, 0.9, ("name",), path=path) for kind, path in pieces]
    chooser = Chooser(template(name).masks, TYPES)
    column = Column("c", type_, nullable, made_of=made_of)
    return list(chooser.candidates(column, found, nullable=nullable, shared=shared))


@pytest.mark.parametrize(
    ("type_", "kind", "expected"),
    [
        ("text", "email", [Use("email"), Use("redact"), Use("hash"), NULL]),
        ("mailbox", "email", [Use("email"), Use("redact"), Use("hash"), NULL]),
        ("date", "birth-date", [Use("birth-date"), Use("date-shift"), NULL]),
        ("bigint", "phone", [Use("phone"), Use("key"), NULL, ZERO]),
        ("double precision", "location", [Use("location"), NULL, ZERO]),
        ("inet", "ip", [Use("ip"), NULL]),
        ("macaddr", "mac", [Use("mac"), NULL]),
        ("uuid", "secret", [Use("token"), Use("uuid"), NULL]),
        ("bytea", "document", [NULL, EMPTY]),
        ("oid", "document", [NULL, ZERO]),
        ("mood", "health", [Use("redact"), NULL]),
    ],
)
def test_a_kind_gets_its_mask_and_what_could_take_its_place(
    type_: str, kind: Kind, expected: list[Use]
) -> None:
    assert chosen(type_, (kind, "")) == expected
    assert chosen(type_, (kind, ""), nullable=False) == [use for use in expected if use != NULL]


def test_what_must_stay_apart_never_gets_one_value_for_all() -> None:
    assert chosen("bytea", ("secret", ""), nullable=False, shared=True) == [Use("token")]
    assert chosen("integer", ("phone", ""), nullable=False, shared=True) == [Use("phone"), Use("key")]


def test_the_template_decides() -> None:
    assert chosen("real", ("location", ""), name="hipaa") == [NULL, ZERO]


def test_a_text_that_holds_documents_is_replaced_as_a_whole() -> None:
    assert chosen("text", ("email", "$.who"))[0] == Use("redact")


def test_documents_are_masked_at_their_paths() -> None:
    uses = chosen("jsonb", ("email", "$.who"), ("ip", "$.ip"), ("birth-date", "$.items[].born"))
    paths = ("$.ip", "ip", "$.items[].born", "redact", "$.who", "email")
    assert uses == [Use("json", paths), STRINGS, NULL, TREE]


@pytest.mark.parametrize("path", ["$", "$[]"])
def test_a_document_that_is_one_string_is_masked_as_a_whole(path: str) -> None:
    assert chosen("jsonb", ("email", path))[0] == Use("json", ("$", "email"))
    assert chosen("jsonb", ("email", path), ("phone", "$[].x"))[0] == Use("json", ("$", "redact"))


def test_a_document_that_is_personal_by_its_name_loses_every_string() -> None:
    assert chosen("json", ("email", "$.a"), ("free-text", "")) == [STRINGS, NULL, TREE]


@pytest.mark.parametrize("path", ["$.by.{}", "$.by.*.phone"])
def test_names_of_members_that_are_data_leave_nothing_of_the_document(path: str) -> None:
    assert chosen("jsonb", ("phone", path)) == [NULL, TREE]


def test_arrays_are_masked_element_by_element() -> None:
    assert chosen("text[]", ("email", "[]"), ("free-text", ""))[0] == Use("email")
    assert chosen("jsonb[]", ("email", "[].who"))[0] == Use("json", ("$.who", "email"))
    assert chosen("bytea[]", ("free-text", ""), nullable=False)[-1] == TREE
    assert chosen("crm.place[]", ("street", "[].street")) == [NULL, TREE]


def test_fields_of_a_composite_are_masked_one_by_one() -> None:
    fields = (("street", Use("street")), ("Zip Code", Use("postcode")), ("since", None))
    uses = chosen("crm.place", ("street", ".street"), ("postcode", '."Zip Code"'))
    assert uses == [Use(fields=fields), NULL]
    assert chosen("crm.place", ("birth-date", ".since"))[0].fields[2] == ("since", NULL)
    assert chosen("crm.place", ("address", "")) == [NULL]
