"""The SQL expression that takes a column's place."""

from ..model.secret import Secret
from ..model.url import Engine
from .apply import masked
from .dialect import Dialect
from .keys import MaskKeys
from .mask import Column
from .mysql import MySql
from .postgres import Postgres
from .spec import parse_spec
from .types import parse_type

_DIALECTS: dict[Engine, Dialect] = {"postgres": Postgres(), "mysql": MySql()}


def expression(mask: str, argument: str, *, engine: Engine, key: Secret, type: str, unique: bool) -> str:
    """Return the SQL expression that masks a value; it uses built-in functions only.

    Equal values become equal ones, in every table, run and engine; which ones, only the key tells. The text
    holds a key derived for this family of masks: it tells nothing of other families or of `key`, but with it
    guesses at values can be tried, so treat the text as a secret.

    Args:
        mask: Its name, with options in brackets: `email`, `date-shift(user_id, 30)`. Underscores count as
            hyphens. Options are literals, except the subject of `date-shift`, which is SQL.
        argument: The SQL text of the value: a quoted column, or any expression that always gives the same.
        engine: Whose dialect to write.
        key: The master key; 16 characters at least.
        type: The column's type as the server spells it; of a domain, the type that it is made of.
        unique: Whether distinct values must stay distinct.

    Raises:
        ArgumentInvalid: there is no such mask, or it does not fit the type, its length or uniqueness.
    """
    spec = parse_spec(mask)
    sql, keys, kind = _DIALECTS[engine], MaskKeys(key), parse_type(type)
    return f"({masked(Column(spec.name, f'({argument})', sql, keys, kind, unique, spec.options))})"


def identifier(name: str, *, engine: Engine) -> str:
    """Return a column's name quoted, whatever stands in it, to be used as an argument."""
    return _DIALECTS[engine].name(name)
