"""What in a statement's own text forbids to run it while its table is read.

Each hazard is something by which reading through the rules could give other rows than running them one
after the other in a copy: then they are run in a copy.
"""

import re
from collections.abc import Iterator

from sqlglot.tokenizer_core import TokenType

from ..model.analysis import Analysis, Feature, Piece
from .functions import SESSION, TIMES, UNORDERED, VOLATILE
from .resolve import SYSTEM_COLUMNS
from .tokens import Tokens

KINDS = frozenset(("update", "delete", "truncate"))
FEATURES: dict[Feature, str] = {
    "with": "WITH",
    "from": "UPDATE with FROM",
    "using": "DELETE with USING",
    "returning": "RETURNING",
    "multi-column": "several columns set at once",
    "subscript": "a part of a column is set",
    "window": "a window function",
    "limit": "which rows a sub-select takes depends on their order",
    "parameter": "a parameter",
    "range": "a range of an array",
    "cascade": "TRUNCATE with CASCADE",
    "restart": "TRUNCATE with RESTART IDENTITY",
}
PRESENT = re.compile(r"\s*(now|(today|tomorrow|yesterday)(\s[\s\d:.+-]*)?)\s*", re.IGNORECASE)
WHOLE_ROW = "a whole row"
STRINGS = frozenset((TokenType.STRING, TokenType.BYTE_STRING, TokenType.HEREDOC_STRING))


def text_hazards(analysis: Analysis, tokens: Tokens) -> Iterator[str]:
    """Yield what a statement's text has that forbids to run it while reading."""
    if analysis.rule.unsafe or analysis.kind not in KINDS:
        yield f"{analysis.kind.upper()} does not only change or remove rows of one table"
        return
    yield from analysis.reasons
    # That there is a join, the reason why nothing was cut says already.
    told = analysis.features - ({"from", "using"} if analysis.reasons else set[Feature]())
    yield from (words for feature, words in FEATURES.items() if feature in told)
    yield from _function_hazards(analysis)
    yield from _column_hazards(analysis, tokens)
    for index, token in enumerate(tokens.all):
        if token.token_type in STRINGS and PRESENT.fullmatch(token.text):
            yield "a literal that means the present"
        elif tokens.name(index) in SYSTEM_COLUMNS and token.token_type not in STRINGS:
            yield "a system column"


def _function_hazards(analysis: Analysis) -> Iterator[str]:
    for name in analysis.functions:
        plain = name.rpartition(".")[2]
        if plain in SESSION:
            yield f"`{plain}` depends on the session"
        elif plain in UNORDERED:
            yield f"`{plain}` depends on the order of rows"
    if analysis.volatile and "subselect" in analysis.features:
        yield "a sub-select beside a volatile function"


def _column_hazards(analysis: Analysis, tokens: Tokens) -> Iterator[str]:
    if any(len(use.qualified) > 1 for use in analysis.columns):
        yield "a column with its schema"
    if analysis.target is not None and _names_row(analysis, tokens, alias=analysis.target.alias):
        yield WHOLE_ROW


def _names_row(analysis: Analysis, tokens: Tokens, *, alias: str) -> bool:
    """Tell whether an alias stands where only a column or a whole row can."""
    pieces = [item.value for item in analysis.assignments] + ([analysis.where] if analysis.where else [])
    return alias in analysis.whole_rows or any(
        tokens.name(index) == alias
        and any(piece.start <= token.start < piece.end for piece in pieces)
        and TokenType.DOT not in (tokens.kind(index - 1), tokens.kind(index + 1))
        and tokens.kind(index + 1) != TokenType.L_PAREN
        for index, token in enumerate(tokens.all)
    )


def settle(piece: Piece, tokens: Tokens, now: str) -> str:
    """Return the user's text with the one moment of reading in place of the functions that tell it.

    Slices are read by several transactions, whose own moments differ.
    """
    found: list[str] = []
    end = piece.start
    for index, token in enumerate(tokens.all):
        if not piece.start <= token.start < piece.end or token.start < end:
            continue
        last = _time_call(tokens, index)
        if last is not None:
            literal = f"('{now}'::pg_catalog.{TIMES[tokens.word(index)]})"
            found += (tokens.rule.text[end : token.start], literal)
            end = tokens.all[last].end + 1
    found.append(tokens.rule.text[end : piece.end])
    return "".join(found)


def _time_call(tokens: Tokens, index: int) -> int | None:
    """Return the last token of a call that tells the moment of the transaction, None if it is none."""
    word = tokens.word(index)
    if word not in TIMES or tokens.kind(index - 1) == TokenType.DOT:
        return None
    if word.startswith("current_"):
        return None if tokens.kind(index + 1) == TokenType.L_PAREN else index
    called = tokens.kind(index + 1) == TokenType.L_PAREN and tokens.kind(index + 2) == TokenType.R_PAREN
    return index + 2 if called else None


def known_volatile(name: str) -> bool:
    """Tell whether a volatile function keeps nothing and reads nothing outside of itself."""
    return name in VOLATILE and name not in SESSION
