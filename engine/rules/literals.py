"""The values that rules write by themselves: what a person put into the SQL is no secret of the source."""

from collections.abc import Iterator

from sqlglot.tokenizer_core import TokenType

from ..model.rules import RuleSet
from ..model.url import Engine
from .tokens import tokens_of

STRINGS = frozenset(
    (TokenType.STRING, TokenType.HEREDOC_STRING, TokenType.NATIONAL_STRING, TokenType.BYTE_STRING)
)


def literals(rules: RuleSet, engine: Engine) -> Iterator[str]:
    """Yield every string literal of rules."""
    for rule in rules.rules:
        yield from (token.text for token in tokens_of(rule, engine).all if token.token_type in STRINGS)
