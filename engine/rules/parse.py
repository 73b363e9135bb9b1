"""SQL text -> RuleSet. Nothing that was not understood gets through, and nothing is regenerated.

sqlglot only looks: what runs is the user's own text, cut at the semicolons its tokenizer found.
"""

import hashlib
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, SqlglotError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from ..model.errors import RuleRefused, RulesMissing, RuleSyntax
from ..model.rules import Rule, RuleSet, Tier
from ..model.url import Engine
from .functions import MYSQL_NAMES, NAMES, NODES, TYPED_REFUSED
from .joined import changed, is_joined, say_apart
from .masking import SCHEMA as MASKS
from .masking import refuse_unknown_masks
from .resolve import TEMPORARY
from .tokens import tokens_of

KINDS: dict[type[exp.Expr], str] = {
    exp.Update: "update",
    exp.Delete: "delete",
    exp.TruncateTable: "truncate",
    exp.Insert: "insert",
}
REFUSED = (exp.Command, exp.Create, exp.Drop, exp.Copy, exp.Into, exp.Lock)

# What would end the one transaction that all rules run in.
NEVER = frozenset(("abort", "begin", "commit", "end", "prepare", "release", "rollback", "savepoint", "start"))
LONE_RETURN = re.compile(r"\r(?!\n)")
EXECUTABLE = re.compile(r"/\*M?!")
_JSON_SET: dict[Engine, str] = {"postgres": "jsonb_set", "mysql": "json_set"}
logging.getLogger("sqlglot").setLevel(logging.ERROR)


def parse(text: str, tier: Tier, engine: Engine, *, allow_unsafe: bool = False) -> RuleSet:
    """Parse rules.

    Args:
        text: The SQL as it counts.
        tier: Where it comes from.
        engine: Whose SQL it is.
        allow_unsafe: Whether statements may do more than change rows; they are marked then.

    Raises:
        RulesMissing: the text holds no statement.
        RuleSyntax: something cannot be parsed; line and column are in the message.
        RuleRefused: a statement or function is not one that rules may use.
    """
    _refuse_what_servers_read_otherwise(text, engine)
    tokens = _tokens(text, engine)
    read = partial(_rule, text, engine=engine, allow_unsafe=allow_unsafe)
    rules = tuple(read(piece) for piece in _statements(tokens))
    if not rules:
        raise RulesMissing(f"the SQL of `{tier}` is empty or only comments", "Write at least one statement.")
    return RuleSet(tier, hashlib.sha256(text.encode()).hexdigest(), rules)


def _tokens(text: str, engine: Engine) -> Sequence[Token]:
    tokenizer = Dialect.get_or_raise(engine).tokenizer()
    try:
        return tokenizer.tokenize(text)
    except TokenError:
        # What was begun and never ends follows the last token that was found.
        end = tokenizer.tokens[-1].end + 1 if tokenizer.tokens else 0
        start = end + len(text[end:]) - len(text[end:].lstrip())
        line, column = _place(text, start)
        raise RuleSyntax(
            f"line {line}, column {column}: a quotation or comment does not end, or the character is unknown",
            "Close the quotation or comment that begins there.",
            line=line,
            column=column,
        ) from None


def _place(text: str, offset: int) -> tuple[int, int]:
    """Return the line and the column of an offset, both from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _statements(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    start = 0
    for index, token in enumerate(tokens):
        if token.token_type == TokenType.SEMICOLON:
            if index > start:
                yield tokens[start:index]
            start = index + 1
    if start < len(tokens):
        yield tokens[start:]


def _refuse_what_servers_read_otherwise(text: str, engine: Engine) -> None:
    """Refuse what the tokenizer takes for a comment or a blank, and a server for code or the end."""
    if (at := text.find("\0")) >= 0:
        line, column = _place(text, at)
        raise RuleSyntax(
            f"line {line}, column {column} holds a NUL character",
            "Save it as plain text, without UTF-16 or binary content.",
            line=line,
            column=column,
        )
    if found := LONE_RETURN.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise RuleSyntax(f"line {line} ends with a carriage return alone", "Save it with Unix line ends.")
    if engine == "mysql" and (found := EXECUTABLE.search(text)):
        line = text.count("\n", 0, found.start()) + 1
        raise RuleRefused(f"line {line} has a comment that MySQL executes", "Write it as SQL.", line=line)


def _rule(text: str, tokens: Sequence[Token], *, engine: Engine, allow_unsafe: bool) -> Rule:
    line, column = _place(text, tokens[0].start)
    source = text[tokens[0].start : tokens[-1].end + 1]
    word = tokens[0].text[:30]
    try:
        tree = _tree(text, slice(tokens[0].start, tokens[-1].end + 1), engine)
    except RuleSyntax:
        if not allow_unsafe or word.lower() in {*KINDS.values(), *NEVER, "with"}:
            raise
        tree = None
    kind = _kind(tree)
    if kind is None or tree is None:
        if not allow_unsafe or word.lower() in NEVER:
            raise RuleRefused(f"the statement at line {line} is `{word.upper()}`", line=line)
        return Rule(line, word.lower(), source, (), unsafe=True, column=column)
    refusal = _what_is_not_known(tree, line, engine)
    if engine == "mysql":
        refusal = _several_tables(tree, line) or refusal
        say_apart(tree)
    rule = Rule(line, kind, source, _tables(tree), column=column)
    refuse_unknown_masks(tokens_of(rule, engine))
    if refusal is not None and not allow_unsafe:
        raise refusal
    return replace(rule, unsafe=refusal is not None)


def _tree(text: str, part: slice, engine: Engine) -> exp.Expr | None:
    """Return the tree of the statement that is this part of the text, None where there is not exactly one."""
    source, at, near = text[part], 0, ""
    try:
        parsed = sqlglot.parse(source, dialect=engine)
    except ParseError as error:
        found = error.errors[0] if error.errors else {}
        end = found.get("line"), found.get("col")
        tokens = _tokens(source, engine)
        at = next((token.start for token in tokens if (token.line, token.col) == end), 0)
        near = f" near `{str(found.get('highlight') or '').strip()[:40]}`"
        parsed = None
    except SqlglotError:
        parsed = None
    if parsed is None:
        line, column = _place(text, part.start + at)
        raise RuleSyntax(f"line {line}, column {column} cannot be parsed{near}", line=line, column=column)
    trees = [tree for tree in parsed if tree is not None]
    return trees[0] if len(trees) == 1 else None


def _kind(tree: exp.Expr | None) -> str | None:
    if isinstance(tree, exp.Create) and tree.kind == "TABLE" and tree.find(exp.TemporaryProperty):
        return TEMPORARY
    return KINDS.get(type(tree)) if tree is not None else None


def _several_tables(tree: exp.Expr, line: int) -> RuleRefused | None:
    """Return the refusal of a statement that changes several tables, or does not say which."""
    if not is_joined(tree) or changed(tree) is not None:
        return None
    return RuleRefused(
        f"the rule at line {line} changes more than one of the tables that it joins, or does not say which",
        "Change one table in each statement, and say which by what the join calls it: `UPDATE … SET o.x = …`,"
        " `DELETE o FROM …`.",
        line=line,
    )


def _what_is_not_known(tree: exp.Expr, line: int, engine: Engine) -> RuleRefused | None:
    """Return the refusal of the first thing that a rule may not do, None if there is none."""
    for node in tree.walk():
        if isinstance(node, REFUSED) and node is not tree:
            name = type(node).__name__.upper()
            return RuleRefused(f"the statement at line {line} holds `{name}`", line=line)
        if not isinstance(node, exp.Func) and (type(node).__name__ not in NODES or _by_attribute(node)):
            return RuleRefused(
                f"the rule at line {line} holds `{type(node).__name__.lower()}`, which rules may not",
                "Write it with built-in operators, columns and functions.",
                line=line,
            )
        if isinstance(node, exp.Func) and not _may_call(node, engine):
            name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
            return RuleRefused(
                f"the rule at line {line} calls `{name[:60].lower()}`, which rules may not",
                f"Use functions that only compute, such as md5, concat, substr or {_JSON_SET[engine]}.",
                line=line,
            )
    return None


def _by_attribute(node: exp.Expr) -> bool:
    """Tell whether a computed value stands before a dot: `('x'::text).function` calls the function."""
    before = node.this if isinstance(node, exp.Dot) else None
    if isinstance(before, exp.Paren):
        before = before.this  # a field of a column
    return before is not None and not isinstance(before, exp.Identifier | exp.Dot | exp.Column)


def _may_call(node: exp.Func, engine: Engine) -> bool:
    schema = _schema(node)
    if not isinstance(node, exp.Anonymous):
        return schema == MASKS or type(node).__name__ not in TYPED_REFUSED
    if engine == "mysql":
        return schema == MASKS or (schema is None and node.name.lower() in MYSQL_NAMES)
    return schema == MASKS or (schema in (None, "pg_catalog") and node.name.lower() in NAMES)


def _schema(node: exp.Func) -> str | None:
    """Return the schema that a call is qualified by, None without, "" if it is not a plain name."""
    if not isinstance(node.parent, exp.Dot):
        return None
    before = node.parent.this
    return before.name.lower() if isinstance(before, exp.Identifier) else ""


def _tables(tree: exp.Expr) -> tuple[str, ...]:
    defined = {cte.alias for cte in tree.find_all(exp.CTE)}
    names = (".".join(part.name for part in table.parts) for table in tree.find_all(exp.Table))
    return tuple(dict.fromkeys(name for name in names if name not in defined))
