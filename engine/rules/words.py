"""What a rule does, in words a person reads."""

import re
from collections.abc import Sequence

from ..model.analysis import Analysis, Assignment
from ..model.catalog import TableName

_LITERAL = re.compile(r"^'(?:[^']|'')*'(?:::[\w. ]+)?$|^-?\d+(?:\.\d+)?$|^(?:true|false)$", re.IGNORECASE)
_MASK = re.compile(r"^snapharbor\.(\w+)\s*\(", re.IGNORECASE)


def said(analysis: Analysis, emptied: Sequence[TableName] = ()) -> str:
    """Return what a rule does to its table; `emptied` are others that it empties with it."""
    names = ", ".join(f"`{target.name}`" for target in analysis.targets) or "nothing"
    which = "the rows that its condition meets" if analysis.filtered else "every row"
    match analysis.kind:
        case "update":
            return f"changes {which} of {names}"
        case "delete":
            return f"deletes {which} of {names}"
        case "truncate":
            others = ", ".join(f"`{name}`" for name in emptied)
            return f"empties {names}" + (f", and {others}, which refer to it" if others else "")
        case "insert":
            return f"adds rows to {names}"
        case other:
            return f"runs {other} on {names}"


def change(assignment: Assignment) -> str:
    """Return what becomes of a column."""
    value = assignment.value.text.strip()
    if value.upper() == "NULL":
        return "removed (NULL)"
    if _LITERAL.match(value):
        return "the same value in every row"
    if mask := _MASK.match(value):
        return f"masked as {mask[1].replace('_', ' ')}, the same for the same input"
    columns = tuple(dict.fromkeys(use.name for use in assignment.columns))
    if not columns:
        return "a new value that depends on nothing in the row"
    if columns == (assignment.column,):
        return "made from its own old value"
    others = ", ".join(f"`{name}`" for name in columns)
    return f"made from {others}"
