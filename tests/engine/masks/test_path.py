"""Paths into documents, as discovery writes them and people do."""

import pytest

from snapharbor.engine.discovery.leaves import step
from snapharbor.engine.masks.path import parse_path
from snapharbor.engine.model.errors import ArgumentInvalid


@pytest.mark.parametrize(
    ("written", "steps"),
    [
        ("$", ()),
        ("$.contact.email", ("contact", "email")),
        ("$.orders[*].note", ("orders", None, "note")),
        ("$.orders[][0]", ("orders", None, 0)),
        ('$."a name".x-y', ("a name", "x-y")),
    ],
)
def test_a_path_is_taken_apart(written: str, steps: tuple[str | int | None, ...]) -> None:
    assert parse_path(written) == steps


@pytest.mark.parametrize(
    "key", ["plain", "a b", 'say "hi"', "back\\slash", "two\nlines", "tab\t", "ж.é", "1", "\x01"]
)
def test_whatever_a_member_is_called_its_path_leads_to_it(key: str) -> None:
    assert parse_path(f"${step(key)}") == (key,)


@pytest.mark.parametrize("written", ["$.", "$.a..b", "a b", "$.a[x]"])
def test_what_is_no_path_is_refused(written: str) -> None:
    with pytest.raises(ArgumentInvalid):
        parse_path(written)
