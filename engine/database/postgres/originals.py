"""Hashes of a table's values, computed by the source itself: no value leaves it.

A row becomes a line of numbers, one or several for each column: seeded hashes of the value in one spelling,
and of what in it can be recognised elsewhere.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ...model.catalog import TableName
from ...model.identifier import literal, quote
from ..base import FIRST_WORD, PLAIN, SURE, Changed, Hashing, Slice, Wanted
from ..telling import (
    GAPS,
    IDENTIFYING,
    LONGEST_GROUP,
    NUMBERS,
    ONE_WORD,
    PROSE,
    SMALLEST_NUMBER,
    is_common,
    names,
    telling,
)
from .slices import Leaf, Source
from .surroundings import inside

# Values of these mean nothing out of their place, or cannot be told from others: a date is found everywhere.
MEANINGLESS = re.compile(
    r"(smallint|real|double precision|boolean|date|time|timestamp|interval|money|bit|oid|bytea|tsquery|point"
    r'|line|lseg|box|path|polygon|circle|xid|cid|tid|pg_lsn|"char"|\w+range|\w+multirange)\b(?!\.).*'
)
# Written in small letters of ASCII, without blanks.
SPELLED = re.compile(r"uuid|inet|cidr|macaddr8?")
NUMBER = re.compile(r"(integer|bigint|numeric)(\(.*\))?")
SCALAR = re.compile(r"(text|character varying|character|name|xml)(\(\d+\))?|(\w+\.)?citext")
DOCUMENT = re.compile(r"jsonb?")

MAIL = "[a-z0-9._%+''-]+@[a-z0-9.-]*[a-z0-9]"
# Digits within a longer word, as in a hexadecimal one, are no number that anybody calls.
PHONE = "[+(]?[[:<:]][0-9][0-9 ()./-]{5,22}[0-9][[:>:]]"
DIGITS = "[0-9][0-9 ()./-]{5}[0-9]"
CAPITALS = "".join(map(chr, (*range(0xC0, 0xD7), *range(0xD8, 0xDF))))
# A path of keys alone, none of which a list has.
KEYS = re.compile(r"\$(?:\.[A-Za-z_]\w*)+", re.ASCII)
STRINGS = 'strict $.** ? (@.type() == "string")'
# Whatever is that long is looked for, if it is a number too.
TELLING = 7


def hashings(
    leaves: Sequence[Leaf],
    wanted: Mapping[TableName, Sequence[Wanted]],
    *,
    seed: int,
    sources: Callable[[Leaf], Iterable[Source]],
) -> Iterator[Hashing]:
    """Yield what to read for the hashes of columns, piece by piece, what takes longest first."""
    pieces = [
        piece
        for leaf in leaves
        for piece in _pieces(leaf, wanted.get(leaf.name, ()), seed=seed, sources=sources(leaf))
    ]
    yield from sorted(pieces, key=lambda piece: -piece.piece.estimated_bytes * len(piece.flags))


def _pieces(
    leaf: Leaf, wanted: Sequence[Wanted], *, seed: int, sources: Iterable[Source]
) -> Iterator[Hashing]:
    pieces = [*sources]
    for some in _together([column for column in wanted if says_something(column.type)]):
        row = _Row(seed)
        looked_for = telling(some)
        parts = [part for column in looked_for if not is_common(column) for part in _parts(column, row)]
        parts += [part for pair in names(looked_for) for part in _of_names(*pair, row)]
        if not parts:
            continue
        named = tuple(column.name for column in looked_for)
        flags = bytes(flag for flag, _ in parts)
        for ordinal, source in enumerate(pieces):
            rows = _rows(source, some[0].changed)
            query = f"COPY ({row.select([sql for _, sql in parts], rows)}) TO STDOUT"
            query = inside(query) if some[0].changed else query
            piece = Slice(leaf.name, named, ordinal, query, source.bytes, source.places)
            yield Hashing(piece, flags, some[0].elsewhere)


def _together(columns: Sequence[Wanted]) -> Iterator[tuple[Wanted, ...]]:
    """Yield columns that are read in one go: of the same rows, and alone if they may stay where they are."""
    groups: dict[tuple[Changed | None, str], list[Wanted]] = {}
    for column in columns:
        groups.setdefault((column.changed, column.name if column.elsewhere else ""), []).append(column)
    yield from map(tuple, groups.values())


def _rows(source: Source, changed: Changed | None) -> str:
    if changed is None:
        return f"FROM {source.rows}"
    alias, earlier = quote(changed.alias), "".join(f" WHEN ({one}\n) THEN true" for one in changed.conditions)
    rows = f"SELECT * FROM (SELECT t.* FROM {source.rows}) AS {alias}"
    return f"FROM ({rows} WHERE CASE{earlier} ELSE false END) AS t"


def says_something(type_: str) -> bool:
    """Tell whether a value of that type can be recognised in another place."""
    return MEANINGLESS.fullmatch(type_.removesuffix("[]")) is None


class _Row:
    """Writes SQL about the rows of a table `t`, in which nothing is computed twice."""

    def __init__(self, seed: int) -> None:
        self._seed = seed - (1 << 64) if seed >> 63 else seed
        self._computed: dict[str, str] = {}

    def once(self, expression: str) -> str:
        """Return the name under which an expression about `t` is computed."""
        return self._computed.setdefault(expression, f"r.c{len(self._computed)}")

    def hashed(self, value: str) -> str:
        """Return the hash of a text."""
        return f'pg_catalog.hashtextextended({value} COLLATE "C", {self._seed})'

    def select(self, outputs: Sequence[str], source: str) -> str:
        """Return the query for expressions about what is computed once."""
        if list(self._computed.values()) == outputs:
            return f"SELECT {', '.join(self._computed)} {source}"
        inner = ", ".join(f"{sql} AS {name.removeprefix('r.')}" for sql, name in self._computed.items())
        return f"SELECT {', '.join(outputs)} FROM (SELECT {inner} {source} OFFSET 0) AS r"


def _parts(column: Wanted, row: _Row) -> Iterator[tuple[int, str]]:
    """Yield the outputs of one column: what they are, and their SQL."""
    name = f"t.{quote(column.name)}"
    text = f"{name}::pg_catalog.text"
    sure = SURE if IDENTIFYING.intersection(column.kinds) else PLAIN
    if SPELLED.fullmatch(column.type):
        yield sure, row.once(row.hashed(f"({text})"))
    elif SCALAR.fullmatch(column.type):
        yield from _of_text(text, column, row, sure=sure)
    elif NUMBER.fullmatch(column.type):
        yield sure, row.once(row.hashed(f"(CASE WHEN {name} >= {SMALLEST_NUMBER} THEN {text} END)"))
    elif column.type == "jsonb" and sure == SURE and column.paths and all(map(KEYS.fullmatch, column.paths)):
        yield from _of_keys(name, column, row)
    else:
        yield PLAIN, row.once(row.hashed(_spelling(text)))
        document = row.once(name if column.type == "jsonb" else f"pg_catalog.to_jsonb({name})")
        for path in _paths(column):
            yield from _leaves(document, path, column, row, sure=sure)


def _of_names(one: Wanted, other: Wanted, row: _Row) -> Iterator[tuple[int, str]]:
    """Yield the outputs of two names in a row."""
    first, second = (f"t.{quote(column.name)}::pg_catalog.text" for column in (one, other))
    spelled = row.once(_spelling(f"({first} || ' ' || {second})"))
    yield SURE, row.hashed(spelled)
    yield FIRST_WORD, row.hashed(f"pg_catalog.split_part({spelled}, ' ', 1)")


def _of_text(text: str, column: Wanted, row: _Row, *, sure: int) -> Iterator[tuple[int, str]]:
    if column.kinds and ONE_WORD.issuperset(column.kinds) and not NUMBERS.intersection(column.kinds):
        yield sure, row.once(row.hashed(_spelling(text)))
        return
    spelled = row.once(_spelling(text))
    yield sure, row.hashed(spelled)
    if NUMBERS.intersection(column.kinds):
        yield SURE, row.hashed(f"pg_catalog.translate({spelled}, '{GAPS}', '')")
    if column.kinds and ONE_WORD.issuperset(column.kinds):
        return
    several = f"pg_catalog.strpos({spelled}, ' ') > 0 AND pg_catalog.length({spelled}) <= {LONGEST_GROUP}"
    first = row.hashed(f"pg_catalog.split_part({spelled}, ' ', 1)")
    yield FIRST_WORD, f"CASE WHEN {several} THEN {first} END"
    if _is_prose(column):
        yield from _inside(spelled, row)


def _of_keys(name: str, column: Wanted, row: _Row) -> Iterator[tuple[int, str]]:
    """Yield the outputs of a document with something at known keys that means one person.

    The document itself counts where nothing at those keys would be looked for.
    """
    document = row.once(name)
    lengths: list[str] = []
    for path in dict.fromkeys(column.paths):
        keys = ", ".join(literal(key) for key in path.split(".")[1:])
        leaf = row.once(f"pg_catalog.jsonb_extract_path_text({name}, {keys})")
        lengths.append(f"pg_catalog.octet_length({leaf})")
        yield SURE, row.hashed(_spelling(leaf))
        # In a list of documents the keys are of each of them.
        lax = f"lax {_json_path(path)}"
        several = f"{leaf} IS NULL AND pg_catalog.jsonb_path_exists({document}, {literal(lax)})"
        for flag, found in _leaves(document, lax, column, row, sure=SURE):
            yield flag, f"CASE WHEN {several} THEN {found} END"
        if _is_prose(column):
            yield from _inside(_spelling(leaf), row)
    whole = row.hashed(_spelling(f"{document}::pg_catalog.text"))
    yield PLAIN, f"CASE WHEN GREATEST({', '.join(lengths)}) >= {TELLING} THEN NULL ELSE {whole} END"


def _leaves(document: str, path: str, column: Wanted, row: _Row, *, sure: int) -> Iterator[tuple[int, str]]:
    """Yield what is at a path of a document, each of it."""
    found = f"pg_catalog.jsonb_path_query({document}, {literal(path)}) AS leaf (json)"
    text = _spelling("(leaf.json #>> '{}')")
    yield sure, f"ARRAY(SELECT {row.hashed(text)} FROM {found})"
    if _is_prose(column):
        for likely, value, matches in _contacts(text, row):
            yield SURE, f"ARRAY(SELECT {value} FROM {found}, {matches} WHERE {likely})"


def _inside(text: str, row: _Row) -> Iterator[tuple[int, str]]:
    """Yield addresses and telephone numbers that stand in a longer text."""
    for likely, value, matches in _contacts(text, row):
        yield SURE, f"CASE WHEN {likely} THEN ARRAY(SELECT {value} FROM {matches}) END"


def _contacts(text: str, row: _Row) -> Iterator[tuple[str, str, str]]:
    """Yield what makes it likely that there are some in a text, the hash of one, and the search for all."""
    numbers = f"pg_catalog.translate(m.found[1], '{GAPS}', '')"
    for pattern, value, likely in (
        (MAIL, "m.found[1]", f"pg_catalog.strpos({text}, '@') > 0"),
        (PHONE, numbers, f"{text} ~ '{DIGITS}'"),
    ):
        matches = f"pg_catalog.regexp_matches({text}, '({pattern})', 'g') AS m (found)"
        yield likely, row.hashed(value), matches


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
    """Return a text as it is compared: no blanks around it, small letters of ASCII and Latin-1.

    Most are of ASCII alone and have no blank at either end: as a `bpchar` one is shorter by those at its end.
    """
    shortest = f"pg_catalog.octet_length({text}) = pg_catalog.length({text}::pg_catalog.bpchar)"
    plain = f'pg_catalog.lower({text} COLLATE "C")'
    trimmed = f'pg_catalog.lower(pg_catalog.btrim({text}) COLLATE "C")'
    folded = f"pg_catalog.translate({trimmed}, '{CAPITALS}', '{CAPITALS.lower()}')"
    return f"(CASE WHEN {shortest} AND pg_catalog.ascii({text}) <> 32 THEN {plain} ELSE {folded} END)"
