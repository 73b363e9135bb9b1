"""Rows that are copied as they are into another table, where nothing masks them."""

from collections.abc import Iterator

from ...model.catalog import Table, TableName
from ...model.finding import Finding
from .context import Context, about_rule


def check(context: Context) -> Iterator[Finding]:
    """Report INSERTs of whole rows: an error where columns that look personal are not set before."""
    for place, rule in enumerate(context.rules):
        target = context.catalog.table(rule.targets[0]) if rule.targets and rule.targets[0] else None
        if target is None or rule.analysis.kind != "insert":
            continue
        before = Context(context.rules[:place], context.catalog).masked()
        for relation, name in zip(rule.analysis.reads, rule.reads, strict=True):
            table = context.catalog.table(name) if name is not None else None
            stars = {use.name for use in rule.analysis.columns if not use.qualified} & {"*"}
            if table is None or not (stars or relation.alias in rule.analysis.whole_rows):
                continue
            raw = [*_raw(table, before, context)]
            if raw:
                yield about_rule(
                    rule.analysis,
                    target,
                    "copies-rows",
                    severity="error" if context.personal is not None else "warning",
                    message=f"it copies whole rows of `{table.name}`, where `{raw[0]}` is as it was",
                    hint="Copy only columns that are masked, or put the rules that mask them before.",
                )


def _raw(table: Table, masked: set[tuple[TableName, str]], context: Context) -> Iterator[str]:
    for column in table.columns:
        place = (table.name, column.name)
        if place not in masked and (context.personal is None or place in context.personal):
            yield column.name
