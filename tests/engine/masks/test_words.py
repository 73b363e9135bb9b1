"""Words are invented, plain, and as many as the masks that pick them by a byte need."""

import pytest

from snapharbor.engine.masks.words import (
    BRANCHES,
    CITIES,
    COMPANIES,
    FILLERS,
    FIRST_NAMES,
    HANDLES,
    LAST_NAMES,
    NAMED_STREETS,
)

BYTE = 256


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (FIRST_NAMES, BYTE),
        (LAST_NAMES, BYTE),
        (HANDLES, BYTE),
        (COMPANIES, BYTE),
        (CITIES, BYTE),
        (NAMED_STREETS, BYTE),
        (BRANCHES, 32),
    ],
)
def test_every_word_of_a_list_can_be_picked_and_is_there_once(words: tuple[str, ...], count: int) -> None:
    assert len(words) == len(set(words)) == count


@pytest.mark.parametrize(
    "words", [FIRST_NAMES, LAST_NAMES, HANDLES, COMPANIES, CITIES, NAMED_STREETS, BRANCHES]
)
def test_a_word_has_letters_and_blanks_only(words: tuple[str, ...]) -> None:
    assert not [word for word in words if not (word.isascii() and word.replace(" ", "").isalpha())]


def test_a_filler_ends_in_a_blank_so_that_it_can_be_repeated() -> None:
    assert not [filler for filler in FILLERS if not filler.endswith(" ") or "  " in filler]
    assert len(FILLERS) == len(set(FILLERS))


def test_no_handle_is_a_word_of_another_list() -> None:
    names = {word.lower() for words in (FIRST_NAMES, LAST_NAMES, CITIES) for word in words}
    assert not names.intersection(HANDLES)
