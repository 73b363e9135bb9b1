"""The tokens of one statement, and where in the user's text they stand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlglot.dialects.dialect import Dialect
from sqlglot.tokenizer_core import Token, TokenType

from ..model.analysis import Piece
from ..model.rules import Rule
from ..model.url import Engine
from .functions import SYNTAX, WORDS

QUOTED = frozenset(
    (
        TokenType.STRING,
        TokenType.IDENTIFIER,
        TokenType.HEREDOC_STRING,
        TokenType.NATIONAL_STRING,
        TokenType.RAW_STRING,
        TokenType.BYTE_STRING,
        TokenType.UNICODE_STRING,
        TokenType.BIT_STRING,
        TokenType.HEX_STRING,
    )
)
OPENING = frozenset((TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE))
CLOSING = frozenset((TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE))

SIGNS = frozenset("+-*/<>=~!@#%^&|`?")
# With none of these in it, an operator does not end with + or -.
TELLING_SIGNS = frozenset("~!@#%^&|`?")
# What words use without showing it.
WORD_OPERATORS = {
    "like": ("~~", "!~~"),
    "ilike": ("~~*", "!~~*"),
    "in": ("=", "<>"),
    "case": ("=",),
    "nullif": ("=",),
    "distinct": ("=",),
    "between": ("<=", ">=", "<", ">"),
    "similar": ("~", "!~"),
    "overlaps": ("<=", "<", ">=", ">"),
}
KEPT = 2000
"""Statements of which is kept what was found out: one verb asks for it several times, and parsing is slow."""
CAST_BEFORE = frozenset((TokenType.DCOLON, TokenType.ALIAS))


@dataclass(frozen=True, slots=True)
class Tokens:
    """A statement's text and its tokens. `word(i)` is a token's text in lower case, "" if it is quoted."""

    rule: Rule
    all: Sequence[Token]
    engine: Engine

    def __len__(self) -> int:
        return len(self.all)

    def word(self, index: int) -> str:
        """Return the unquoted word at a place in lower case, "" if there is none."""
        if not 0 <= index < len(self.all) or self.all[index].token_type in QUOTED:
            return ""
        return self.all[index].text.lower()

    def kind(self, index: int) -> TokenType | None:
        """Return the type of the token at a place, None outside."""
        return self.all[index].token_type if 0 <= index < len(self.all) else None

    def name(self, index: int) -> str | None:
        """Return the identifier at a place as the server folds it, None if it cannot be one."""
        if not 0 <= index < len(self.all):
            return None
        token = self.all[index]
        if token.token_type == TokenType.IDENTIFIER:
            return token.text
        plain = token.token_type not in QUOTED and token.text.replace("$", "_").isidentifier()
        if not plain:
            return None
        return token.text if self.engine == "mysql" else fold(token.text)

    def line(self, start: int) -> int:
        """Return the line, in the rules' text, of an offset in the statement."""
        return self.rule.line + self.rule.text.count("\n", 0, start)

    def piece(self, first: int, end: int) -> Piece:
        """Return the text of the tokens from `first` up to `end`."""
        start, stop = self.all[first].start, self.all[end - 1].end + 1
        return Piece(self.rule.text[start:stop], start, stop, self.line(start))

    def calls(self, start: int = 0, end: int | None = None) -> Iterator[str]:
        """Yield the functions called between two offsets of the text, as the statement writes them."""
        end = len(self.rule.text) if end is None else end
        for index, token in enumerate(self.all):
            if start <= token.start < end and (name := self._called(index)):
                yield name

    def operators(self, start: int = 0, end: int | None = None) -> Iterator[str]:
        """Yield the operators between two offsets, as the server cuts them, and those behind words."""
        run, after = "", -1
        for index, token in enumerate(self.all):
            if not start <= token.start < (len(self.rule.text) if end is None else end):
                continue
            signs = token.token_type not in QUOTED and SIGNS.issuperset(token.text)
            if not signs or token.start != after:
                yield from _operators(run)
                run = ""
            if signs:
                run, after = run + token.text, token.end + 1
            yield from WORD_OPERATORS.get(self.word(index), ())
        yield from _operators(run)

    def _called(self, index: int) -> str | None:
        if self.word(index) in WORDS and self.kind(index - 1) != TokenType.DOT:
            return self.word(index)
        if self.kind(index + 1) != TokenType.L_PAREN or self.word(index) in SYNTAX:
            return None
        name = self.name(index)
        if name is None or self.kind(index - 1) in CAST_BEFORE:
            return None
        schema = self.name(index - 2) if self.kind(index - 1) == TokenType.DOT else None
        if self.word(index - (3 if schema else 1)) == "into":
            return None
        called = f"{schema}.{name}" if schema else name
        return fold(called) if self.engine == "mysql" else called


def _operators(run: str) -> Iterator[str]:
    """Yield the operator that adjacent signs are, and those of one sign that end it."""
    while len(run) > 1 and run[-1] in "+-" and TELLING_SIGNS.isdisjoint(run):
        yield run[-1]
        run = run[:-1]
    if run:
        yield "<>" if run == "!=" else run


@lru_cache(3 * KEPT)  # of a statement, of a value and of a condition in it
def tokens_of(rule: Rule, engine: Engine) -> Tokens:
    """Return a statement's tokens."""
    return Tokens(rule, Dialect.get_or_raise(engine).tokenize(rule.text), engine)


def fold(name: str) -> str:
    """Return an unquoted identifier as the server folds it: letters of ASCII only."""
    return "".join(char.lower() if "A" <= char <= "Z" else char for char in name)
