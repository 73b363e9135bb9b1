"""One side of a foreign key is changed and the other is not."""

from collections.abc import Iterator

from ...model.catalog import ForeignKey, Table
from ...model.finding import Finding
from .context import Assigned, Context, about


def check(context: Context) -> Iterator[Finding]:
    """Report referencing columns without their referenced ones, and the other way round."""
    masked, emptied = context.masked(), context.emptied()
    for found in context.assigned():
        if found.assignment.adds or found.assignment.value.text.strip().upper() == "NULL":
            continue
        for table, key in _keys(context):
            for own, other in zip(key.columns, key.referenced_columns, strict=True):
                here = (table.name, own) == (found.table.name, found.column.name)
                there = (key.referenced, other) == (found.table.name, found.column.name)
                if here and (key.referenced, other) not in masked:
                    yield _alone(found, key, f"`{key.referenced}.{other}`, which it refers to,")
                elif there and not here and (table.name, own) not in masked and table.name not in emptied:
                    yield _alone(found, key, f"`{table.name}.{own}`, which refers to it,")


def _keys(context: Context) -> Iterator[tuple[Table, ForeignKey]]:
    for table in context.catalog.tables:
        for key in table.foreign_keys:
            yield table, key


def _alone(found: Assigned, key: ForeignKey, other: str) -> Finding:
    return about(
        found,
        "foreign-key",
        "error",
        f"`{found.table.name}.{found.column.name}` is changed, and {other} is not (`{key.name}`)",
        "Change both by the same expression, or neither.",
    )
