"""Dates and moments: moved, so that what follows what, and how long after, stays useful."""

from .mask import Column

_RANGE = "'0002-01-01' AND '9998-12-31'"


def birth_date(column: Column) -> str:
    """Another day of the same year. The time of day stays."""
    sql, value, kind = column.sql, column.value, column.type
    digest = column.digest(sql.exact(sql.text(sql.days(value, kind))))
    day = sql.day_of_year(value, kind)
    moved = f"mod({day} + {sql.number(digest, 364)}, 365) + 1 - {day}"
    return _usual(column, sql.later(value, moved, kind))


def date_shift(column: Column) -> str:
    """Move by an odd number of days below a limit (30), the same one for everything of one subject."""
    sql, kind = column.sql, column.type
    limit = column.whole(1, 30, least=2, most=3650) // 2 * 2
    subject = sql.text(f"({column.options[0]})") if column.options else sql.text(sql.days(column.value, kind))
    digest = column.digest(sql.exact(subject))
    moved = f"2 * {sql.number(digest, limit)} - {limit - 1}"
    return _usual(column, sql.later(column.value, moved, kind))


def _usual(column: Column, moved: str) -> str:
    """Leave alone what stands for never and always: infinity, year 1 and year 9999."""
    return f"CASE WHEN {column.value} BETWEEN {_RANGE} THEN {moved} ELSE {column.value} END"
