"""Hashes of a table's values, computed by the source itself: no value leaves it.

Of a value there are one or several: seeded hashes of it in one spelling, and of what in it can be
recognised elsewhere. Those of many rows come as one, column by column, as a row by itself costs as much as a
hash does.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ...model.catalog import TableName
from ...model.identifier import literal, quote
from ..base import Hashing, Slice
from ..telling import (
    CAPITALS,
    GAPS,
    IDENTIFYING,
    LONGEST_GROUP,
    NUMBERS,
    ONE_WORD,
    SMALLEST_NUMBER,
    is_common,
    is_prose,
    names,
    telling,
    together,
)
from ..wanted import FIRST_WORD, PLAIN, SURE, Changed, Wanted
from .slices import Leaf, Source
from .surroundings import inside

# Values of these mean nothing out of their place, or cannot be told from others: a date is found everywhere.
MEANINGLESS = re.compile(
    r"(smallint|real|double precision|boolean|date|time|timestamp|interval|money|bit|oid|bytea|tsquery|point"
    r'|line|lseg|box|path|polygon|circle|xid|cid|tid|pg_lsn|"char"|\w+range|\w+multirange)\b(?!\.).*'
)
# Written in small letters of ASCII, without blanks.
SPELLED = re.compile(r"uuid|macaddr8?")
ADDRESS = re.compile(r"inet|cidr")
NUMBER = re.compile(r"(integer|bigint|numeric)(\(.*\))?")
SCALAR = re.compile(r"(text|character varying|character|name|xml)(\(\d+\))?|(\w+\.)?citext")
DOCUMENT = re.compile(r"jsonb?")

MAIL = "[a-z0-9._%+''-]+@[a-z0-9.-]*[a-z0-9]"
# Digits within a longer word, as in a hexadecimal one, are no number that anybody calls.
PHONE = "[+(]?[[:<:]][0-9][0-9 ()./-]{5,22}[0-9][[:>:]]"
# Where this is not, no such number is; it is asked first, as it takes a third of the time.
NUMBER_BEGINS = "[[:<:]][0-9][0-9 ()./-]{5}"
LETTERS = "".join(map(chr, CAPITALS))
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
    for some in together([column for column in wanted if says_something(column.type)]):
        row = _Row(seed)
        looked_for = telling(some)
        parts = [part for column in looked_for if not is_common(column) for part in _parts(column, row)]
        parts += [part for pair in names(looked_for) for part in _of_names(*pair, row)]
        if not parts:
            continue
        named = tuple(column.name for column in looked_for)
        flags = bytes(part.flag for part in parts)
        for ordinal, source in enumerate(pieces):
            query = f"COPY ({_query(parts, row, source, some[0].changed)}) TO STDOUT (FORMAT binary)"
            query = inside(query) if some[0].changed else query
            piece = Slice(leaf.name, named, ordinal, query, source.bytes, source.places)
            yield Hashing(piece, flags, some[0].elsewhere)


def _query(parts: "Sequence[_Part]", row: "_Row", source: Source, changed: Changed | None) -> str:
    """Return the query for the hashes of some rows: row by row, or those of many as one."""
    if source.groups is None:
        return row.select(parts, _rows(source.rows, changed), joined=False)
    hashes = row.select(parts, _rows(source.grouped, changed), joined=True)
    return f"SELECT hashes.* FROM {source.groups} CROSS JOIN LATERAL ({hashes}) AS hashes"


def _rows(rows: str, changed: Changed | None) -> str:
    if changed is None:
        return f"FROM {rows}"
    alias, earlier = quote(changed.alias), "".join(f" WHEN ({one}\n) THEN true" for one in changed.conditions)
    taken = f"SELECT * FROM (SELECT t.* FROM {rows}) AS {alias}"
    return f"FROM ({taken} WHERE CASE{earlier} ELSE false END) AS t"


def says_something(type_: str) -> bool:
    """Tell whether a value of that type can be recognised in another place."""
    return MEANINGLESS.fullmatch(type_.removesuffix("[]")) is None


@dataclass(frozen=True, slots=True)
class _Part:
    """One output of a row: what its hashes are of, and the SQL of one.

    There may be `several`, for each row of something after FROM, and only `when` a condition holds.
    """

    flag: int
    hash: str
    several: str = ""
    when: str = ""

    @property
    def sent(self) -> str:
        """The hashes as bytes."""
        hashes = f"pg_catalog.int8send({self.hash})"
        if self.several:
            hashes = f"(SELECT {_joined(hashes)} FROM {self.several})"
        return f"CASE WHEN {self.when} THEN {hashes} END" if self.when else hashes


def _joined(hashes: str) -> str:
    return f"pg_catalog.string_agg({hashes}, ''::pg_catalog.bytea)"


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

    def address_hashed(self, address: str) -> str:
        """Return the hash of an address of a network, however it is written."""
        return f"pg_catalog.hashinetextended({address}, {self._seed})"

    def select(self, parts: Sequence[_Part], rows: str, *, joined: bool) -> str:
        """Return the query for parts of rows, each for itself or all of them joined."""
        named = {name: sql for sql, name in self._computed.items()}
        inner = ", ".join(f"{sql} AS {name.removeprefix('r.')}" for name, sql in named.items())
        if [part.hash for part in parts] == [*named]:
            parts = [replace(part, hash=named[part.hash]) for part in parts]
        else:
            rows = f"FROM (SELECT {inner} {rows} OFFSET 0) AS r"
        outputs = (_joined(part.sent) if joined else part.sent for part in parts)
        return f"SELECT {', '.join(outputs)} {rows}"


def _parts(column: Wanted, row: _Row) -> Iterator[_Part]:
    """Yield the outputs of one column."""
    name = f"t.{quote(column.name)}"
    text = f"{name}::pg_catalog.text"
    sure = SURE if IDENTIFYING.intersection(column.kinds) else PLAIN
    if ADDRESS.fullmatch(column.type):
        yield _Part(sure, row.once(row.address_hashed(name)))
    elif SPELLED.fullmatch(column.type):
        yield _Part(sure, row.once(row.hashed(f"({text})")))
    elif SCALAR.fullmatch(column.type):
        yield from _of_text(text, column, row, sure=sure)
    elif NUMBER.fullmatch(column.type):
        large = f"(CASE WHEN {name} >= {SMALLEST_NUMBER} THEN {text} END)"
        yield _Part(sure, row.once(row.hashed(large)))
    elif column.type == "jsonb" and sure == SURE and column.paths and all(map(KEYS.fullmatch, column.paths)):
        yield from _of_keys(name, column, row)
    else:
        yield _Part(PLAIN, row.once(row.hashed(_spelling(text))))
        document = row.once(name if column.type == "jsonb" else f"pg_catalog.to_jsonb({name})")
        for path in _paths(column):
            yield from _leaves(document, path, column, row, sure=sure)


def _of_names(one: Wanted, other: Wanted, row: _Row) -> Iterator[_Part]:
    """Yield the outputs of two names in a row."""
    first, second = (f"t.{quote(column.name)}::pg_catalog.text" for column in (one, other))
    spelled = row.once(_spelling(f"({first} || ' ' || {second})"))
    yield _Part(SURE, row.hashed(spelled))
    yield _first_word(spelled, row)


def _of_text(text: str, column: Wanted, row: _Row, *, sure: int) -> Iterator[_Part]:
    one_word = bool(column.kinds) and ONE_WORD.issuperset(column.kinds)
    numbers = NUMBERS.intersection(column.kinds)
    if one_word and not numbers:
        yield _Part(sure, row.once(row.hashed(_spelling(text))))
        return
    spelled = row.once(_spelling(text))
    yield _Part(sure, row.hashed(spelled))
    if numbers:
        yield _Part(SURE, row.hashed(_without_gaps(spelled)))
    if one_word:
        return
    yield _first_word(spelled, row)
    if is_prose(column):
        yield from _contacts(spelled, row)


def _first_word(text: str, row: _Row) -> _Part:
    """Return the first word of a text of several."""
    word = f"NULLIF(pg_catalog.split_part({text}, ' ', 1), {text})"
    return _Part(FIRST_WORD, row.hashed(word), when=f"pg_catalog.octet_length({text}) <= {LONGEST_GROUP}")


def _of_keys(name: str, column: Wanted, row: _Row) -> Iterator[_Part]:
    """Yield the outputs of a document with something at known keys that means one person.

    The document itself counts where nothing at those keys would be looked for.
    """
    document = row.once(name)
    lengths: list[str] = []
    for path in dict.fromkeys(column.paths):
        keys = ", ".join(literal(key) for key in path.split(".")[1:])
        leaf = row.once(f"pg_catalog.jsonb_extract_path_text({name}, {keys})")
        lengths.append(f"pg_catalog.octet_length({leaf})")
        yield _Part(SURE, row.hashed(_spelling(leaf)))
        # In a list of documents the keys are of each of them.
        lax = f"lax {_json_path(path)}"
        several = f"{leaf} IS NULL AND pg_catalog.jsonb_path_exists({document}, {literal(lax)})"
        yield from _leaves(document, lax, column, row, sure=SURE, when=several)
        if is_prose(column):
            yield from _contacts(_spelling(leaf), row)
    whole = row.hashed(_spelling(f"{document}::pg_catalog.text"))
    said = f"GREATEST({', '.join(lengths)}) >= {TELLING}"
    yield _Part(PLAIN, f"CASE WHEN {said} THEN NULL ELSE {whole} END")


def _leaves(
    document: str, path: str, column: Wanted, row: _Row, *, sure: int, when: str = ""
) -> Iterator[_Part]:
    """Yield what is at a path of a document, each of it."""
    found = f"pg_catalog.jsonb_path_query({document}, {literal(path)}) AS leaf (json)"
    text = _spelling("(leaf.json #>> '{}')")
    yield _Part(sure, row.hashed(text), several=found, when=when)
    if is_prose(column):
        for part in _contacts(text, row):
            inside = f"{found}, {part.several} WHERE {part.when}"
            yield replace(part, several=inside, when=when)


def _contacts(text: str, row: _Row) -> Iterator[_Part]:
    """Yield addresses and telephone numbers that stand in a longer text, when it is likely that some do."""
    numbers = _without_gaps("m.found[1]")
    for pattern, value, likely in (
        (MAIL, "m.found[1]", f"pg_catalog.strpos({text}, '@') > 0"),
        (PHONE, numbers, f"{text} ~ '{NUMBER_BEGINS}'"),
    ):
        matches = f"pg_catalog.regexp_matches({text}, '({pattern})', 'g') AS m (found)"
        yield _Part(SURE, row.hashed(value), several=matches, when=likely)


def _without_gaps(text: str) -> str:
    """Return a number without what parts its digits; one after the other takes half as long as all."""
    for gap in GAPS:
        text = f"pg_catalog.replace({text}, '{gap}', '')"
    return text


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
    folded = f"pg_catalog.translate({trimmed}, '{LETTERS}', '{LETTERS.lower()}')"
    return f"(CASE WHEN {shortest} AND pg_catalog.ascii({text}) <> 32 THEN {plain} ELSE {folded} END)"
