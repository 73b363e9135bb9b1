"""What a column's name says, in the light of its table."""

import re
from functools import cache

from ..model.sensitive import Evidence, Kind
from .people import fold
from .words import ABOUT, LIKELY, PEOPLE, PHRASES, SESSIONS, SURE, THINGS, TRAILS, VAGUE

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PERSONAL_NAMES: frozenset[Kind] = frozenset(("first-name", "last-name", "full-name", "username"))
# What they say holds whatever words follow.
_STUBBORN: frozenset[Kind] = frozenset(
    (
        "email",
        "phone",
        "first-name",
        "last-name",
        "full-name",
        "birth-date",
        "national-id",
        "iban",
        "card",
        "ip",
    )
)
# In front of a name they narrow it and take nothing away.
_SIDES_TEXT = """
alt alternate backup bcc bill billing business by cc client contact current cust customer delivery
emergency emp employee father first former from guardian her his holder home invoice kd last login ma
main member mother my new office old other owner parent partner patient payment pers person personal
plain previous primary private raw recipient secondary sender ship shipping signup spouse their to user
usr work
"""
_SIDES = frozenset(_SIDES_TEXT.split())


@cache
def tokens(name: str) -> tuple[str, ...]:
    """Split an identifier into folded words: `ShipTo`, `ship_to` and `SHIP-TO2` are `ship`, `to`."""
    parts = re.split(r"[^\w]+|_+", _CAMEL.sub(" ", name))
    words = (re.sub(r"\d+$", "", fold(part)) or fold(part) for part in " ".join(parts).split())
    return tuple(word for word in words if word)


def spellings(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the words of an identifier, and again with umlauts written out, which is how some fold them."""
    return tuple(dict.fromkeys((tokens(name), tokens(name.translate(_UMLAUTS)))))


def about_people(table: str) -> bool:
    """Tell whether a table's name says that its rows are people, or belong to one each."""
    words = tokens(table)
    return bool(words) and (words[-1] in PEOPLE or words[0] in PEOPLE) and words[-1] not in THINGS


def about_things(table: str) -> bool:
    """Tell whether a table's name says that its rows are no people."""
    words = tokens(table)
    return any(word in THINGS for word in words) and not about_people(table)


def a_trail(table: str) -> bool:
    """Tell whether a table records what happened to others: audit, history, outbox."""
    return any(word in TRAILS for word in tokens(table))


def of_sessions(table: str) -> bool:
    """Tell whether a table holds sessions or tokens, which nobody needs in a copy."""
    return any(word in SESSIONS for word in tokens(table))


def by_name(name: str, table: str) -> tuple[Evidence, ...]:
    """Return what a name says; of the table's name only people or things count."""
    found = max(
        (hit for words in spellings(name) if (hit := _match(words))), key=lambda hit: hit[1], default=None
    )
    if found is None:
        return ()
    kind, confidence, before = found
    confidence = _in_context(kind, confidence, before, table)
    return (Evidence(kind, round(confidence, 2), ("name",)),) if confidence >= 0.1 else ()


def _match(words: tuple[str, ...]) -> tuple[Kind, float, tuple[str, ...]] | None:
    """Return the kind, the confidence, and the words before the phrase that was found."""
    while (
        words and words[-1] in ("hash", "enc", "encrypted", "raw", "value", "text", "str") and len(words) > 1
    ):
        if " ".join(words) in PHRASES:
            break
        words = words[:-1]
    for length in range(len(words), 0, -1):
        phrase = " ".join(words[len(words) - length :])
        for spelled in (phrase, phrase.removesuffix("es"), phrase.removesuffix("s")):
            if spelled in PHRASES:
                return (*PHRASES[spelled], words[: len(words) - length])
    if words and words[-1] in ABOUT:
        return None
    return _inside(words)


def _inside(words: tuple[str, ...]) -> tuple[Kind, float, tuple[str, ...]] | None:
    """Find a telling phrase that more words follow, such as `email_for_invoices`."""
    for start in range(len(words)):
        for end in range(len(words) - 1, start, -1):
            found = PHRASES.get(" ".join(words[start:end]))
            if found and found[1] >= SURE and found[0] in _STUBBORN:
                return found[0], LIKELY * 0.8, words[:start]
    return None


def _in_context(kind: Kind, confidence: float, before: tuple[str, ...], table: str) -> float:
    people, things = about_people(table), about_things(table)
    foreign = [word for word in before if word not in _SIDES and word not in PEOPLE]
    if kind == "full-name" and confidence == VAGUE:
        return _of_a_name(before, people=people, things=things)
    if kind in _PERSONAL_NAMES and any(word in THINGS for word in before):
        return 0.1
    if confidence == SURE:
        return SURE - 0.1 * bool(foreign)
    if foreign and confidence <= LIKELY:
        confidence -= 0.15
    if people:
        return min(confidence + 0.15, 0.8)
    return confidence - 0.35 if things else confidence - 0.1 * (confidence == VAGUE)


def _of_a_name(before: tuple[str, ...], *, people: bool, things: bool) -> float:
    """Return how sure `name` is a person's: `driver_name` is, `product_name` and `host_name` are not."""
    if before:
        if any(word in PEOPLE for word in before):
            return 0.7
        return 0.5 if all(word in _SIDES for word in before) else 0.1
    return 0.7 if people else 0.1 if things else 0.3
