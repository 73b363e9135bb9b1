"""What a statement of any form assigns: FROM, WITH, several columns at once, INSERT, ON CONFLICT.

Only for checks, which may read a form that is not cut for running. Found by tokens, in the user's own
text; the tree says how much there must be.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from ..model.analysis import Assignment, ColumnUse
from .tokens import CLOSING, OPENING, Tokens

COMMA, DOT, EQ, L_PAREN = TokenType.COMMA, TokenType.DOT, TokenType.EQ, TokenType.L_PAREN
SET_ENDS = frozenset(("from", "where", "returning", "order", "limit"))
SELECT_ENDS = SET_ENDS | {
    *("group", "having", "window", "union", "intersect", "except", "offset", "fetch"),
    *("for", "on", "into"),
}


@dataclass(frozen=True, slots=True)
class Sets:
    """`whole` is false where the statement assigns more than was found."""

    found: tuple[Assignment, ...] = ()
    whole: bool = True


def sets(tree: exp.Expr, tokens: Tokens, *, places: Mapping[int, int], uses: tuple[ColumnUse, ...]) -> Sets:
    """Return every assignment of a statement; `places` are its targets by where their names stand."""
    reader = _Reader(tokens, places, uses)
    found = tuple(reader.all())
    return Sets(found, reader.whole and _expected(tree) in (None, len(found)))


def _expected(tree: exp.Expr) -> int | None:
    """Return how many assignments the tree has, None if it does not say."""
    count = 0
    for node in tree.find_all(exp.Update, exp.OnConflict):
        for one in node.expressions:
            if isinstance(one, exp.EQ):
                count += len(one.this.expressions) if isinstance(one.this, exp.Tuple) else 1
    for node in tree.find_all(exp.Insert):
        source = node.expression
        while isinstance(source, exp.Subquery):
            source = source.this
        if isinstance(source, exp.Values):
            count += sum(len(row.expressions) or 1 for row in source.expressions)
        elif isinstance(source, exp.Select):
            count += 0 if source.is_star else len(source.expressions)
        elif source is not None:
            return None
    return count


class _Reader:
    def __init__(self, tokens: Tokens, places: Mapping[int, int], uses: tuple[ColumnUse, ...]) -> None:
        self.tokens, self.places, self.uses = tokens, places, uses
        self.whole = True
        self._into = 0

    def all(self) -> Iterator[Assignment]:
        """Yield the assignments of every clause that sets something."""
        for index in range(len(self.tokens)):
            word, before = self.tokens.word(index), self.tokens.word(index - 1)
            if word == "update" and before == "do":
                yield from self._update(index + 1)
            elif word == "update" and before not in ("for", "key", "on"):
                yield from self._update(self._target(index + 1))
            elif word == "insert" and self.tokens.word(index + 1) == "into":
                yield from self._insert(self._target(index + 2))

    def _target(self, index: int) -> int:
        """Note which table a clause writes, and return the token after its name."""
        index += self.tokens.word(index) == "only"
        while self.tokens.kind(index + 1) == DOT:
            index += 2
        start = self.tokens.all[index].start if index < len(self.tokens) else -1
        # A statement of MySQL changes one table, which need not be the first that it names.
        self._into = self.places.get(start, 0 if self.tokens.engine == "mysql" else -1)
        self.whole = self.whole and self._into >= 0
        return index + 1

    def _update(self, index: int) -> Iterator[Assignment]:
        first = next((place for place, word in self._outer(index) if word == "set"), None)
        if first is None:
            self.whole = False
            return
        end = self._end(first + 1, SET_ENDS)
        for begin, stop in self._parts(first + 1, end):
            yield from self._assigned(begin, stop)

    def _assigned(self, begin: int, end: int) -> Iterator[Assignment]:
        tokens = self.tokens
        equals = next((place for place, _ in self._outer(begin) if tokens.kind(place) == EQ), end)
        if tokens.engine == "mysql" and begin < equals <= end:
            begin = equals - 1  # before the name is its table's: there are no parts of columns
        if equals >= end:
            self.whole = False
        elif tokens.kind(begin) == L_PAREN:
            names = [tokens.name(place) or "" for place, _ in self._parts(begin + 1, equals - 1)]
            values = [*self._several(equals + 1, end)]
            if len(values) != len(names):
                self.whole = False
                return
            for column, (first, stop) in zip(names, values, strict=True):
                yield self._one(column, first, stop)
        elif equals == begin + 1 and (name := tokens.name(begin)) is not None:
            yield self._one(name, equals + 1, end)
        else:
            self.whole = False  # a part of a column

    def _several(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the values of `(x, y)`, `ROW (x, y)` or `(SELECT x, y …)`."""
        begin += self.tokens.word(begin) == "row"
        if self.tokens.kind(begin) != L_PAREN or self._close(begin) != end - 1:
            return
        if self.tokens.word(begin + 1) == "select":
            yield from self._select(begin + 1)
        else:
            yield from self._parts(begin + 1, end - 1)

    def _insert(self, index: int) -> Iterator[Assignment]:
        tokens, names = self.tokens, list[str]()
        index += 2 if tokens.word(index) == "as" else 0
        if tokens.kind(index) == L_PAREN and tokens.word(index + 1) not in ("select", "with", "values"):
            close = self._close(index)
            names = [tokens.name(place) or "" for place, _ in self._parts(index + 1, close)]
            index = close + 1
        while tokens.kind(index) == L_PAREN or tokens.word(index) in (
            "overriding",
            "system",
            "user",
            "value",
        ):
            index += 1
        if tokens.word(index) == "default":
            return
        for values in self._rows(index):
            for place, (first, stop) in enumerate(values):
                if tokens.kind(stop - 1) == TokenType.STAR:
                    break
                name = names[place] if place < len(names) else ""
                yield self._one(name, first, stop, place=place, adds=True)

    def _rows(self, index: int) -> Iterator[list[tuple[int, int]]]:
        if self.tokens.word(index) == "select":
            yield [*self._select(index)]
        elif self.tokens.word(index) == "values":
            index += 1
            while self.tokens.kind(index) == L_PAREN:
                close = self._close(index)
                yield [*self._parts(index + 1, close)]
                index = close + 1 + (self.tokens.kind(close + 1) == COMMA)
        else:
            self.whole = False

    def _select(self, index: int) -> Iterator[tuple[int, int]]:
        """Yield what a SELECT gives, without names given to it."""
        index += 1
        if self.tokens.word(index) in ("all", "distinct"):
            index += 1
            if self.tokens.word(index) == "on":
                index = self._close(index + 1) + 1
        for first, stop in self._parts(index, self._end(index, SELECT_ENDS)):
            named = stop - first > 2 and self.tokens.word(stop - 2) == "as"
            yield first, stop - 2 if named else stop

    def _one(self, name: str, first: int, stop: int, *, place: int = -1, adds: bool = False) -> Assignment:
        piece = self.tokens.piece(first, stop)
        inside = tuple(use for use in self.uses if piece.start <= use.start < piece.end)
        calls = tuple(dict.fromkeys(self.tokens.calls(piece.start, piece.end)))
        return Assignment(name, piece, inside, calls, into=self._into, place=place, adds=adds)

    def _outer(self, index: int) -> Iterator[tuple[int, str]]:
        """Yield the tokens from one on that are in no bracket that opens after it, until its own closes."""
        depth = 0
        while index < len(self.tokens):
            closes = self.tokens.kind(index) in CLOSING
            depth -= closes
            if depth < 0:
                return
            if not depth and not closes:
                yield index, self.tokens.word(index)
            depth += self.tokens.kind(index) in OPENING
            index += 1

    def _end(self, index: int, words: frozenset[str]) -> int:
        """Return where a clause ends: before one of the words, a bracket, or with the statement."""
        cases, last = 0, index - 1
        for place, word in self._outer(index):
            last = place
            cases += (word == "case") - (word == "end" and cases > 0)
            if not cases and word in words and self.tokens.word(place - 1) != "distinct":
                return place
        closed = self._close(last) if self.tokens.kind(last) in OPENING else last
        return closed + 1

    def _parts(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield what stands between the outer commas."""
        start = begin
        for place, _ in self._outer(begin):
            if place >= end:
                break
            if self.tokens.kind(place) == COMMA:
                yield start, place
                start = place + 1
        if start < end:
            yield start, end

    def _close(self, opening: int) -> int:
        depth = 0
        for index in range(opening, len(self.tokens)):
            depth += (self.tokens.kind(index) in OPENING) - (self.tokens.kind(index) in CLOSING)
            if depth == 0:
                return index
        return len(self.tokens) - 1
