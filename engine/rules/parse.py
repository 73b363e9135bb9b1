"""SQL text -> RuleSet. Nothing that was not understood gets through, and nothing is regenerated.

sqlglot only looks: what runs is the user's own text, cut at the semicolons its tokenizer found.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, SqlglotError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from ..model.errors import RuleRefused, RulesMissing, RuleSyntax
from ..model.rules import Rule, RuleSet, Tier
from ..model.url import Engine
from .functions import NAMES, TYPED_REFUSED

KINDS: dict[type[exp.Expr], str] = {
    exp.Update: "update",
    exp.Delete: "delete",
    exp.TruncateTable: "truncate",
    exp.Insert: "insert",
}
logging.getLogger("sqlglot").setLevel(logging.ERROR)


def parse(text: str, tier: Tier, engine: Engine) -> RuleSet:
    """Parse rules.

    Raises:
        RulesMissing: the text holds no statement.
        RuleSyntax: something cannot be parsed; line and column are in the message.
        RuleRefused: a statement or function is not one that rules may use.
    """
    dialect = Dialect.get_or_raise(engine)
    try:
        tokens = dialect.tokenize(text)
    except TokenError:
        raise RuleSyntax(
            "the rules end inside a quotation or comment, or hold an unknown character"
        ) from None
    rules = tuple(_rule(text, piece, engine) for piece in _statements(tokens))
    if not rules:
        raise RulesMissing(f"the SQL of `{tier}` is empty or only comments", "Write at least one statement.")
    return RuleSet(tier, hashlib.sha256(text.encode()).hexdigest(), rules)


def _statements(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    start = 0
    for index, token in enumerate(tokens):
        if token.token_type == TokenType.SEMICOLON:
            if index > start:
                yield tokens[start:index]
            start = index + 1
    if start < len(tokens):
        yield tokens[start:]


def _rule(text: str, tokens: Sequence[Token], engine: Engine) -> Rule:
    line = tokens[0].line
    source = text[tokens[0].start : tokens[-1].end + 1]
    try:
        parsed = sqlglot.parse(source, dialect=engine)
    except ParseError as error:
        where = error.errors[0] if error.errors else {}
        at = line + int(where.get("line") or 1) - 1
        found = str(where.get("highlight") or "").strip()[:40]
        near = f" near `{found}`" if found else ""
        raise RuleSyntax(f"line {at} cannot be parsed{near}", line=at) from None
    except SqlglotError:
        raise RuleSyntax(f"the statement at line {line} cannot be parsed", line=line) from None
    trees = [tree for tree in parsed if tree is not None]
    kind = KINDS.get(type(trees[0])) if len(trees) == 1 else None
    if kind is None:
        raise RuleRefused(f"the statement at line {line} is `{tokens[0].text[:30].upper()}`", line=line)
    _refuse_what_is_not_known(trees[0], line)
    return Rule(line, kind, source, _tables(trees[0]))


def _refuse_what_is_not_known(tree: exp.Expr, line: int) -> None:
    for node in tree.walk():
        if isinstance(node, exp.Command | exp.Create | exp.Drop | exp.Copy | exp.Into | exp.Lock):
            raise RuleRefused(
                f"the statement at line {line} holds `{type(node).__name__.upper()}`", line=line
            )
        if isinstance(node, exp.Func) and not _may_call(node):
            name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
            raise RuleRefused(
                f"the rule at line {line} calls `{name[:60].lower()}`, which rules may not",
                "Use functions that only compute, such as md5, concat, substr or jsonb_set.",
                line=line,
            )


def _may_call(node: exp.Func) -> bool:
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in NAMES and not isinstance(node.parent, exp.Dot)
    return type(node).__name__ not in TYPED_REFUSED


def _tables(tree: exp.Expr) -> tuple[str, ...]:
    defined = {cte.alias for cte in tree.find_all(exp.CTE)}
    names = (".".join(part.name for part in table.parts) for table in tree.find_all(exp.Table))
    return tuple(dict.fromkeys(name for name in names if name not in defined))
