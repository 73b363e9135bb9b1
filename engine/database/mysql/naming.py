"""How a row of a table is named: by a number that it has, by its key, or by what all its columns hold.

What stands in SQL here mentions columns without their table, which is the innermost one of the query.
"""

import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ...model.catalog import Column, Table
from ..notes import Notes, open_file
from .names import quote
from .slices import BINARY, WHOLE

NUMBER = re.compile(r"(tinyint|smallint|mediumint|int|bigint|decimal|numeric)\b.*")
COUNTED = re.compile(r"(enum|set|bit)\b.*", re.DOTALL)
SPELLED = re.compile(r"(year|date|time|datetime|timestamp|uuid|inet4|inet6)\b.*")
TEXT = re.compile(r"(char|varchar|\w*text)\b.*")
UNSIGNED = re.compile(r"bigint\b.* unsigned\b.*")
HALF = 1 << 63
# As many hexadecimal digits as always fit into a number with sign.
DIGITS = 15
TABLES = "CREATE TABLE book (number INTEGER PRIMARY KEY, key BLOB UNIQUE);"


class Naming(Protocol):
    """Names the rows of one table."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """What to ask for of a row."""
        ...

    @property
    def repeatable(self) -> bool:
        """Whether a row is asked for by its key, so that it has the same name at any moment."""
        ...

    def places(self, told: Sequence[bytes]) -> list[int]:
        """Return the places of rows, each told as a line of what was asked for."""
        ...

    def condition(self, places: Sequence[int]) -> str:
        """Return the condition that leads back to rows."""
        ...


@dataclass(frozen=True, slots=True)
class Numbered:
    """Rows that are named by a number."""

    number: str
    shift: int = 0
    repeatable: bool = True

    @property
    def outputs(self) -> tuple[str, ...]:
        """The number."""
        return (self.number,)

    def places(self, told: Sequence[bytes]) -> list[int]:
        """Return the numbers, moved to where a place can be."""
        return [int(one) - self.shift for one in told]

    def condition(self, places: Sequence[int]) -> str:
        """Return the condition on the number."""
        return f"{self.number} IN ({','.join([str(place + self.shift) for place in places])})"


class Book(Notes):
    """Gives a number to each key that it meets, and gives the keys back."""

    def numbers(self, keys: Sequence[bytes]) -> list[int]:
        """Return the numbers of keys; any thread may ask."""
        with self._locked():
            return [self._number(key) for key in keys]

    def _number(self, key: bytes) -> int:
        row = self._database.execute("SELECT number FROM book WHERE key = ?", (key,)).fetchone()
        if row is not None:
            return int(row[0])
        number = self._database.execute("INSERT INTO book (key) VALUES (?)", (key,)).lastrowid
        assert number is not None
        return number

    def keys(self, numbers: Sequence[int]) -> list[bytes]:
        """Return the keys that have some numbers; any thread may ask."""
        query = "SELECT key FROM book WHERE number = ?"
        with self._locked():
            return [self._database.execute(query, (number,)).fetchone()[0] for number in numbers]


@contextmanager
def open_book(directory: Path) -> Generator[Book]:
    """Open an empty book in a private directory."""
    with open_file(directory / "keys.sqlite", TABLES) as database:
        yield Book(database)


@dataclass(frozen=True, slots=True)
class Part:
    """A column of a key: what to ask for, and how what was told stands in SQL again."""

    column: str
    output: str
    form: str


@dataclass(frozen=True, slots=True)
class Keyed:
    """Rows that are named by a key; a place is the key's number in the book."""

    parts: tuple[Part, ...]
    book: Book
    repeatable: bool = True

    @property
    def outputs(self) -> tuple[str, ...]:
        """The key, in a form that can be given back."""
        return tuple(part.output for part in self.parts)

    def places(self, told: Sequence[bytes]) -> list[int]:
        """Return the numbers of keys."""
        return self.book.numbers(told)

    def condition(self, places: Sequence[int]) -> str:
        """Return the condition on the key's columns, as an index of the server takes it."""
        form = _row([part.form for part in self.parts])
        keys = [form % tuple(key.decode().split("\t")) for key in self.book.keys(places)]
        return f"{_row([quote(part.column) for part in self.parts])} IN ({','.join(keys)})"


def _row(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"({', '.join(values)})"


def naming(table: Table, charsets: Mapping[str, str], book: Book) -> Naming:
    """Return how rows of a table are named.

    Args:
        table: One of the catalogue.
        charsets: The character sets of its texts, by column.
        book: Where keys are noted.
    """
    columns = {column.name: column for column in table.columns}
    for key in (table.primary_key, *table.unique):
        told = [_part(columns[name], charsets.get(name)) for name in key if not columns[name].nullable]
        parts = tuple(part for part in told if part is not None)
        if not key or len(parts) < len(key):
            continue
        type_ = columns[key[0]].type.lower()
        if len(key) == 1 and WHOLE.fullmatch(type_):
            return Numbered(quote(key[0]), HALF if UNSIGNED.fullmatch(type_) else 0)
        return Keyed(parts, book)
    held = (f"IFNULL(SHA2({quote(name)}, 256), '-')" for name in columns)
    return Numbered(hashed(held), repeatable=False)


def hashed(values: "Sequence[str] | Generator[str]") -> str:
    """Return what is a number made of some values, the same wherever they are."""
    digest = f"SHA2(CONCAT_WS(',', {', '.join(values)}), 256)"
    return f"CAST(CONV(LEFT({digest}, {DIGITS}), 16, 10) AS UNSIGNED)"


def _part(column: Column, charset: str | None) -> Part | None:
    """Return how a column's value is told and given back, None where it would not lead to the same row."""
    name, type_ = quote(column.name), column.type.lower()
    if NUMBER.fullmatch(type_):
        return Part(column.name, name, "%s")
    if COUNTED.fullmatch(type_):
        return Part(column.name, f"CAST({name} AS UNSIGNED)", "%s")
    if SPELLED.fullmatch(type_):
        return Part(column.name, name, "'%s'")
    if BINARY.fullmatch(type_):
        return Part(column.name, f"HEX({name})", "X'%s'")
    if TEXT.fullmatch(type_) and charset:
        return Part(column.name, f"HEX({name})", f"_{charset} X'%s'")
    return None
