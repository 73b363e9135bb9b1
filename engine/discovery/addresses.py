"""Postal addresses, and the words for streets."""

import re

from .people import fold
from .text import DIGIT

_STREET_WORDS = """
street st road rd avenue ave boulevard blvd lane ln drive dr court square sq way place terrace crescent close
parkway highway hwy row loop manor circle alley
strasse str weg gasse platz allee ring damm ufer steig chaussee
rue chemin impasse quai cours faubourg
calle avenida avda av carrer plaza paseo camino ronda carretera ctra travesia
rua travessa praca largo alameda estrada rodovia
via viale piazza corso vicolo
straat laan plein gracht kade
ulica ul aleja utca gatan vagen vej gade
"""
STREET_WORDS = frozenset(_STREET_WORDS.split())
# What streets end with in the languages that write them as one word.
STREET_ENDS = (
    "strasse", "str", "weg", "gasse", "platz", "allee", "ring", "damm", "ufer", "steig",
    "straat", "laan", "plein", "gracht", "gatan", "vagen", "vej", "gade",
)  # fmt: skip
BOX = re.compile(r"\b(p\.? ?o\.? box|postfach|boite postale|apartado|caixa postal)\b")
POSTCODE = re.compile(
    r"(?:[A-Z]{1,2}-)?\d{4,6}|\d{5}-\d{3,4}|\d{4}-\d{3}|\d{3} \d{2}|\d{4} ?[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d"
    r"|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|\d{2}-\d{3}"
)


def street(text: str) -> bool:
    """Tell whether a text holds a street: a street's word, and a number somewhere."""
    if not 5 <= len(text) <= 300 or not DIGIT.search(text):
        return False
    folded = fold(text)
    words = re.findall(r"[a-z]+", folded)
    if len(words) > 25:
        return False
    if BOX.search(folded):
        return True
    return any(
        word in STREET_WORDS or (len(word) > 5 and word.endswith(STREET_ENDS)) for word in words
    ) and bool(re.search(r"\b\d{1,5}[a-z]?\b", folded))


def address(text: str) -> bool:
    """Tell whether a text is an address of several parts: a street, and more after a comma or line."""
    return bool(re.search(r"[,\n;]", text)) and street(text)


def postcode(text: str) -> bool:
    """Tell whether a text has the form of a postcode of some country."""
    return bool(POSTCODE.fullmatch(text.strip().upper()))
