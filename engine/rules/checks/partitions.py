"""Rules that reach only part of a partitioned or inherited table."""

from collections.abc import Iterator

from ...model.catalog import TableName
from ...model.finding import Finding
from .context import Context, about_rule


def check(context: Context) -> Iterator[Finding]:
    """Report ONLY on a parent, and a partition that is changed while its siblings are not."""
    targeted = {table.name for _, table in context.targeted()}
    children: dict[TableName, list[TableName]] = {}
    for table in context.catalog.tables:
        if table.partition_of is not None:
            children.setdefault(table.partition_of, []).append(table.name)
    for analysis, table in context.targeted():
        if analysis.target and analysis.target.only and table.name in children:
            yield about_rule(
                analysis,
                table,
                "only-parent",
                severity="error",
                message=f"ONLY leaves out the rows of the partitions of `{table.name}`",
                hint="Leave ONLY out.",
            )
        siblings = children.get(table.partition_of, []) if table.partition_of else []
        left = [name for name in siblings if name not in targeted]
        if left and table.partition_of not in targeted:
            yield about_rule(
                analysis,
                table,
                "partition-left-out",
                severity="warning",
                message=f"other partitions of `{table.partition_of}` keep their rows, such as `{left[0]}`",
                hint=f"Write the rule for `{table.partition_of}`.",
            )
