"""The clauses of statements that are not cut for running: what they join, and what they add.

Only for questions to the source, each of which it may refuse.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot.tokenizer_core import TokenType

from ..model.analysis import Analysis
from .cut import Uncut
from .tokens import CLOSING, OPENING, Tokens

JOINS = {"update": "from", "delete": "using"}


@dataclass(frozen=True, slots=True)
class Scope:
    """Texts: `before` is WITH, `beside` what FROM or USING names, `rows` the query whose rows are added.

    In MySQL `beside` has the rule's own table, too. `given` is how many rows an INSERT has itself, None if
    a query gives them.
    """

    before: str = ""
    beside: str = ""
    where: str = ""
    rows: str = ""
    given: int | None = None


def scope(analysis: Analysis, tokens: Tokens) -> Scope:
    """Return the clauses of an update, delete or insert.

    Raises:
        Uncut: no query gives what it does; the message says why.
    """
    for feature, words in (("current-of", "WHERE CURRENT OF"), ("parameter", "a parameter")):
        if feature in analysis.features:
            raise Uncut(words)
    if len(analysis.targets) != 1:
        raise Uncut("WITH changes rows, too")
    verb = next((index for index, word in _outer(tokens, 0) if word == analysis.kind), None)
    if verb is None:
        raise Uncut("the parser does not know it")
    before = tokens.rule.text[: tokens.all[verb].start]
    if analysis.kind == "insert":
        return _added(tokens, verb, before)
    return (_all_joined if tokens.engine == "mysql" else _joined)(tokens, verb, before)


def _joined(tokens: Tokens, verb: int, before: str) -> Scope:
    marks: dict[str, int] = {}
    join = JOINS[tokens.word(verb)]
    for index, word in _outer(tokens, verb + 1):
        early = word == "from" and ("set" not in marks or tokens.word(index - 1) == "distinct")
        if word in ("set", join, "where", "returning") and not (early and join == "from"):
            marks.setdefault(word, index)
    end = marks.get("returning", len(tokens))
    where = marks.get("where", end)
    beside = tokens.piece(marks[join] + 1, where).text if join in marks else ""
    return Scope(before, beside, tokens.piece(where + 1, end).text if where < end else "")


def _all_joined(tokens: Tokens, verb: int, before: str) -> Scope:
    marks: dict[str, int] = {}
    for index, word in _outer(tokens, verb + 1):
        if word in ("order", "limit"):
            raise Uncut(word.upper())
        if word in ("from", "using", "set", "where") and not (word == "using" and "set" in marks):
            marks.setdefault(word, index)
    where = marks.get("where", len(tokens))
    deletes = tokens.word(verb) == "delete"
    # `DELETE FROM a USING a JOIN b`, and the USING of a join: the first one right after the name is meant.
    using = marks.get("using") if deletes and marks.get("from") == verb + 1 else None
    first = (using or marks["from"]) + 1 if deletes else verb + 1
    beside = tokens.piece(first, where if deletes else marks["set"]).text
    return Scope(before, beside, tokens.piece(where + 1, len(tokens)).text if where < len(tokens) else "")


def _added(tokens: Tokens, verb: int, before: str) -> Scope:
    outer = [*_outer(tokens, verb + 1)]
    first, word = next(
        ((index, word) for index, word in outer if word in ("select", "values", "with", "default")), (0, "")
    )
    end = next((index for index, _ in outer if index > first and _ends(tokens, index)), len(tokens))
    if word == "default":
        return Scope(before, given=1)
    if word == "values":
        opened = (tokens.kind(index) == TokenType.L_PAREN for index, _ in outer if first < index < end)
        return Scope(before, given=sum(opened))
    if not word:
        raise Uncut("its rows are not told by a SELECT or VALUES of its own")
    return Scope(before, rows=tokens.piece(first, end).text)


def _ends(tokens: Tokens, index: int) -> bool:
    """Tell whether what an INSERT adds ends here."""
    conflict = tokens.word(index) == "on" and tokens.word(index + 1) == "conflict"
    return conflict or tokens.word(index) == "returning"


def _outer(tokens: Tokens, begin: int) -> Iterator[tuple[int, str]]:
    """Yield the tokens that stand in no brackets, the opening ones among them, and in no CASE."""
    depth = cases = 0
    for index in range(begin, len(tokens)):
        depth -= tokens.kind(index) in CLOSING
        word = tokens.word(index)
        if not depth and tokens.kind(index) not in CLOSING:
            cases += (word == "case") - (word == "end" and cases > 0)
            if not cases:
                yield index, word
        depth += tokens.kind(index) in OPENING
