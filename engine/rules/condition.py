"""A condition on the rows of one table, as somebody configured it: one expression that only computes."""

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from ..model.errors import ConfigInvalid, RuleRefused, RuleSyntax
from ..model.url import Engine
from .parse import parse

FRAME = "DELETE FROM t WHERE (\n{}\n)"


def refuse_condition(text: str, where: str, engine: Engine) -> None:
    """Refuse a text that is more than one condition, or that could do something; rules may hold the same.

    Raises:
        ConfigInvalid: it is; `where` names its place in the configuration.
    """
    framed = FRAME.format(text)
    try:
        rules = parse(framed, "sanitize.mask", engine).rules
    except (RuleSyntax, RuleRefused) as error:
        raise ConfigInvalid(
            f"`{where}` is no condition that may be asked: {error.message}", error.hint
        ) from None
    if len(rules) != 1 or not _is_whole(framed, engine):
        raise ConfigInvalid(
            f"`{where}` is more than one condition", "Write what could stand alone after WHERE, `id < 100`."
        )


def _is_whole(framed: str, engine: Engine) -> bool:
    """Tell whether the condition is all that stands in its parentheses, and nothing follows them."""
    try:
        tree = sqlglot.parse_one(framed, dialect=engine)
    except SqlglotError:
        return False
    given = {key for key, value in tree.args.items() if value}
    condition = tree.args.get("where")
    return given <= {"this", "where"} and condition is not None and isinstance(condition.this, exp.Paren)
