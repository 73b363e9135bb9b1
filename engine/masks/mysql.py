"""Masks in MariaDB 10.6, MySQL 8.0 and newer: nothing but built-in functions."""

from collections.abc import Callable, Sequence
from datetime import date

from ..model.errors import ArgumentInvalid
from ..model.url import Engine
from . import mysql_json
from .dialect import Bound, Change, Dialect, Masked, fresh
from .keys import Blocks
from .mysql_json import AFRESH, quoted
from .types import ColumnType

_WORD = "VARCHAR(64) CHARACTER SET utf8mb4"
_BOUND_TYPES: dict[Bound, str] = {"hash": _WORD, "integer": "BIGINT", "text": _WORD}


class MySql(Dialect):
    """MariaDB and MySQL; a hash is its 64 hexadecimal digits."""

    engine: Engine = "mysql"

    def name(self, text: str) -> str:
        """Back-ticks, doubled inside."""
        return "`" + text.replace("`", "``") + "`"

    def text(self, value: str) -> str:
        """In the one character set that holds everything."""
        return f"CONVERT({value} USING utf8mb4)"

    def exact(self, text: str) -> str:
        """UTF-8, as the text's character set is."""
        return f"CAST({text} AS BINARY)"

    def folded(self, text: str) -> str:
        """Read as Hebrew, the bytes of UTF-8 have no lower case but that of A to Z."""
        trimmed = self.exact(f"TRIM({text})")
        return self.exact(f"LOWER(CONVERT({trimmed} USING hebrew))")

    def digest(self, blocks: Blocks, content: str) -> str:
        """RFC 2104 with the key blocks computed beforehand."""
        inner = f"UNHEX(SHA2(CONCAT(UNHEX('{blocks.inner}'), {content}), 256))"
        return f"SHA2(CONCAT(UNHEX('{blocks.outer}'), {inner}), 256)"

    def block(self, key: str, number: str) -> str:
        """The number as eight bytes, the highest first."""
        return f"SHA2(CONCAT(UNHEX('{key}'), UNHEX(LPAD(HEX({number}), 16, '0'))), 256)"

    def hex(self, digest: str, count: int) -> str:
        """As SHA2 writes it."""
        return f"LEFT({digest}, {count})"

    def code(self, digest: str, count: int) -> str:
        """Base 64 with its case folded."""
        short = f"LEFT(TO_BASE64(UNHEX({digest})), {count})"
        return f"UPPER(REPLACE(REPLACE({short}, '+', '0'), '/', '1'))"

    def upper(self, text: str) -> str:
        """As `folded`, in the other direction."""
        raised = self.exact(f"UPPER(CONVERT({self.exact(text)} USING hebrew))")
        return f"CONVERT({raised} USING utf8mb4)"

    def byte(self, digest: str, index: int) -> str:
        """Two hexadecimal digits."""
        return f"CAST(CONV(SUBSTR({digest}, {2 * index + 1}, 2), 16, 10) AS SIGNED)"

    def number(self, digest: str, below: int | str, *, start: int = 0) -> str:
        """Sixty bits fit a signed number."""
        digits = f"SUBSTR({digest}, {start + 1}, 15)"
        return f"MOD(CAST(CONV({digits}, 16, 10) AS SIGNED), {below})"

    def pick(self, words: Sequence[str], index: str) -> str:
        """Only the one that is chosen is evaluated."""
        listed = "', '".join(words)
        return f"ELT(1 + {index}, '{listed}')"

    def join(self, *parts: str) -> str:
        """With the function: the operator means something else."""
        return f"CONCAT({', '.join(parts)})"

    def let(self, value: str, body: Callable[[str], str], *, of: Bound = "hash") -> str:
        """A table of one row, the only kind of table that may refer to the row outside."""
        alias = fresh(value)
        column = f"{alias}_value"
        columns = f"COLUMNS ({column} {_BOUND_TYPES[of]} PATH '$')"
        table = f"JSON_TABLE(JSON_ARRAY({value}), '$[*]' {columns}) AS {alias}"
        return f"(SELECT {body(f'{alias}.{column}')} FROM {table} WHERE {AFRESH})"

    def div(self, left: str, right: str | int) -> str:
        """The operator for whole numbers."""
        return f"({left} DIV {right})"

    def wide(self, value: str) -> str:
        """Arithmetic has eight bytes anyway."""
        return value

    def unsigned(self, number: str) -> str:
        """Bits have no sign here."""
        return f"CASE WHEN {number} < 0 THEN -1 - {number} ELSE {number} END"

    def signed(self, number: str, like: str) -> str:
        """The same again, naming the number once."""
        return f"(CASE WHEN {like} < 0 THEN -1 ELSE 1 END * {number} - ({like} < 0))"

    def plain(self, value: str, kind: ColumnType) -> str:
        """Where there is a point, all values have it."""
        text = self.text(value)
        if not kind.scale:
            return text
        return f"TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM {text}))"

    def binary(self, value: str) -> str:
        """Only a point on the plane shows the bytes of its numbers, the lowest first."""
        return f"REVERSE(SUBSTR(ST_AsWKB(POINT({value} + 0, 0)), 6, 8))"

    def finite(self, value: str, changed: str, kind: ColumnType) -> str:
        """All numbers are."""
        return changed

    def decimal(self, value: str, kind: ColumnType) -> str:
        """Products of integers would have to fit eight bytes."""
        return f"CAST({value} AS DECIMAL(30, 0))" if kind.family == "integer" else value

    def scale(self, value: str, kind: ColumnType) -> str:
        """The column's."""
        return str(kind.scale or 0)

    def unit(self, value: str, kind: ColumnType) -> str:
        """The column's."""
        return kind.unit or "1"

    def integer(self, text: str) -> str:
        """Eight bytes."""
        return f"CAST({text} AS SIGNED)"

    def digits(self, text: str) -> str:
        """One pass, whatever the text's length."""
        return f"REGEXP_REPLACE({text}, '[^0-9]+', '')"

    def matches(self, text: str, pattern: str) -> str:
        """Case matters, which the collation would ignore; `$` would let a line break come after the end."""
        return f"{text} REGEXP '(?-i)^{pattern}(?![^0]|0)'"

    def blanked(self, text: str) -> str:
        """Two passes."""
        return f"REGEXP_REPLACE(REGEXP_REPLACE({text}, '[0-9]', '0'), '[A-Z]', 'X')"

    def modulus(self, digits: str, divisor: int) -> str:
        """Exact numbers have up to 65 digits here."""
        return f"MOD(CAST({digits} AS DECIMAL(60, 0)), {divisor})"

    def span(self, kind: ColumnType) -> tuple[date, date]:
        """A `TIMESTAMP` ends in January of 2038."""
        return (date(1970, 1, 2), date(2037, 12, 31)) if kind.name == "timestamp" else super().span(kind)

    def day(self, value: str, kind: ColumnType) -> str:
        """Of a `TIMESTAMP` the session's time zone would make another day."""
        if kind.family == "date":
            return value
        if kind.name != "timestamp":
            return f"DATE({value})"
        return f"DATE(DATE_ADD('1970-01-01', INTERVAL UNIX_TIMESTAMP({value}) DIV 86400 DAY))"

    def days(self, value: str, kind: ColumnType) -> str:
        """The time of day does not count."""
        return f"DATEDIFF({self.day(value, kind)}, '2000-01-01')"

    def day_of_year(self, value: str, kind: ColumnType) -> str:
        """An integer."""
        return f"DAYOFYEAR({self.day(value, kind)})"

    def later(self, value: str, days: str, kind: ColumnType) -> str:
        """Without a time zone a day has 24 hours; a `TIMESTAMP` is moved as a number of seconds."""
        if kind.name == "timestamp":
            return f"FROM_UNIXTIME(UNIX_TIMESTAMP({value}) + 86400 * ({days}))"
        return f"DATE_ADD({value}, INTERVAL ({days}) DAY)"

    def cast(self, value: str, kind: ColumnType) -> str:
        """Assigning does it."""
        return value

    def insert(self, text: str, place: int, added: str, *, instead: int = 0) -> str:
        """The function of that name."""
        return f"INSERT({text}, {place}, {instead}, '{added}')"

    def address(self, value: str, kind: ColumnType) -> str:
        """Types of addresses convert themselves."""
        return self.text(value)

    def address_four(self, number: str, kind: ColumnType) -> str:
        """As text, which the types of addresses read."""
        return f"INET_NTOA(3323068416 + {number})"

    def address_six(self, digest: str, kind: ColumnType) -> str:
        """As text, which the types of addresses read."""
        return f"INET6_NTOA(UNHEX(CONCAT('20010db8000000000', {self.hex(digest, 15)})))"

    def elements(self, value: str, masked: Masked, kind: ColumnType) -> str:
        """There are no arrays."""
        raise ArgumentInvalid(f"`{kind.spelled}` is no type of this engine", "Name the column's own type.")

    def json_changed(self, value: str, changes: Sequence[Change], kind: ColumnType) -> str:
        """A document is text, or converts itself."""
        return mysql_json.changed(value, changes)

    def json_strings(self, value: str, masked: Masked, kind: ColumnType) -> str:
        """A document is text, or converts itself."""
        return mysql_json.strings(value, masked)

    def literal(self, text: str) -> str:
        """As bytes where a backslash or more than ASCII is in it, whose meaning the session decides."""
        return quoted(text)
