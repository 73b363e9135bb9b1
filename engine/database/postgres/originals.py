"""Hashes of a table's values, computed by the source itself: no value leaves it.

A row becomes a line of numbers, one or several for each column: seeded hashes of the value in one spelling,
and of what in it can be recognised elsewhere.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ...model.catalog import TableName
from ...model.sensitive import Kind
from ..base import FIRST_WORD, PLAIN, SURE, Hashing, Slice, Wanted
from .slices import Leaf, page_ranges, quote, quoted

# Values of these mean nothing out of their place, or cannot be told from others: a date is found everywhere.
MEANINGLESS = re.compile(
    r"(smallint|real|double precision|boolean|date|time|timestamp|interval|money|bit|oid|bytea|tsquery|point"
    r'|line|lseg|box|path|polygon|circle|xid|cid|tid|pg_lsn|"char"|\w+range|\w+multirange)\b(?!\.).*'
)
NUMBER = re.compile(r"(integer|bigint|numeric)(\(.*\))?")
SCALAR = re.compile(
    r"(text|character varying|character|name|uuid|inet|cidr|macaddr8?|xml)(\(\d+\))?|(\w+\.)?citext"
)
DOCUMENT = re.compile(r"jsonb?")
SMALLEST_NUMBER = 100_000_000

# Values of these kinds mean one person by themselves, however many rows have them.
IDENTIFYING: frozenset[Kind] = frozenset(("email", "phone", "card", "iban", "national-id", "secret"))
NUMBERS: frozenset[Kind] = frozenset(("phone", "card", "iban", "national-id", "identifier"))
ONE_WORD: frozenset[Kind] = frozenset(("email", "ip", "mac", "secret", "iban", "card", "username", "url"))
PROSE: frozenset[Kind] = frozenset(("free-text", "health", "document"))

MAIL = "[a-z0-9._%+''-]+@[a-z0-9.-]*[a-z0-9]"
# Digits within a longer word, as in a hexadecimal one, are no number that anybody calls.
PHONE = "[+(]?[[:<:]][0-9][0-9 ()./-]{5,22}[0-9][[:>:]]"
GAPS = "+ ()./-"
CAPITALS = "".join(map(chr, (*range(0xC0, 0xD7), *range(0xD8, 0xDF))))
STRINGS = 'strict $.** ? (@.type() == "string")'
LONGEST_GROUP = 60


def hashings(
    leaves: Sequence[Leaf], wanted: Mapping[TableName, Sequence[Wanted]], *, seed: int, version: int
) -> Iterator[Hashing]:
    """Yield what to read for the hashes of columns, piece by piece, tables one after the other."""
    for leaf in leaves:
        columns = [column for column in wanted.get(leaf.name, ()) if says_something(column.type)]
        parts = [part for column in columns for part in _parts(column, _Seeded(seed))]
        if not parts:
            continue
        names = tuple(column.name for column in columns)
        outputs = ", ".join(sql for _, sql in parts)
        flags = bytes(flag for flag, _ in parts)
        for ordinal, (pages, share) in enumerate(page_ranges(leaf, version)):
            query = f"COPY (SELECT {outputs} FROM ONLY {quoted(leaf.name)} AS t{pages}) TO STDOUT"
            yield Hashing(Slice(leaf.name, names, ordinal, query, share), flags)


def says_something(type_: str) -> bool:
    """Tell whether a value of that type can be recognised in another place."""
    return MEANINGLESS.fullmatch(type_.removesuffix("[]")) is None


class _Seeded:
    """Writes the SQL of a hash."""

    def __init__(self, seed: int) -> None:
        self._seed = seed - (1 << 64) if seed >> 63 else seed

    def __call__(self, value: str) -> str:
        return f'pg_catalog.hashtextextended({value} COLLATE "C", {self._seed})'


def _parts(column: Wanted, hashed: _Seeded) -> Iterator[tuple[int, str]]:
    """Yield the outputs of one column: what they are, and their SQL."""
    name = f"t.{quote(column.name)}"
    sure = SURE if IDENTIFYING.intersection(column.kinds) else PLAIN
    if SCALAR.fullmatch(column.type):
        yield from _of_text(f"{name}::pg_catalog.text", replace(column, type="text"), hashed, sure=sure)
    elif NUMBER.fullmatch(column.type):
        digits = f"CASE WHEN {name} >= {SMALLEST_NUMBER} THEN {name}::pg_catalog.text END"
        yield sure, hashed(f"({digits})")
    else:
        yield PLAIN, hashed(_spelling(f"{name}::pg_catalog.text"))
        for path in _paths(column):
            found = (
                f"pg_catalog.jsonb_path_query(pg_catalog.to_jsonb({name}), {_literal(path)}) AS leaf (json)"
            )
            text = _spelling("(leaf.json #>> '{}')")
            yield sure, f"ARRAY(SELECT {hashed(text)} FROM {found})"
            if _is_prose(column):
                yield from _inside(text, found, hashed)


def _of_text(text: str, column: Wanted, hashed: _Seeded, *, sure: int) -> Iterator[tuple[int, str]]:
    spelled = _spelling(text)
    yield sure, hashed(spelled)
    if NUMBERS.intersection(column.kinds):
        yield SURE, hashed(f"pg_catalog.translate({text}, '{GAPS}', '')")
    if column.kinds and ONE_WORD.issuperset(column.kinds):
        return
    several = f"pg_catalog.strpos({text}, ' ') > 0 AND pg_catalog.length({text}) <= {LONGEST_GROUP}"
    first = hashed(_spelling(f"pg_catalog.split_part({text}, ' ', 1)"))
    yield FIRST_WORD, f"CASE WHEN {several} THEN {first} END"
    if _is_prose(column):
        yield from _inside(spelled, "(SELECT) AS one", hashed)


def _inside(text: str, source: str, hashed: _Seeded) -> Iterator[tuple[int, str]]:
    """Yield addresses and telephone numbers that stand in a longer text."""
    for pattern, hint in ((MAIL, "'@') > 0"), (PHONE, None)):
        found = "m.found[1]" if hint else f"pg_catalog.translate(m.found[1], '{GAPS}', '')"
        likely = f"pg_catalog.strpos({text}, {hint}" if hint else f"{text} ~ '[0-9]{{3}}'"
        matches = f"pg_catalog.regexp_matches({text}, '({pattern})', 'g') AS m (found)"
        yield SURE, f"ARRAY(SELECT {hashed(found)} FROM {source}, {matches} WHERE {likely})"


def _is_prose(column: Wanted) -> bool:
    """Tell whether a column may hold sentences: what looks like nothing known may."""
    return not column.kinds or bool(PROSE.intersection(column.kinds))


def _paths(column: Wanted) -> tuple[str, ...]:
    """Return JSON paths to what is personal in a column, or to every string if nobody knows."""
    if not DOCUMENT.fullmatch(column.type) or not column.paths:
        return (STRINGS,)
    return tuple(dict.fromkeys(f"lax {_json_path(path)}" for path in column.paths))


def _json_path(path: str) -> str:
    """Return a path of `engine/discovery/leaves.py` as the server writes it."""
    return path.replace("[]", "[*]").replace(".{}", ".keyvalue().key")


def _spelling(text: str) -> str:
    """Return a text as it is compared: no blanks around it, small letters of ASCII and Latin-1."""
    plain = f'pg_catalog.lower(pg_catalog.btrim({text}) COLLATE "C")'
    folded = f"pg_catalog.translate({plain}, '{CAPITALS}', '{CAPITALS.lower()}')"
    ascii_only = f"pg_catalog.octet_length({text}) = pg_catalog.length({text})"
    return f"(CASE WHEN {ascii_only} THEN {plain} ELSE {folded} END)"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
