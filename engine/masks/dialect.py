"""The few operations that masks are made of, as SQL text, alike in every dialect.

All arguments and results are SQL text unless they are Python numbers or plain words. A hash is opaque: it
is made by `digest` and read by `hex`, `code`, `byte` and `number`. Nothing here contains a line break, a
backslash or a percent sign, and literals are ASCII, so that a text can be placed in any statement.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import date
from typing import Literal

from ..model.url import Engine
from .keys import Blocks
from .types import ColumnType

Bound = Literal["hash", "integer", "text"]
Step = str | int | None
Masked = Callable[[str], str]
Change = tuple[tuple[Step, ...], Masked]
_ALIAS = re.compile(r"snapharbor_(\d+)")


class Dialect(ABC):
    """How one engine says it."""

    engine: Engine

    @abstractmethod
    def name(self, text: str) -> str:
        """Return an identifier, quoted."""

    @abstractmethod
    def text(self, value: str) -> str:
        """Return any value as text."""

    @abstractmethod
    def exact(self, text: str) -> str:
        """Return the UTF-8 bytes of a text."""

    @abstractmethod
    def folded(self, text: str) -> str:
        """Return the UTF-8 bytes of a text without blanks around it and with A to Z in lower case."""

    @abstractmethod
    def digest(self, blocks: Blocks, content: str) -> str:
        """Return the HMAC-SHA-256 of bytes."""

    @abstractmethod
    def block(self, key: str, number: str) -> str:
        """Return the SHA-256 of a key (hexadecimal) and a whole number as eight bytes."""

    @abstractmethod
    def hex(self, digest: str, count: int) -> str:
        """Return the first hexadecimal digits of a hash."""

    @abstractmethod
    def code(self, digest: str, count: int) -> str:
        """Return letters and digits of a hash, upper case, with more than 5 bits in each."""

    @abstractmethod
    def byte(self, digest: str, index: int) -> str:
        """Return one byte of a hash as a number."""

    @abstractmethod
    def number(self, digest: str, below: int | str, *, start: int = 0) -> str:
        """Return a whole number from 0 up to a limit, of 60 bits that begin at a hexadecimal digit."""

    @abstractmethod
    def pick(self, words: Sequence[str], index: str) -> str:
        """Return one of the words; they hold neither quotes nor commas."""

    @abstractmethod
    def join(self, *parts: str) -> str:
        """Return texts one after the other."""

    @abstractmethod
    def let(self, value: str, body: Callable[[str], str], *, of: Bound = "hash") -> str:
        """Return an expression that computes a value once and uses it often."""

    @abstractmethod
    def div(self, left: str, right: str | int) -> str:
        """Return the whole quotient of two whole numbers."""

    @abstractmethod
    def wide(self, value: str) -> str:
        """Return a whole number as the widest type."""

    @abstractmethod
    def unsigned(self, number: str) -> str:
        """Return -1 - number for a negative one, and others as they are."""

    @abstractmethod
    def signed(self, number: str, like: str) -> str:
        """Return -1 - number where another one is negative: the way back."""

    @abstractmethod
    def plain(self, value: str, kind: ColumnType) -> str:
        """Return an exact number as text, alike for equal ones: without zeros at the end."""

    @abstractmethod
    def binary(self, value: str) -> str:
        """Return the eight bytes of an inexact number, alike for equal ones."""

    @abstractmethod
    def finite(self, value: str, changed: str, kind: ColumnType) -> str:
        """Return what a finite number was changed to, and others as they are."""

    @abstractmethod
    def decimal(self, value: str, kind: ColumnType) -> str:
        """Return an exact number that can be multiplied without overflowing."""

    @abstractmethod
    def scale(self, value: str, kind: ColumnType) -> str:
        """Return how many digits an exact number has after its point."""

    @abstractmethod
    def unit(self, value: str, kind: ColumnType) -> str:
        """Return 1 in the last digit that an exact number has."""

    @abstractmethod
    def integer(self, text: str) -> str:
        """Return a text of at most 18 digits as a number."""

    @abstractmethod
    def digits(self, text: str) -> str:
        """Return the digits of a text and nothing else."""

    @abstractmethod
    def upper(self, text: str) -> str:
        """Return a text with a to z in upper case."""

    @abstractmethod
    def matches(self, text: str, pattern: str) -> str:
        """Return whether the whole of a text matches a regular expression that has no special escapes."""

    @abstractmethod
    def blanked(self, text: str) -> str:
        """Return a text with X for every letter A to Z and 0 for every digit."""

    @abstractmethod
    def modulus(self, digits: str, divisor: int) -> str:
        """Return the rest of a number of up to 60 digits, given as text, as text."""

    def span(self, kind: ColumnType) -> tuple[date, date]:
        """Return the first and the last day that is moved; what is outside means never or always."""
        return date(2, 1, 1), date(9998, 12, 31)

    @abstractmethod
    def day(self, value: str, kind: ColumnType) -> str:
        """Return a date, or the day of a moment, in UTC where it has a time zone."""

    @abstractmethod
    def days(self, value: str, kind: ColumnType) -> str:
        """Return the days from 2000-01-01 to a date or to the day of a moment."""

    @abstractmethod
    def day_of_year(self, value: str, kind: ColumnType) -> str:
        """Return 1 for the first of January, and so on."""

    @abstractmethod
    def later(self, value: str, days: str, kind: ColumnType) -> str:
        """Return a date or moment some days later; a day has 24 hours."""

    @abstractmethod
    def cast(self, value: str, kind: ColumnType) -> str:
        """Return a value as the column's own type."""

    @abstractmethod
    def literal(self, text: str) -> str:
        """Return a string literal."""

    @abstractmethod
    def insert(self, text: str, place: int, added: str, *, instead: int = 0) -> str:
        """Return a text with something at a place (from 1), instead of so many characters."""

    @abstractmethod
    def address(self, value: str, kind: ColumnType) -> str:
        """Return an IP address as text, without a net mask."""

    @abstractmethod
    def address_four(self, number: str, kind: ColumnType) -> str:
        """Return the address that many after 198.18.0.0."""

    @abstractmethod
    def address_six(self, digest: str, kind: ColumnType) -> str:
        """Return an address in 2001:db8::/64 with 60 bits of a hash."""

    @abstractmethod
    def elements(self, value: str, masked: Masked, kind: ColumnType) -> str:
        """Return an array with each of its elements masked."""

    @abstractmethod
    def json_changed(self, value: str, changes: Sequence[Change], kind: ColumnType) -> str:
        """Return a JSON document with what is at some paths masked."""

    @abstractmethod
    def json_strings(self, value: str, masked: Masked, kind: ColumnType) -> str:
        """Return a JSON document with each of its strings masked, names of members left alone."""

    def padded(self, number: str, width: int | str) -> str:
        """Return a whole number as text with zeros before it."""
        return f"lpad({self.text(number)}, {width}, '0')"


def fresh(value: str) -> str:
    """Return an alias that the SQL of a value neither defines nor reads."""
    used = (int(number) for number in _ALIAS.findall(value))
    return f"snapharbor_{max(used, default=-1) + 1}"
