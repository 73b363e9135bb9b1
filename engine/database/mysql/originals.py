"""Hashes of a table's values, computed by the source itself: no value leaves it.

Of a value there are one or several, as PostgreSQL gives them (`engine/database/postgres/originals.py`): the
first eight bytes of SHA-256 over the seed and it, or over what in it can be recognised elsewhere, as digits.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...model.catalog import TableName
from ..base import Hashing, Slice
from ..telling import (
    IDENTIFYING,
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
from .names import quote
from .slices import Cut
from .spelling import Texts, as_bytes, as_utf8, first_word, spelled, without_gaps

# Values of these mean nothing out of their place, or cannot be told from others: a date is found everywhere.
MEANINGLESS = re.compile(
    r"(tinyint|smallint|mediumint|real|float|double|date|time|datetime|timestamp|year|bit|enum|set|\w*blob"
    r"|(var)?binary|vector|geometry|point|linestring|polygon|multi\w+|geom\w+)\b.*"
)
SPELLED = re.compile(r"uuid")
ADDRESS = re.compile(r"inet[46]")
NUMBER = re.compile(r"(int|bigint|decimal)\b.*")
FLAGS = bytes((PLAIN, SURE, FIRST_WORD))
HASH_BYTES = 8


def hashings(
    cuts: Iterable[Cut], wanted: Mapping[TableName, Sequence[Wanted]], *, seed: int, mariadb: bool
) -> Iterator[Hashing]:
    """Yield what to read for the hashes of columns, piece by piece, what takes longest first."""
    texts = Texts(mariadb=mariadb)
    pieces = [one for cut in cuts for one in _pieces(cut, wanted.get(cut.leaf.name, ()), seed, texts)]
    yield from sorted(pieces, key=lambda one: -one.piece.estimated_bytes * len(one.piece.columns))


def _pieces(cut: Cut, wanted: Sequence[Wanted], seed: int, texts: Texts) -> Iterator[Hashing]:
    there = {*cut.leaf.names}.difference(cut.taking.emptied)
    speaking = [
        one for one in wanted if one.name in there and MEANINGLESS.fullmatch(one.type.lower()) is None
    ]
    for some in together(speaking):
        changed, row = some[0].changed, _Row(seed, texts)
        alias, where = (changed.alias, _condition(changed)) if changed else ("t", "")
        looked_for = telling(some)
        parts = [part for column in looked_for for part in _parts(column, alias, row)]
        parts += [part for pair in names(looked_for) for part in _of_names(*pair, alias, row)]
        named = tuple(column.name for column in looked_for)
        for ordinal, (rows, part) in enumerate(cut.rows(alias, where) if parts else ()):
            query = row.select(parts, rows)
            piece = Slice(cut.leaf.name, named, ordinal, query, part.bytes, part.places, computed="hashes")
            yield Hashing(piece, FLAGS, some[0].elsewhere, digits=True)


def _condition(changed: Changed) -> str:
    earlier = "".join(f" WHEN ({one}\n) THEN TRUE" for one in changed.conditions)
    return f"CASE{earlier} ELSE FALSE END"


@dataclass(frozen=True, slots=True)
class _Part:
    """One output of a row: what its hashes are of, and the SQL of their digits, NULL where there are none."""

    flag: int
    digits: str


class _Row:
    """Writes SQL about the rows of a table, in which everything has a short name after it was said once."""

    def __init__(self, seed: int, texts: Texts) -> None:
        self._seed = seed
        self._said: dict[str, str] = {}
        self.texts = texts

    def once(self, expression: str) -> str:
        """Return the name of an expression about the table's columns."""
        return self._said.setdefault(expression, f"r.c{len(self._said)}")

    def hashed(self, value: str) -> str:
        """Return the digits of the hash of some bytes."""
        return f"LEFT(SHA2(CONCAT(X'{self._seed:016x}', {value}), 256), {2 * HASH_BYTES})"

    def contacts(self, text: str) -> str:
        """Return the digits of the hashes of addresses and numbers in a text, as it is compared."""
        return f"CONCAT_WS('', {', '.join(self.texts.contacts(text, self.hashed))})"

    def select(self, parts: Sequence[_Part], rows: str) -> str:
        """Return the query for the parts of rows, in a column for each flag."""
        inner = ", ".join(f"{sql} AS {name.removeprefix('r.')}" for sql, name in self._said.items())
        outputs = (
            f"CONCAT_WS('', {', '.join(digits)})" if digits else "''"
            for digits in ([part.digits for part in parts if part.flag == flag] for flag in FLAGS)
        )
        return f"SELECT {', '.join(outputs)} FROM (SELECT {inner} {rows}) AS r"  # noqa: S608


def _parts(column: Wanted, alias: str, row: _Row) -> Iterator[_Part]:
    """Yield the outputs of one column."""
    if is_common(column):
        return
    name, type_ = f"{quote(alias)}.{quote(column.name)}", column.type.lower()
    sure = SURE if IDENTIFYING.intersection(column.kinds) else PLAIN
    if ADDRESS.fullmatch(type_):
        address = row.once(f"INET6_ATON({as_utf8(name)})")
        head = f"IF(LENGTH({address}) = 4, X'0220', X'0380')"
        yield _Part(sure, row.hashed(f"{head}, {address}"))
    elif SPELLED.fullmatch(type_):
        yield _Part(sure, row.hashed(row.once(as_bytes(name))))
    elif NUMBER.fullmatch(type_):
        large = row.once(f"IF({name} >= {SMALLEST_NUMBER}, {as_bytes(name)}, NULL)")
        yield _Part(sure, row.hashed(large))
    elif type_ == "json" or column.paths:
        yield _Part(PLAIN, row.hashed(row.once(spelled(as_bytes(name)))))
        yield from _of_document(row.once(as_utf8(name)), column, row, sure=sure)
    else:
        yield from _of_text(name, column, row, sure=sure)


def _of_names(one: Wanted, other: Wanted, alias: str, row: _Row) -> Iterator[_Part]:
    """Yield the outputs of two names in a row."""
    first, second = (as_bytes(f"{quote(alias)}.{quote(column.name)}") for column in (one, other))
    text = row.once(spelled(f"CONCAT({first}, ' ', {second})"))
    yield _Part(SURE, row.hashed(text))
    yield _Part(FIRST_WORD, row.hashed(first_word(text)))


def _of_text(name: str, column: Wanted, row: _Row, *, sure: int) -> Iterator[_Part]:
    text = row.once(spelled(as_bytes(name)))
    yield _Part(sure, row.hashed(text))
    if NUMBERS.intersection(column.kinds):
        yield _Part(SURE, row.hashed(without_gaps(text)))
    if column.kinds and ONE_WORD.issuperset(column.kinds):
        return
    yield _Part(FIRST_WORD, row.hashed(first_word(text)))
    if is_prose(column):
        yield _Part(SURE, row.contacts(text))


def _of_document(document: str, column: Wanted, row: _Row, *, sure: int) -> Iterator[_Part]:
    for digits in row.texts.leaves(document, column.paths, lambda leaf: row.hashed(spelled(leaf))):
        yield _Part(sure, digits)
    if is_prose(column):
        for digits in row.texts.leaves(document, column.paths, lambda leaf: row.contacts(spelled(leaf))):
            yield _Part(SURE, digits)
