"""`snapharbor compare`."""

from typing import TYPE_CHECKING

import click

from . import output
from .params import SNAPSHOT
from .session import Session, run

if TYPE_CHECKING:
    from ..engine.model.comparison import Comparison, TableChange


@click.command()
@click.argument("first", type=SNAPSHOT)
@click.argument("second", type=SNAPSHOT)
@click.option("--schema-only", is_flag=True, help="Leave out how many rows there are.")
@click.option("--row-counts", is_flag=True, help="Leave out what is defined.")
@click.pass_obj
def compare(session: Session, first: str, second: str, *, schema_only: bool, row_counts: bool) -> None:
    """Say what differs between two snapshots.

    Each is an id or its start, TARGET, or TARGET:INDEX; TARGET alone is its newest. Compares what is
    defined, the columns of tables and how many rows they have; rows are not read, and none is shown.
    """
    from dataclasses import replace

    if schema_only and row_counts:
        raise click.UsageError("Give one of --schema-only and --row-counts.")

    async def work() -> "Comparison":
        async with session.harbor() as harbor:
            return await harbor.compare(first, second)

    found = run(work)
    if schema_only:
        tables = tuple(
            one for one in found.tables if None in one.rows or one.columns_added or one.columns_removed
        )
        found = replace(found, tables=tables)
    if row_counts:
        found = replace(found, definitions=())
    output.result(session, found.as_json(), lambda: text(found))


def text(found: "Comparison") -> str:
    """Return a comparison as tables of what differs."""
    told = [f"{found.first} -> {found.second}"]
    if found.tables:
        rows = [(one.name, _count(one.rows[0]), _count(one.rows[1]), _columns(one)) for one in found.tables]
        told.append(
            output.table(("TABLE", "ROWS", "ROWS THEN", "COLUMNS"), rows, folded=("TABLE", "COLUMNS"))
        )
    if found.definitions:
        changes = [(one.change, one.what) for one in found.definitions]
        told.append(output.table(("", "DEFINITION"), changes, folded=("DEFINITION",)))
    return "\n\n".join(told if len(told) > 1 else (*told, "Nothing differs."))


def _count(rows: int | None) -> str:
    return "-" if rows is None else f"{rows:,}"


def _columns(one: "TableChange") -> str:
    return ", ".join(
        (*(f"+{name}" for name in one.columns_added), *(f"-{name}" for name in one.columns_removed))
    )
