"""Masks in PostgreSQL 12 and newer: nothing but built-in functions, all of them immutable."""

from collections.abc import Callable, Sequence

from ..model.url import Engine
from . import postgres_json
from .dialect import Bound, Change, Dialect, Masked, fresh
from .keys import Blocks
from .postgres_json import quoted
from .types import ColumnType

_LETTERS, _DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
_EPOCH = "date '2000-01-01'"


class Postgres(Dialect):
    """PostgreSQL; a hash is a `bytea`."""

    engine: Engine = "postgres"

    def name(self, text: str) -> str:
        """Double quotes, doubled inside."""
        return '"' + text.replace('"', '""') + '"'

    def text(self, value: str) -> str:
        """A cast, which for text costs nothing."""
        return f"({value})::text"

    def exact(self, text: str) -> str:
        """UTF-8 whatever the database's own encoding is."""
        return f"convert_to({text}, 'UTF8')"

    def folded(self, text: str) -> str:
        """Under the collation `C` nothing but A to Z has a lower case."""
        return self.exact(f'lower(btrim({text}) COLLATE "C")')

    def digest(self, blocks: Blocks, content: str) -> str:
        """RFC 2104 with the key blocks computed beforehand."""
        inner = f"sha256({_bytes(blocks.inner)} || {content})"
        return f"sha256({_bytes(blocks.outer)} || {inner})"

    def block(self, key: str, number: str) -> str:
        """All of one length, so that a key in front is enough."""
        return f"sha256({_bytes(key)} || int8send({number}))"

    def hex(self, digest: str, count: int) -> str:
        """As `encode` writes it."""
        return f"left(encode({digest}, 'hex'), {count})"

    def code(self, digest: str, count: int) -> str:
        """Going through bytes frees the text of the collation `C`."""
        short = f"translate(left(encode({digest}, 'base64'), {count}), '+/', '01')"
        return self.upper(short)

    def upper(self, text: str) -> str:
        """As `folded`, in the other direction."""
        raised = self.exact(f'upper({text} COLLATE "C")')
        return f"convert_from({raised}, 'UTF8')"

    def byte(self, digest: str, index: int) -> str:
        """Without a detour through text."""
        return f"get_byte({digest}, {index})"

    def number(self, digest: str, below: int | str, *, start: int = 0) -> str:
        """PostgreSQL reads hexadecimal digits as bits."""
        digits = f"substr(encode({digest}, 'hex'), {start + 1}, 15)"
        return f"mod(('x' || {digits})::bit(60)::bigint, {below})"

    def pick(self, words: Sequence[str], index: str) -> str:
        """The planner makes the array once."""
        return f"(string_to_array('{','.join(words)}', ','))[1 + {index}]"

    def join(self, *parts: str) -> str:
        """With the operator, which is immutable."""
        return f"({' || '.join(parts)})"

    def let(self, value: str, body: Callable[[str], str], *, of: Bound = "hash") -> str:
        """OFFSET 0 keeps the planner from computing the value at every use."""
        alias = fresh(value)
        column = f"{alias}_value"
        return f"(SELECT {body(f'{alias}.{column}')} FROM (SELECT {value} AS {column} OFFSET 0) AS {alias})"

    def div(self, left: str, right: str | int) -> str:
        """Of integers, the operator is the whole quotient."""
        return f"({left} / {right})"

    def wide(self, value: str) -> str:
        """Eight bytes."""
        return f"({value})::bigint"

    def unsigned(self, number: str) -> str:
        """Shifted by 63, a number is its sign."""
        return f"({number} # ({number} >> 63))"

    def signed(self, number: str, like: str) -> str:
        """The same again."""
        return f"({number} # ({like} >> 63))"

    def plain(self, value: str, kind: ColumnType) -> str:
        """What has no point gets one, so that only zeros after it are cut."""
        text = self.text(value)
        if kind.family == "integer":
            return text
        point = f"CASE WHEN scale({value}) > 0 THEN '' ELSE '.' END"
        return f"rtrim(rtrim({text} || {point}, '0'), '.')"

    def binary(self, value: str) -> str:
        """Independent of the session's digits; adding 0 makes one of the two zeros."""
        return f"float8send(({value})::double precision + 0)"

    def finite(self, value: str, changed: str, kind: ColumnType) -> str:
        """Infinite numbers and NaN have no scale."""
        return f"CASE WHEN scale({value}) IS NULL THEN {value} ELSE {changed} END" if kind.exact else changed

    def decimal(self, value: str, kind: ColumnType) -> str:
        """Exact numbers have no limit here."""
        return f"({value})::numeric"

    def scale(self, value: str, kind: ColumnType) -> str:
        """Each value has its own where the column does not say."""
        if kind.family == "integer":
            return "0"
        return f"scale({value})" if kind.scale is None else str(kind.scale)

    def unit(self, value: str, kind: ColumnType) -> str:
        """Where the column does not say, read from text."""
        return kind.unit or f"('1e-' || scale({value}))::numeric"

    def integer(self, text: str) -> str:
        """Eight bytes."""
        return f"({text})::bigint"

    def digits(self, text: str) -> str:
        """One pass, whatever the text's length."""
        return f"regexp_replace({text}, '[^0-9]+', '', 'g')"

    def matches(self, text: str, pattern: str) -> str:
        """Case matters, and nothing comes after the end."""
        return f"{text} ~ '^{pattern}$'"

    def blanked(self, text: str) -> str:
        """Character by character."""
        return f"translate({text}, '{_LETTERS}{_DIGITS}', '{'X' * 26}{'0' * 10}')"

    def modulus(self, digits: str, divisor: int) -> str:
        """Exact numbers have no limit here."""
        return f"mod(({digits})::numeric, {divisor})"

    def day(self, value: str, kind: ColumnType) -> str:
        """Independent of the session's time zone."""
        if kind.family == "date":
            return value
        zoned = kind.name in ("timestamptz", "timestamp with time zone")
        return f"({value} AT TIME ZONE 'UTC')::date" if zoned else f"({value})::date"

    def days(self, value: str, kind: ColumnType) -> str:
        """Independent of DateStyle and, in UTC, of the session's time zone."""
        return f"({self.day(value, kind)} - {_EPOCH})"

    def day_of_year(self, value: str, kind: ColumnType) -> str:
        """As an integer, which it is not before PostgreSQL 14."""
        return f"extract(doy from {self.day(value, kind)})::integer"

    def later(self, value: str, days: str, kind: ColumnType) -> str:
        """Hours rather than days, which daylight saving would make longer."""
        if kind.family == "date":
            return f"({value} + ({days})::integer)"
        return f"({value} + interval '24 hours' * ({days}))"

    def cast(self, value: str, kind: ColumnType) -> str:
        """To the type as the server spells it."""
        return f"({value})::{kind.spelled}"

    def literal(self, text: str) -> str:
        """As bytes where a backslash or more than ASCII is in it, whose meaning the session decides."""
        return quoted(text)

    def insert(self, text: str, place: int, added: str, *, instead: int = 0) -> str:
        """The standard's function."""
        return f"overlay({text} placing '{added}' from {place} for {instead})"

    def address(self, value: str, kind: ColumnType) -> str:
        """Of the type, or already text."""
        return f"host({value})" if kind.family == "ip" else self.text(value)

    def address_four(self, number: str, kind: ColumnType) -> str:
        """Addresses can be counted on from."""
        return self._address(f"inet '198.18.0.0' + {number}", kind)

    def address_six(self, digest: str, kind: ColumnType) -> str:
        """As `address_four`."""
        return self._address(f"inet '2001:db8::' + {self.number(digest, 1 << 60)}", kind)

    def elements(self, value: str, masked: Masked, kind: ColumnType) -> str:
        """In order; more than one dimension becomes one. A subject's columns must not be taken for ours."""
        alias = fresh(value)
        element, place = f"{alias}_value", f"{alias}_n"
        rows = f"unnest({value}) WITH ORDINALITY AS {alias}({element}, {place})"
        array = f"ARRAY(SELECT {masked(f'{alias}.{element}')} FROM {rows} ORDER BY {alias}.{place})"
        return f"CASE WHEN {value} IS NULL THEN NULL ELSE {array}::{kind.spelled} END"

    def json_changed(self, value: str, changes: Sequence[Change], kind: ColumnType) -> str:
        """By way of `jsonb`."""
        return f"({postgres_json.changed(f'({value})::jsonb', changes)})::{kind.spelled}"

    def json_strings(self, value: str, masked: Masked, kind: ColumnType) -> str:
        """By way of `jsonb`."""
        return f"({postgres_json.strings(f'({value})::jsonb', masked)})::{kind.spelled}"

    def _address(self, address: str, kind: ColumnType) -> str:
        return f"({address})" if kind.family == "ip" else f"host({address})"


def _bytes(digits: str) -> str:
    return f"decode('{digits}', 'hex')"
