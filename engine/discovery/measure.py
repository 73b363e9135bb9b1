"""What the values of one place say together. Values come in, and only counts go out."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import filterfalse

from ..model.sensitive import Evidence, Kind
from .text import DIGIT
from .types import Family
from .validators import VALIDATORS, Validator

FREE_TEXT: Kind = "free-text"
FEW, TELLING = 50, 0.5
OLDEST, YOUNGEST = 110, 14
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")


def measure(values: Sequence[str], family: Family) -> tuple[Evidence, ...]:
    """Return what the validators make of values, the strongest first."""
    texts = [text for value in values if (text := value.strip())]
    if family == "date":
        return _ages(texts)
    if not texts:
        return ()
    found: dict[Kind, Evidence] = {}
    counts, passed = Counter(texts), set[str]()
    having = {True: [*filter(DIGIT.search, counts)], False: [*filterfalse(DIGIT.search, counts)]}
    few, unasked = {*texts[:: len(texts) // FEW or 1]}, list[Validator]()
    for validator in VALIDATORS:
        fitting = counts if validator.digits is None else having[validator.digits]
        # What a fifth of all values is shows in a few of them.
        if validator.least >= 0.2 and not any(validator.holds(text) for text in fitting if text in few):
            unasked += [validator] if validator.weight > TELLING else []
            continue
        holding = [text for text in fitting if validator.holds(text)]
        if validator.kind == FREE_TEXT:
            # Prose is what is left: an e-mail address alone is no text that holds one.
            left = (text for text in holding if text not in passed)
            holding = [text for text in left if not any(one.holds(text) for one in unasked)]
        elif validator.weight > TELLING:
            passed.update(holding)
        evidence = _judge(validator, {text: counts[text] for text in holding}, len(texts))
        if evidence and evidence.confidence > found.get(validator.kind, evidence).confidence - 0.001:
            found[validator.kind] = evidence
    return tuple(sorted(found.values(), key=lambda evidence: -evidence.confidence))


def contradicted(kind: Kind, values: Sequence[str]) -> bool:
    """Tell whether values are certainly not of a kind: there are some, and its validator knows none."""
    validators = [validator for validator in VALIDATORS if validator.kind == kind and validator.complete]
    texts = [value for value in values if value.strip()]
    return (
        len(texts) >= 5
        and bool(validators)
        and not any(validator.holds(text.strip()) for validator in validators for text in texts)
    )


def _judge(validator: Validator, holding: Mapping[str, int], sampled: int) -> Evidence | None:
    """Return the evidence, None below the validator's least share or what accident explains.

    A validator that hardly errs counts from the first hit; the others need some different ones.
    """
    held = sum(holding.values())
    share = (held / sampled - validator.chance) / (1 - validator.chance)
    doubtful = validator.least > 0 or validator.chance > 0
    if not holding or share <= 0 or share < validator.least:
        return None
    if doubtful and len(holding) < min(3, sampled):
        return None
    floor = 0.5 if doubtful else 0.65
    confidence = validator.weight * (floor + (1 - floor) * min(1.0, share / 0.8))
    if doubtful and sampled < 3:
        confidence *= 0.8
    return Evidence(validator.kind, round(confidence, 2), ("values",), held, sampled)


def _ages(texts: Sequence[str]) -> tuple[Evidence, ...]:
    """Return whether dates are spread as birthdays are: over decades, next to none of children or the future.

    This alone is too little to call a column personal; beside people it is enough.
    """
    dates = [found for text in texts if (found := _day(text))]
    today = datetime.now(UTC).date()
    ages = [(today - day).days / 365.25 for day in dates]
    fitting = [age for age in ages if YOUNGEST <= age <= OLDEST]
    if len(set(dates)) < 10 or len(fitting) < 0.95 * len(ages) or max(fitting) - min(fitting) < 15:
        return ()
    return (Evidence("birth-date", 0.4, ("values",), len(fitting), len(texts)),)


def _day(text: str) -> date | None:
    found = _DATE.match(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def at(evidence: Evidence, path: str) -> Evidence:
    """Return the evidence for a place inside the column."""
    return replace(evidence, path=path)
