"""A unique column that is set to what several rows would share."""

from collections.abc import Iterator

from ...model.finding import Finding
from .context import Assigned, Context, about

KEYED = "snapharbor."


def check(context: Context) -> Iterator[Finding]:
    """Report constants as errors, and values that depend on no unique column as warnings."""
    for found in context.assigned():
        key = _key(found)
        if not key or found.assignment.value.text.strip().upper() == "NULL":
            continue
        used = {use.name for use in found.assignment.columns}
        if found.assignment.adds and not used:
            continue  # the value of one new row
        unkeyed = not any(name.startswith(KEYED) for name in found.assignment.functions)
        distinct = used & _identifying(found, context)
        column = f"`{found.table.name}.{found.column.name}`"
        if not used and unkeyed and not found.analysis.volatile and not _one_row(found, context):
            yield about(
                found,
                "unique-constant",
                # Which rows another table picks, only the source can tell.
                "warning" if found.analysis.reasons else "error",
                f"{column} is unique, and every row would get the same value",
                f"Build the value from a unique column, as in 'user' || {key[0]}.",
            )
        elif used and not distinct and unkeyed:
            yield about(
                found,
                "unique-collision",
                "warning",
                f"{column} is unique, and nothing in its new value is",
                "Add a unique column to the value, or use a mask that keeps values apart.",
            )


def _key(found: Assigned) -> tuple[str, ...]:
    keys = [key for key in (found.table.primary_key, *found.table.unique) if key == (found.column.name,)]
    return (found.table.primary_key or keys[0]) if keys else ()


def _identifying(found: Assigned, context: Context) -> set[str]:
    """Return the columns, of whatever is read, of which each alone tells rows apart."""
    read = (context.catalog.table(name) for name in found.rule.reads if name is not None)
    tables = (found.table, *(table for table in read if table is not None))
    keys = (key for table in tables for key in (table.primary_key, *table.unique))
    return {key[0] for key in keys if len(key) == 1}


def _one_row(found: Assigned, context: Context) -> bool:
    where = found.analysis.where.text if found.analysis.where else ""
    return any(f"{name} = " in where or f'"{name}" = ' in where for name in _identifying(found, context))
