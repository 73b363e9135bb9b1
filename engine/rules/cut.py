"""Cutting an UPDATE or DELETE at its clauses, by its tokens: what runs stays the user's own text."""

from dataclasses import dataclass, field

from sqlglot.tokenizer_core import TokenType

from ..model.analysis import Piece
from .tokens import CLOSING, OPENING, Tokens


class Uncut(Exception):
    """The statement has a form that is not cut; the message says which."""


@dataclass(slots=True)
class Cut:
    """`assignments` are columns, folded, with the text of their values."""

    assignments: list[tuple[str, Piece]] = field(default_factory=list[tuple[str, Piece]])
    where: Piece | None = None


@dataclass(slots=True)
class _Marks:
    """Where the clauses of the outermost statement begin, as token numbers."""

    set: int | None = None
    where: int | None = None
    commas: list[int] = field(default_factory=list[int])


def cut(tokens: Tokens) -> Cut:
    """Cut a statement that begins with UPDATE or DELETE.

    Raises:
        Uncut: it has more than assignments and a condition.
    """
    marks = _marks(tokens)
    found = Cut()
    if marks.where is not None:
        if tokens.word(marks.where + 1) == "current" and tokens.word(marks.where + 2) == "of":
            raise Uncut("WHERE CURRENT OF")
        found.where = _piece(tokens, marks.where + 1, len(tokens))
    if tokens.word(0) == "update":
        if marks.set is None:
            raise Uncut("an UPDATE without SET")
        ends = [*marks.commas, len(tokens) if marks.where is None else marks.where]
        for start, end in zip([marks.set, *marks.commas], ends, strict=True):
            found.assignments.append(_assignment(tokens, start + 1, end))
    return found


def _marks(tokens: Tokens) -> _Marks:
    marks, depth, cases = _Marks(), 0, 0
    for index, token in enumerate(tokens.all):
        depth += (token.token_type in OPENING) - (token.token_type in CLOSING)
        word = tokens.word(index)
        if depth or token.token_type in CLOSING:
            continue
        if word in ("case", "end"):
            cases = cases + 1 if word == "case" else max(cases - 1, 0)
        elif not cases and marks.where is None:
            _mark(tokens, marks, index)
        elif not cases and (word == "returning" or (tokens.engine == "mysql" and word in ("limit", "order"))):
            raise Uncut(word.upper())
    return marks


def _mark(tokens: Tokens, marks: _Marks, index: int) -> None:
    word = tokens.word(index)
    if tokens.engine == "mysql" and word in ("join", "straight_join", "limit", "order"):
        raise Uncut(f"{tokens.word(0).upper()} with {word.upper()}")
    if tokens.engine == "mysql" and tokens.kind(index) == TokenType.COMMA and marks.set is None:
        raise Uncut(f"{tokens.word(0).upper()} of joined tables")
    if word == "where":
        marks.where = index
    elif word == "returning":
        raise Uncut("RETURNING")
    elif word == "using" and tokens.word(0) == "delete":
        raise Uncut("DELETE with USING")
    elif word == "set" and marks.set is None:
        marks.set = index
    elif word == "from" and marks.set is not None and tokens.word(index - 1) != "distinct":
        raise Uncut("UPDATE with FROM")
    elif tokens.kind(index) == TokenType.COMMA and marks.set is not None:
        marks.commas.append(index)


def _assignment(tokens: Tokens, start: int, end: int) -> tuple[str, Piece]:
    if tokens.engine == "mysql" and tokens.kind(start + 1) == TokenType.DOT:
        start += 2  # a table's name: there are no parts of columns
    column = tokens.name(start)
    if tokens.kind(start) == TokenType.L_PAREN:
        raise Uncut("several columns set at once")
    if column is None or tokens.kind(start + 1) != TokenType.EQ:
        raise Uncut("a part of a column is set")
    return column, _piece(tokens, start + 2, end)


def _piece(tokens: Tokens, start: int, end: int) -> Piece:
    if start >= end:
        raise Uncut("an empty clause")
    return tokens.piece(start, end)
