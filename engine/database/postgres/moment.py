"""Freezing a database for reading: locks first, then the snapshot, then what there is to read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...model.catalog import Catalog, TableName
from ...model.errors import PrivilegeMissing, SourceUnsuitable, TimedOut
from ...model.identifier import quote, quoted
from ...model.pushdown import Rewritten
from ...model.target import Selection
from ..selection import Selected
from .inspect import read_catalog
from .slices import Leaf, read_leaves
from .ties import Ties, select_tied

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
EXTENSION_SCHEMAS = """
SELECT DISTINCT n.nspname FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
"""
TABLES_PER_LOCK = 500
ATTEMPTS = 3
FEW = 5


@dataclass(frozen=True, slots=True)
class Moment:
    """What is to be read: the rows of `leaves`, and definitions.

    `ties` is what goes with what is left out, `bare` are tables taken without their rows,
    `extension_schemas` the schemas that extensions live in, and `rewritten` what rules make of the rows.
    """

    catalog: Catalog
    selected: Selected
    ties: Ties
    leaves: tuple[Leaf, ...]
    bare: frozenset[TableName]
    extension_schemas: frozenset[str]
    left_out: tuple[str, ...]
    rewritten: Rewritten | None = None

    @property
    def taken(self) -> Catalog:
        """What of the catalogue is in the snapshot."""
        return Catalog(self.selected.schemas.taken, self.selected.tables, self.catalog.extensions)


async def freeze(
    connection: "AsyncConnection[TupleRow]", selection: Selection, *, standby: bool
) -> tuple[Moment, str]:
    """Open a read-only transaction on an autocommit connection, lock what will be read, look again, and
    return what is seen and the name of the snapshot.

    The locks come before the snapshot: what truncates or rewrites a table then waits, and cannot fall
    between what the snapshot promises and what is read.

    Raises:
        PrivilegeMissing: the role may not read what is selected.
        SourceUnsuitable: policies hide rows, or there are more tables than the server can lock.
        TimedOut: a lock was not to be had, or tables came and went too fast.
    """
    from psycopg.errors import InvalidSchemaName, UndefinedTable

    for _ in range(ATTEMPTS):
        before = await _look(connection, selection, standby=standby)
        await connection.execute(BEGIN.encode())
        try:
            await _lock(connection, [leaf.name for leaf in before.leaves])
            moment = await _look(connection, selection, standby=standby)
            known = {leaf.name for leaf in before.leaves}
            await _lock(connection, [leaf.name for leaf in moment.leaves if leaf.name not in known])
        except (UndefinedTable, InvalidSchemaName):
            await connection.execute(b"ROLLBACK")
            continue
        cursor = await connection.execute(b"SELECT pg_catalog.pg_export_snapshot()")
        row = await cursor.fetchone()
        assert row is not None
        return moment, row[0]
    raise TimedOut("tables were dropped again and again while they were being locked")


async def _look(connection: "AsyncConnection[TupleRow]", selection: Selection, *, standby: bool) -> Moment:
    catalog = await read_catalog(connection)
    selected, ties = await select_tied(connection, selection, catalog)
    leaves = [leaf for leaf in await read_leaves(connection) if leaf.name in selected.data]
    _refuse_unreadable(leaves)
    lost = [leaf for leaf in leaves if standby and leaf.unlogged]
    left_out = (f"left out, the rows of unlogged tables, which a replica does not have: {_few(lost)}",)
    taken = frozenset(table.name for table in selected.tables)
    cursor = await connection.execute(EXTENSION_SCHEMAS.encode())
    return Moment(
        catalog,
        selected,
        ties,
        leaves=tuple(leaf for leaf in leaves if leaf not in lost),
        bare=_unfilled(selected, (taken - selected.data) | {leaf.name for leaf in lost}),
        extension_schemas=frozenset(schema for (schema,) in await cursor.fetchall()),
        left_out=(*selected.warnings, *ties.warnings, *(left_out if lost else ())),
    )


def _unfilled(selected: Selected, bare: frozenset[TableName]) -> frozenset[TableName]:
    """Add what is made of a materialized view that is not filled, and so cannot be filled either."""
    holes = {table.name for table in selected.tables if table.kind == "materialized-view"} & bare
    while more := {table.name for table in selected.tables if holes.intersection(table.reads)} - holes:
        holes |= more
    return bare | holes


async def _lock(connection: "AsyncConnection[TupleRow]", names: Sequence[TableName]) -> None:
    from psycopg.errors import OutOfMemory

    for start in range(0, len(names), TABLES_PER_LOCK):
        tables = ", ".join(f"ONLY {quoted(name)}" for name in names[start : start + TABLES_PER_LOCK])
        try:
            await connection.execute(f"LOCK TABLE {tables} IN ACCESS SHARE MODE".encode())
        except OutOfMemory:
            raise SourceUnsuitable(
                f"the server has no room for locks on {len(names)} tables",
                "Raise max_locks_per_transaction on the server, or take fewer tables.",
            ) from None


def _refuse_unreadable(leaves: Iterable[Leaf]) -> None:
    closed = [leaf for leaf in leaves if not leaf.readable]
    if closed:
        schemas = ", ".join(sorted({quote(leaf.name.schema) for leaf in closed}))
        raise PrivilegeMissing(
            f"the role may not read {_few(closed)}",
            f"Run GRANT USAGE ON SCHEMA {schemas} and GRANT SELECT ON ALL TABLES IN SCHEMA {schemas} to it.",
            tables=[str(leaf.name) for leaf in closed],
        )
    filtered = [leaf for leaf in leaves if leaf.filtered]
    if filtered:
        raise SourceUnsuitable(
            f"row-level security hides rows of {_few(filtered)} from the role",
            "Use a role with BYPASSRLS, or leave the tables out with exclude_data.",
            tables=[str(leaf.name) for leaf in filtered],
        )


def _few(leaves: Sequence[Leaf]) -> str:
    names = ", ".join(f"`{leaf.name}`" for leaf in leaves[:FEW])
    return names if len(leaves) <= FEW else f"{names} and {len(leaves) - FEW} more tables"
