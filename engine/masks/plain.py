"""Masks that say nothing of the value: fillers, constants, nothing at all, or the value itself."""

from ..model.errors import ArgumentInvalid
from .mask import Column
from .words import FILLERS


def redact(column: Column) -> str:
    """A filler of invented words, as long as the text."""
    sql = column.sql
    filler = sql.pick(FILLERS, f"mod({sql.byte(column.digest(sql.exact(column.text)), 0)}, {len(FILLERS)})")
    return f"rpad('', char_length({column.text}), {filler})"


def null(column: Column) -> str:
    """NULL."""
    return "NULL"


def constant(column: Column) -> str:
    """One value for all that are not NULL.

    Raises:
        ArgumentInvalid: no value is given, or it is too long.
    """
    if len(column.options) != 1:
        raise ArgumentInvalid("the mask `constant` has one option, its value", "Write constant('a value').")
    said = column.option(0)
    column.needs(len(said))
    literal = column.sql.cast(column.sql.literal(said), column.type)
    return f"CASE WHEN {column.value} IS NULL THEN NULL ELSE {literal} END"


def keep(column: Column) -> str:
    """The value as it is."""
    return column.value
