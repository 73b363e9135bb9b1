"""`snapharbor://targets` and what belongs to one target: its settings, structure and rules."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from mcp.server.mcpserver import MCPServer

from ..engine.harbor import Harbor
from ..engine.model.catalog import Column, Table, TableName
from ..engine.model.fence import clean, fence
from ..engine.model.sensitive import ColumnCoverage
from ..engine.model.target import Target
from ..engine.operations.ruleset import rules_text
from ..engine.report.plan import plan_lines

LIMIT = 200_000
Lifespan = TypeVar("Lifespan")


def register(server: MCPServer[Lifespan], harbor: Callable[[], Awaitable[Harbor]]) -> None:
    """Add the resources of targets."""

    @server.resource("snapharbor://targets", title="Targets", mime_type="application/json")
    async def targets() -> str:
        """Every configured target."""
        return _json([_view(target) for target in (await harbor()).targets()])

    @server.resource("snapharbor://targets/{name}", title="Target", mime_type="application/json")
    async def target(name: str) -> str:
        """The settings of one target."""
        return _json(_view((await harbor()).target(name)))

    @server.resource("snapharbor://targets/{name}/schema", title="Structure of a target's source")
    async def schema(name: str) -> str:
        """Tables and columns of a target's source, read now, and what each column looks like; never a row."""
        found = await (await harbor()).examination(name)
        looks = {(one.table, one.column): one for one in found.covered}
        return fence("\n\n".join(_table(table, looks) for table in found.catalog.tables), LIMIT)

    @server.resource(
        "snapharbor://targets/{name}/suggestion", title="Suggested rules", mime_type="text/x-sql"
    )
    async def suggestion(name: str) -> str:
        """SQL for the columns of a target that look personal and are undecided, by the template pii."""
        return fence((await (await harbor()).suggest(name)).sql, LIMIT)

    @server.resource("snapharbor://targets/{name}/rules", title="Rules of a target", mime_type="text/x-sql")
    async def rules(name: str) -> str:
        """The SQL that sanitizes a target, and where it comes from."""
        found = await harbor()
        tier, text = rules_text(found.services, found.target(name))
        return f"-- {tier}\n{text}"

    @server.resource("snapharbor://targets/{name}/plan", title="Last plan of a target")
    async def plan(name: str) -> str:
        """The last plan to sanitize a target, and how it ended."""
        job = await (await harbor()).last_job("sanitize", name)
        told = [f"plan {job.plan.id}", f"{job.state} as job {job.id}, created at {job.created_at}"]
        return "\n".join((*told, fence("\n".join(plan_lines(job.plan)), LIMIT)))

    @server.resource("snapharbor://targets/{name}/leaks", title="Last leak report of a target")
    async def leaks(name: str) -> str:
        """What was done to a target's newest sanitized snapshot and what the search of it found, signed."""
        from ..engine.report.proof import lines

        return fence("\n".join(lines(await (await harbor()).attested(name))), LIMIT)


def _view(target: Target) -> dict[str, object]:
    return {
        "target": target.key,
        "name": target.name,
        "type": target.type,
        "source": str(target.source) if target.source else None,
        "destination": str(target.destination) if target.destination else None,
        "storage": target.storage,
        "cpus": target.cpus,
        "sanitized": target.rules is not None,
        "groups": list(target.groups),
        "environment": target.environment,
        "keep_previous": target.keep_previous,
        "protected": target.protected,
        "include_schemas": list(target.selection.include_schemas),
        "exclude_schemas": list(target.selection.exclude_schemas),
        "include_tables": list(target.selection.include_tables),
        "exclude_tables": list(target.selection.exclude_tables),
        "exclude_data": list(target.selection.exclude_data),
    }


def _table(table: Table, looks: Mapping[tuple[TableName, str], ColumnCoverage]) -> str:
    head = f"{clean(str(table.name), 127)} ({table.kind}, ~{table.rows} rows, {table.bytes} bytes)"
    keys = [f"  primary key: {_names(table.primary_key)}"] if table.primary_key else []
    keys += [f"  unique: {_names(columns)}" for columns in table.unique]
    keys += [
        f"  {_names(key.columns)} -> {clean(str(key.referenced), 127)} ({_names(key.referenced_columns)})"
        for key in table.foreign_keys
    ]
    comment = [f"  comment: {clean(table.comment, 300)}"] if table.comment else []
    columns = (_column(column, looks.get((table.name, column.name))) for column in table.columns)
    return "\n".join([head, *columns, *keys, *comment])


def _column(column: Column, looks: ColumnCoverage | None) -> str:
    facts = ("" if column.nullable else " not null") + (" generated" if column.generated else "")
    comment = f" -- {clean(column.comment, 200)}" if column.comment else ""
    return f"  {clean(column.name, 63)} {clean(column.type, 80)}{facts}{_looks(looks)}{comment}"


def _looks(found: ColumnCoverage | None) -> str:
    """Return what a column looks like and what becomes of it; nothing where there is nothing to say."""
    if found is None or (found.treatment == "unclassified" and not found.evidence):
        return ""
    kinds = ", ".join(
        f"{piece.kind} {piece.confidence:.2f}{f' in {piece.path}' if piece.path else ''}"
        for piece in found.evidence
    )
    treatment = "undecided" if found.undecided else found.treatment
    return f" [{clean(f'{kinds}: {treatment}' if kinds else treatment, 200)}]"


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(clean(name, 63) for name in columns)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
