"""SQL for values as the search compares them, and for what in texts and documents can be told alone."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from itertools import combinations, product

from ..telling import CAPITALS, GAPS, LONGEST_GROUP, SHORTEST
from .names import literal

# Of its letters only those of ASCII are capital or small, so the bytes of UTF-8 stay what they are in it.
CASELESS = "hebrew"
LISTS = 2
STEP = re.compile(r'\.(\*|\{\}|"(?:[^"\\]|\\.)*"|\w+)|(\[\])')

LOCAL = "[a-z0-9._%+'-]"
MAIL = rf"(?:\G|(?<!{LOCAL})){LOCAL}++@[a-z0-9.-]*[a-z0-9]"
# Digits within a longer word, as in a hexadecimal one, are no number that anybody calls.
WORD = r"[^\x00-\x2f\x3a-\x5e\x60\x7b-\x7f]"  # letters, digits, _, and whatever is not ASCII
PHONE = f"(?<!{WORD})[0-9][0-9 ()./-]{{5,22}}[0-9](?!{WORD})"
NUMBER_BEGINS = "[0-9][0-9 ()./-]{5}"

STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# A value that is a string, a key, what parts them, and words of JSON, which say nothing.
PIECES = rf"({STRING})(?!\s*:)|{STRING}\s*:|[\[\]{{}},\s]+|\b(?:true|false|null)\b"
OPENED, CLOSED = "\x01", "\x02"
LEAF, MATCH, PART = "snapharbor_leaf", "snapharbor_match", "snapharbor_part"
GROUP_OF_MARIADB, GROUP_OF_MYSQL = r"\1", "$1"
# MySQL ends a pattern after some 300,000 steps. What one piece cuts, the next one has whole.
WIDTH, OVERLAP = 16_384, 512
SAY_NOTHING = "('OBJECT', 'ARRAY', 'BOOLEAN', 'NULL')"
TEXTS = "COLUMNS (content LONGTEXT CHARACTER SET utf8mb4 PATH '$')"

Give = Callable[[str], str]


def as_bytes(value: str) -> str:
    """Return a text as the bytes of UTF-8."""
    return f"CAST({as_utf8(value)} AS BINARY)"


def as_utf8(value: str) -> str:
    """Return a text of any character set in UTF-8."""
    return f"CONVERT({value} USING utf8mb4)"


def spelled(value: str) -> str:
    """Return bytes of a text as it is compared: no blanks around it, small letters of ASCII and Latin-1."""
    small = f"CAST(LOWER(CONVERT(TRIM(BOTH ' ' FROM {value}) USING {CASELESS})) AS BINARY)"
    folded = reduce(_folded, CAPITALS, small)
    return f"IF(LOCATE(X'C3', {small}) = 0, {small}, {folded})"


def _folded(value: str, capital: int) -> str:
    one, other = (chr(letter).encode().hex() for letter in (capital, capital + 32))
    return f"REPLACE({value}, X'{one}', X'{other}')"


def first_word(text: str) -> str:
    """Return the first word of a text of several that is not too long, else NULL."""
    several = f"LOCATE(' ', {text}) > 0 AND LENGTH({text}) <= {LONGEST_GROUP}"
    return f"IF({several}, SUBSTRING_INDEX({text}, ' ', 1), NULL)"


def without_gaps(text: str) -> str:
    """Return a number without what parts its digits."""
    return reduce(lambda value, gap: f"REPLACE({value}, '{gap}', '')", GAPS, text)


class Texts:
    """Writes what the two products have in their own ways.

    MariaDB goes through a text in UTF-8 from its start for each match. MySQL has no patterns of bytes, ends
    those that take long, and knows what is in a document.
    """

    def __init__(self, *, mariadb: bool) -> None:
        self._mariadb = mariadb

    def contacts(self, text: str, give: Give) -> Iterator[str]:
        """Yield what there is to give of addresses and numbers in a text that is spelled as it is compared.

        Several of a kind follow each other without anything between them.
        """
        for pattern, meant, likely in ((MAIL, str, _may_be_mail), (PHONE, without_gaps, _may_be_phone)):
            each = partial(_given, give, meant)
            if self._mariadb:
                found = _each(MATCH, _found(text, pattern, GROUP_OF_MARIADB), each)
                yield f"IF({likely(text)}, {found}, NULL)"
            else:
                # Any bytes are a text of Latin-1, and what is found is of ASCII.
                piece = f"SUBSTRING({text}, ({PART}.number - 1) * {WIDTH} + 1, {WIDTH + OVERLAP})"
                piece = f"CONVERT({piece} USING latin1)"
                found = _found(piece, f"(?-i){pattern}", GROUP_OF_MYSQL)
                listed = f"CONCAT('[0', REPEAT(',0', LENGTH({text}) DIV {WIDTH}), ']')"
                parts = f"JSON_TABLE({listed}, '$[*]' COLUMNS (number FOR ORDINALITY)) AS {PART} JOIN "
                yield _each(MATCH, f"IF({likely(piece)}, {found}, '[]')", each, parts)

    def leaves(self, document: str, paths: Sequence[str], give: Give) -> Iterator[str]:
        """Yield what there is to give of the texts at some paths of a document, or of all of its texts.

        Paths are those of `engine/discovery/leaves.py`. What is no document is one text.
        """
        keys = [path.removesuffix(".{}") for path in paths if path.endswith(".{}")]
        values = [path for path in paths if not path.endswith(".{}")]
        if values or not paths:
            if self._mariadb:
                yield _each(LEAF, _flat(_at(document, values)), give)
            else:
                yield _each_leaf(_at(document, values), give)
        for path in (one for key in keys for way in _ways(key) for one in (way, f"{way}[*]")):
            objects = f"JSON_TABLE(IF(JSON_VALID({document}), {document}, NULL), {literal(path)} "
            objects += "COLUMNS (content JSON PATH '$')) AS snapharbor_object"
            yield _each(LEAF, "JSON_KEYS(snapharbor_object.content)", give, f"{objects} JOIN ")


def _may_be_mail(text: str) -> str:
    return f"LOCATE('@', {text}) > 0"


def _may_be_phone(text: str) -> str:
    return f"{text} REGEXP {literal(NUMBER_BEGINS)}"


def _found(text: str, pattern: str, group: str) -> str:
    """Return everything in a text that a pattern finds, as a list in JSON."""
    plain = reduce(lambda value, sign: f"REPLACE({value}, {literal(sign)}, ' ')", (OPENED, CLOSED), text)
    marked = _replaced(plain, f"({pattern})", f"{OPENED}{group}{CLOSED}")
    # The list begins and ends with an empty text. REPLACE would move all that follows, for each match.
    parted = _replaced(marked, f"(^|{CLOSED})[^{OPENED}]*({OPENED}|$)", '","')
    return f"""CONCAT('["', {parted}, '"]')"""


def _flat(document: str) -> str:
    """Return all values of a document but its numbers' kind as one list, without keys."""
    marked = _replaced(as_bytes(document), PIECES, f"{GROUP_OF_MARIADB}{CLOSED}")
    values = _replaced(marked, f"{CLOSED}+", ",")
    return f"CONCAT('[', TRIM(BOTH ',' FROM {values}), ']')"


def _replaced(text: str, pattern: str, by: str) -> str:
    return f"REGEXP_REPLACE({text}, {literal(pattern)}, {literal(by)})"


def _given(give: Give, meant: Give, one: str) -> str:
    return give(meant(one))


def _each(name: str, listed: str, give: Give, objects: str = "") -> str:
    """Return what there is to give of each text in a list of JSON, with nothing between them."""
    content = f"{name}.content"
    texts = f"{objects}JSON_TABLE({as_utf8(listed)}, '$[*]' {TEXTS}) AS {name}"
    given = f"GROUP_CONCAT({give(f'CAST({content} AS BINARY)')} SEPARATOR '')"
    return f"(SELECT {given} FROM {texts} WHERE LENGTH({content}) >= {SHORTEST})"  # noqa: S608


def _each_leaf(document: str, give: Give) -> str:
    """Return what there is to give of each text and number in a document, with nothing between them."""
    content = f"JSON_UNQUOTE({LEAF}.content)"
    # A text where a document is expected would become a string in it.
    every = f"JSON_EXTRACT(JSON_ARRAY(CAST({document} AS JSON)), '$**.*', '$**[*]')"
    leaves = f"JSON_TABLE({every}, '$[*]' COLUMNS (content JSON PATH '$')) AS {LEAF}"
    given = f"GROUP_CONCAT({give(f'CAST({content} AS BINARY)')} SEPARATOR '')"
    telling = f"JSON_TYPE({LEAF}.content) NOT IN {SAY_NOTHING} AND LENGTH({content}) >= {SHORTEST}"
    return f"(SELECT {given} FROM {leaves} WHERE {telling})"  # noqa: S608


def _at(document: str, paths: Sequence[str]) -> str:
    ways = ", ".join(literal(way) for path in paths for way in _ways(path))
    found = f"JSON_EXTRACT({document}, {ways})" if ways else document
    return f"IF(JSON_VALID({document}), {found}, JSON_QUOTE({document}))"


def _ways(path: str) -> Iterator[str]:
    """Yield a path as the servers write it: of keys in documents, and in up to two lists of documents."""
    steps = [(mark.replace("[]", "[*]"),) if mark else (*_keys(word),) for word, mark in STEP.findall(path)]
    places = [place for place, (step, *_) in enumerate(steps) if step != "[*]"]
    for written in product(*steps):
        for number in range(LISTS + 1):
            for listed in combinations(places, number):
                yield "$" + "".join(f"[*]{step}" if at in listed else step for at, step in enumerate(written))


def _keys(word: str) -> Iterator[str]:
    """Yield a step to a key as documents may write it, which MariaDB compares sign by sign."""
    if word == "*":
        yield ".*"
        return
    plain = word if word.startswith('"') else f'"{word}"'
    escaped = json.dumps(json.loads(plain))
    upper = re.sub(r"(?<!\\)((?:\\\\)*\\u)(\w{4})", lambda found: found[1] + found[2].upper(), escaped)
    for key in dict.fromkeys((plain, escaped, upper)):
        yield from (f".{one}" for one in dict.fromkeys((key, key.replace("/", "\\/"))))
