"""Generated columns: they cannot be set, and they follow what they are made of."""

from collections.abc import Iterator

from ...model.catalog import TableName, mentions
from ...model.finding import Finding
from .context import Assigned, Context, about


def check(context: Context) -> Iterator[Finding]:
    """Report generated columns that a rule sets, and those that follow what it sets."""
    followed: dict[tuple[TableName, str], Assigned] = {}
    for found in context.assigned():
        for column in found.table.columns if not found.column.generated else ():
            if column.generated and mentions(column.default or "", found.column.name):
                followed.setdefault((found.table.name, column.name), found)
        if found.column.generated:
            yield about(
                found,
                "generated",
                "error",
                f"`{found.table.name}.{found.column.name}` is generated and cannot be set",
                "Mask the columns that it is made of; it follows them.",
            )
    for (_, name), found in followed.items():
        column = next(column for column in found.table.columns if column.name == name)
        sources = [one for one in found.table.columns if mentions(column.default or "", one.name)]
        names = ", ".join(f"`{one.name}`" for one in sources if one.name != name)
        yield Finding(
            "generated-follows",
            "info",
            f"`{name}` follows {names}",
            "Fine if it is to hold what is computed from masked values.",
            line=found.line,
            table=str(found.table.name),
            column=name,
        )
