"""Rules that reach only part of a partitioned or inherited table."""

from collections.abc import Iterator

from ...model.analysis import Analysis
from ...model.catalog import Table, TableName
from ...model.finding import Finding
from .context import Context, about_rule


def check(context: Context) -> Iterator[Finding]:
    """Report ONLY on a parent, and a partition that is changed while its siblings are not."""
    targeted = {table.name for _, table in context.targeted()}
    children: dict[TableName, list[TableName]] = {}
    for table in context.catalog.tables:
        if table.partition_of is not None:
            children.setdefault(table.partition_of, []).append(table.name)
    yield from _heirs(context, targeted)
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


def _heirs(context: Context, targeted: set[TableName]) -> Iterator[Finding]:
    """Report rules that leave out the rows of tables that inherit, or those of the parent."""
    for analysis, table in context.targeted():
        if analysis.kind == "insert":
            continue
        heirs = [one.name for one in context.catalog.tables if table.name in one.inherits]
        left = [name for name in heirs if name not in targeted]
        if analysis.target and analysis.target.only and left:
            message = f"ONLY leaves out the rows of `{left[0]}`"
            yield _left(analysis, table, message=message, hint="Leave ONLY out.")
        for name in table.inherits:
            parent = context.catalog.table(name)
            shared = {column.name for column in parent.columns} if parent else set[str]()
            if name not in targeted and (analysis.kind != "update" or shared.intersection(analysis.written)):
                message = f"`{name}`, which `{table.name}` inherits from, keeps its rows"
                yield _left(analysis, table, message=message, hint=f"Write the rule for `{name}`.")


def _left(analysis: Analysis, table: Table, *, message: str, hint: str) -> Finding:
    return about_rule(analysis, table, "heir-left-out", severity="warning", message=message, hint=hint)
