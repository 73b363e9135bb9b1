"""One side of a foreign key is changed and the other is not."""

from collections.abc import Iterator

from ...model.catalog import ForeignKey, Table
from ...model.finding import Finding
from .context import Assigned, Context, about, about_rule


def check(context: Context) -> Iterator[Finding]:
    """Report referencing columns without their referenced ones, and the other way round."""
    yield from _truncated(context)
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


def _truncated(context: Context) -> Iterator[Finding]:
    """Report TRUNCATE of what another table refers to: it is refused even where that one is empty."""
    for rule in context.rules:
        together = {name for name in rule.targets if name is not None}
        if rule.analysis.kind != "truncate" or "cascade" in rule.analysis.features:
            continue
        for table, key in _keys(context):
            target = context.catalog.table(key.referenced)
            apart = table.name not in together and table.partition_of not in together
            if target is not None and target.name in together and apart:
                yield about_rule(
                    rule.analysis,
                    target,
                    "foreign-key",
                    severity="error",
                    message=f"`{target.name}` cannot be emptied: `{table.name}` refers to it (`{key.name}`)",
                    hint=f"Name `{table.name}` in the same TRUNCATE, or say CASCADE.",
                )


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
