"""Personal data in the middle of prose."""

import re

from .checksums import card, iban, us_ssn
from .contacts import EMAIL, phone
from .people import FIRST_NAMES, fold

DIGIT = re.compile(r"\d")
IN_PROSE = re.compile(r"(?<![\w.+/-])(?:\+\d|\(\d{2,5}\)|0\d)[\d ().\-/]{6,18}\d(?![\w@-])")
IBAN_IN_PROSE = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
CARD_IN_PROSE = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w.-])")
SSN_IN_PROSE = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")
NAME_IN_PROSE = re.compile(r"\b[A-ZÀ-Þ][\w'’-]+\b")


def contains_contact(text: str) -> bool:
    """Tell whether prose holds an e-mail address, a telephone, account, card or security number."""
    if "@" in text and EMAIL.search(text):
        return True
    return bool(DIGIT.search(text)) and (
        any(phone(found[0].strip()) for found in IN_PROSE.finditer(text))
        or any(iban(found[0]) for found in IBAN_IN_PROSE.finditer(text))
        or any(card(found[0]) for found in CARD_IN_PROSE.finditer(text))
        or any(us_ssn(found[0]) for found in SSN_IN_PROSE.finditer(text))
    )


def mentions_somebody(text: str) -> bool:
    """Tell whether prose of some words holds a given name that is known, written with a capital."""
    if text.count(" ") < 3:
        return False
    return any(fold(found[0]) in FIRST_NAMES for found in NAME_IN_PROSE.finditer(text))
