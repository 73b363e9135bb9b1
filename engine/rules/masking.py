"""Masks by name: `snapharbor.email(email)` in a rule becomes, where it stands, the SQL that masks.

What is masked, and how wide and how distinct its values must be, is read from the structure: a column that
refers to another one is masked as that one is, so that the two still meet.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlglot.tokenizer_core import TokenType

from ..masks.apply import known
from ..masks.expression import expression, identifier
from ..masks.spec import Spec, parse_spec, plain
from ..model.analysis import Resolved
from ..model.catalog import Catalog, Column, Table, TableName
from ..model.errors import ArgumentInvalid, ConfigInvalid, ConfigMissing, RuleRefused
from ..model.identifier import literal
from ..model.rules import Rule
from ..model.secret import Secret
from ..model.url import Engine
from .tokens import CLOSING, OPENING, Tokens, tokens_of

SCHEMA = "snapharbor"
DOT, COMMA, L_PAREN = TokenType.DOT, TokenType.COMMA, TokenType.L_PAREN
HEAD = "-- sanitize.mask"
WRITTEN = "Write snapharbor.email(column), or the mask's name with its options after the column."
NO_KEY = "Set keys.masking to a long random secret, such as secret:file:keys/masking.txt."
KEEP_HINT = "Give sanitize.keep a reason for the column instead."


def mask_called(function: str) -> str | None:
    """Return the mask that a function of that name stands for, None if it is no name of ours."""
    schema, dot, name = function.rpartition(".")
    return name.replace("_", "-") if dot and schema == SCHEMA else None


def refuse_unknown_masks(tokens: Tokens) -> None:
    """Refuse a call of a mask that there is not.

    Raises:
        RuleRefused: it names the line, and the closest mask.
    """
    for function in tokens.calls():
        if (name := mask_called(function)) is not None:
            line = tokens.rule.line
            try:
                _usable(name)
            except ArgumentInvalid as error:
                raise RuleRefused(f"line {line}: {error.message}", error.hint, line=line) from None


def mask_rules(masks: Mapping[str, str], engine: Engine) -> str:
    """Return the UPDATEs that apply masks to columns named `table.column` or `schema.table.column`.

    Raises:
        ConfigInvalid: a column or mask is not of that form, or there is no such mask.
    """
    by_table: dict[tuple[str, ...], list[str]] = {}
    for place, written in masks.items():
        *table, column = place.split(".")
        if len(table) not in (1, 2) or not all((*table, column)):
            raise _unusable(place, "is no column", "Write it as `table.column` or `schema.table.column`.")
        try:
            spec = parse_spec(written)
            value = _call(spec, column, engine)
        except ArgumentInvalid as error:
            raise _unusable(place, f"cannot be used: {error.message}", error.hint) from None
        by_table.setdefault(tuple(table), []).append(f"{identifier(column, engine=engine)} = {value}")
    updates = (
        f"UPDATE {'.'.join(identifier(part, engine=engine) for part in table)} SET\n    {sets};"
        for table, found in by_table.items()
        for sets in (",\n    ".join(found),)
    )
    return "\n".join((HEAD, *updates)) + "\n"


def _call(spec: Spec, column: str, engine: Engine) -> str:
    """Return the call of a mask on a column; options are literals but for the subject of a shift."""
    _usable(spec.name)
    if spec.name == "null":
        return "NULL"
    options = (
        option if spec.name == "date-shift" and place == 0 else literal(plain(option))
        for place, option in enumerate(spec.options)
    )
    arguments = ", ".join((identifier(column, engine=engine), *options))
    return f"{SCHEMA}.{spec.name.replace('-', '_')}({arguments})"


@dataclass(frozen=True, slots=True)
class Masker:
    """Puts the SQL of masks in the place of their names. What it returns is a secret: it holds keys."""

    catalog: Catalog
    engine: Engine
    key: Secret = field(repr=False)

    def rule(self, rule: Resolved) -> Rule:
        """Return a statement as it runs.

        Raises:
            RuleRefused: a mask does not fit its column.
        """
        analysis = rule.analysis
        if not any(map(mask_called, analysis.functions)):
            return analysis.rule
        table = self._table(rule.targets[0] if rule.targets else None)
        pieces = [(one.value, one.column) for one in analysis.assignments]
        if analysis.where is not None:
            pieces.append((analysis.where, ""))
        if not pieces:
            return replace(analysis.rule, text=self.text(analysis.rule.text, table, line=analysis.rule.line))
        text, end = "", 0
        for piece, column in sorted(pieces, key=lambda pair: pair[0].start):
            masked = self.text(piece.text, table, assigned=column, line=piece.line)
            text, end = text + analysis.rule.text[end : piece.start] + masked, piece.end
        return replace(analysis.rule, text=text + analysis.rule.text[end:])

    def text(self, text: str, table: Table | None, *, assigned: str = "", line: int = 0) -> str:
        """Return any piece of SQL about a table; one call alone is made for the column it is assigned to."""
        tokens = tokens_of(Rule(line, "piece", text, ()), self.engine)
        done, end = "", 0
        for start, close, name in _calls(tokens):
            first, last = tokens.all[start], tokens.all[close]
            whole = start == 0 and close == len(tokens) - 1
            written = [*_arguments(tokens, start + 3, close)]
            arguments = [self.text(argument, table, line=line) for argument in written]
            about = assigned if whole and assigned else self._named(written)
            masked = self._masked(name, arguments, _column(table, about), table, line=line)
            done, end = done + text[end : first.start] + masked, last.end + 1
        return done + text[end:]

    def _masked(
        self, name: str, arguments: Sequence[str], column: Column | None, table: Table | None, *, line: int
    ) -> str:
        if not arguments:
            raise RuleRefused(f"line {line}: the mask `{name}` needs a value", WRITTEN, line=line)
        if not self.key.reveal():
            raise ConfigMissing(f"line {line} uses the mask `{name}`, and there is no key for masks", NO_KEY)
        value, *options = arguments
        kind, unique = self.needs(table, column) if table and column else ("text", False)
        spec = f"{name}({', '.join(options)})" if options else name
        try:
            return expression(spec, value, engine=self.engine, key=self.key, type=kind, unique=unique)
        except ArgumentInvalid as error:
            of = f" on `{table.name}.{column.name}`" if table and column else ""
            raise RuleRefused(f"line {line}{of}: {error.message}", error.hint, line=line) from None

    def needs(self, table: Table, column: Column) -> tuple[str, bool]:
        """Return the type of a column's values, and whether distinct ones must stay distinct."""
        seen = {(table.name, column.name)}
        while (above := self._referred(table, column)) is not None:
            table, column = above
            if (table.name, column.name) in seen:
                break
            seen.add((table.name, column.name))
        keys = (table.primary_key, *table.unique)
        return column.made_of or column.type, any(column.name in key for key in keys)

    def _referred(self, table: Table, column: Column) -> tuple[Table, Column] | None:
        """Return the column that a foreign key makes this one refer to."""
        for key in table.foreign_keys:
            pairs = dict(zip(key.columns, key.referenced_columns, strict=True))
            other = self._table(key.referenced) if column.name in pairs else None
            if other is not None and (found := _column(other, pairs[column.name])) is not None:
                return other, found
        return None

    def _table(self, name: TableName | None) -> Table | None:
        return self.catalog.table(name) if name is not None else None

    def _named(self, arguments: Sequence[str]) -> str:
        """Return the column that the first argument is, perhaps with its table, "" if it is more."""
        tokens = tokens_of(Rule(0, "piece", arguments[0], ()), self.engine) if arguments else None
        if tokens is None or len(tokens) not in (1, 3) or tokens.kind(len(tokens) - 2) not in (None, DOT):
            return ""
        return tokens.name(len(tokens) - 1) or ""


def _calls(tokens: Tokens) -> Iterator[tuple[int, int, str]]:
    """Yield the outermost calls of masks: the first and the last token, and which mask."""
    index = 0
    while index < len(tokens):
        is_call = (
            tokens.name(index) == SCHEMA
            and tokens.kind(index + 1) == DOT
            and tokens.kind(index + 3) == L_PAREN
        )
        if is_call and (name := tokens.name(index + 2)) is not None:
            close = _closing(tokens, index + 3)
            yield index, close, name.replace("_", "-")
            index = close
        index += 1


def _closing(tokens: Tokens, opening: int) -> int:
    depth = 0
    for index in range(opening, len(tokens)):
        depth += (tokens.kind(index) in OPENING) - (tokens.kind(index) in CLOSING)
        if depth == 0:
            return index
    raise RuleRefused("the brackets of a mask do not match", WRITTEN)


def _arguments(tokens: Tokens, opening: int, close: int) -> Iterator[str]:
    """Yield the texts between the outermost commas of a call."""
    text, depth, start = tokens.rule.text, 0, opening + 1
    for index in range(opening + 1, close + 1):
        ends = index == close or (depth == 0 and tokens.kind(index) == COMMA)
        if ends and start < index:
            yield text[tokens.all[start].start : tokens.all[index - 1].end + 1]
        if ends:
            start = index + 1
        depth += (tokens.kind(index) in OPENING) - (tokens.kind(index) in CLOSING)


def _column(table: Table | None, name: str) -> Column | None:
    columns = table.columns if table is not None else ()
    return next((column for column in columns if column.name == name), None)


def _usable(name: str) -> None:
    if name == "keep":
        raise ArgumentInvalid("the mask `keep` masks nothing", KEEP_HINT)
    known(name)


def _unusable(place: str, problem: str, hint: str) -> ConfigInvalid:
    return ConfigInvalid(f"`sanitize.mask`: `{place}` {problem}", hint)
