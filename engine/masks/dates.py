"""Dates and moments: moved, so that what follows what, and how long after, stays useful."""

from datetime import timedelta

from .mask import Column


def birth_date(column: Column) -> str:
    """Another day of the same year. The time of day stays."""
    sql, value, kind = column.sql, column.value, column.type
    digest = column.digest(sql.exact(sql.text(sql.days(value, kind))))
    day = sql.day_of_year(value, kind)
    moved = f"mod({day} + {sql.number(digest, 364)}, 365) + 1 - {day}"
    return _usual(column, sql.later(value, moved, kind))


def date_shift(column: Column) -> str:
    """Move by an odd number of days below a limit (30), the same one for everything of one subject.

    A date of no subject is its own. Where the shift would leave what the engines can hold, its direction
    is the one that stays inside.
    """
    sql, kind = column.sql, column.type
    limit = column.whole(1, 30, least=2, most=3650) // 2 * 2
    subject = sql.text(sql.days(column.value, kind))
    if column.options:
        subject = f"coalesce({sql.text(f'({column.options[0]})')}, {subject})"
    digest, day = column.digest(sql.exact(subject)), sql.day(column.value, kind)
    first, last = (edge + timedelta(step) for edge, step in zip(sql.span(kind), (limit, -limit), strict=True))
    choices = f"CASE WHEN {day} BETWEEN '{first}' AND '{last}' THEN {limit} ELSE {limit // 2} END"
    back = f"CASE WHEN {day} < '{first}' THEN -1 ELSE {limit - 1} END"
    return _usual(column, sql.later(column.value, f"2 * {sql.number(digest, choices)} - {back}", kind))


def _usual(column: Column, moved: str) -> str:
    """Leave alone what stands for never and always: infinity, year 1 and year 9999."""
    first, last = column.sql.span(column.type)
    day = column.sql.day(column.value, column.type)
    return f"CASE WHEN {day} BETWEEN '{first}' AND '{last}' THEN {moved} ELSE {column.value} END"
