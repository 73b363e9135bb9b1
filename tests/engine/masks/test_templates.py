"""Templates: every kind of data gets a mask that there is, and every clause an answer."""

from string import ascii_uppercase
from typing import get_args

import pytest

from snapharbor.engine.masks.catalog import MASKS
from snapharbor.engine.masks.templates import FILES, NAMES, Template, template, templates
from snapharbor.engine.model.errors import ArgumentInvalid
from snapharbor.engine.model.sensitive import Kind
from snapharbor.engine.report.suggested import template_json, template_lines

KINDS = frozenset(get_args(Kind))
EVERY = pytest.mark.parametrize("chosen", templates(), ids=NAMES)


def test_each_file_is_a_template_of_its_name() -> None:
    assert {file.stem for file in FILES.glob("*.toml")} == set(NAMES)
    assert [one.name for one in templates()] == list(NAMES)
    assert all(one.version >= 1 and one.title and one.basis and one.omits for one in templates())


@EVERY
def test_every_mask_exists_and_says_what_it_answers_to(chosen: Template) -> None:
    known = {clause.id for clause in chosen.clauses}
    assert chosen.masks.keys() <= KINDS
    assert {advice.mask for advice in chosen.masks.values()} <= MASKS.keys() - {"keep", "constant"}
    for advice in chosen.masks.values():
        assert advice.meaning
        assert advice.answers
        assert known.issuperset(advice.answers)


@EVERY
def test_every_clause_is_answered_or_says_that_it_is_not(chosen: Template) -> None:
    assert all(chosen.kinds(clause) or clause.note for clause in chosen.clauses)


@EVERY
def test_what_it_is_not_is_shown(chosen: Template) -> None:
    shown = " ".join(line.strip() for line in template_lines(chosen))
    assert all(" ".join(sentence.split()) in shown for sentence in chosen.omits)
    assert max(map(len, template_lines(chosen))) <= 80
    assert template_json(chosen)["version"] == chosen.version


@pytest.mark.parametrize("name", ["pii", "gdpr", "ccpa"])
def test_the_wide_ones_cover_every_kind(name: str) -> None:
    assert template(name).masks.keys() == KINDS


def test_hipaa_has_the_eighteen_identifiers() -> None:
    assert [clause.id for clause in template("hipaa").clauses] == [
        f"({letter})" for letter in ascii_uppercase[:18]
    ]
    assert KINDS - template("hipaa").masks.keys() == {"gender", "health", "income"}


def test_pci_is_about_cards() -> None:
    assert {"card", "secret", "free-text"} <= template("pci").masks.keys()
    assert "email" not in template("pci").masks


def test_an_unknown_template_is_refused_with_the_closest() -> None:
    with pytest.raises(ArgumentInvalid) as refused:
        template("gdrp")
    assert "`gdpr`" in refused.value.hint
