"""`snapharbor://snapshots/{id}/manifest`: everything about a snapshot but its bytes."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TypeVar

from mcp.server.mcpserver import MCPServer

from ..engine.harbor import Harbor
from ..engine.model.fence import clean, fence
from ..engine.model.snapshot import Manifest, Sanitization

LIMIT = 200_000
Lifespan = TypeVar("Lifespan")


def register(server: MCPServer[Lifespan], harbor: Callable[[], Awaitable[Harbor]]) -> None:
    """Add the resources of snapshots."""

    @server.resource(
        "snapharbor://snapshots/{id}/manifest", title="Manifest of a snapshot", mime_type="application/json"
    )
    async def manifest(id: str) -> str:
        """What a snapshot is and what it holds; names out of the database stand in `contents`."""
        found = await (await harbor()).snapshot(id)
        view = {**_view(found.manifest), "storage": found.profile or "local"}
        return json.dumps(view, ensure_ascii=False, indent=1)


def _view(manifest: Manifest) -> dict[str, object]:
    how = manifest.sanitization
    return {
        "snapshot": manifest.id,
        "format": manifest.format,
        "target": clean(manifest.target, 80),
        "kind": manifest.kind,
        "parent": manifest.parent,
        "created_at": clean(manifest.created_at, 40),
        "engine": clean(manifest.engine, 40),
        "server_version": clean(manifest.server_version, 80),
        "tool": clean(manifest.tool, 80),
        "environment": clean(manifest.environment or "", 80),
        "tags": fence("\n".join(clean(tag, 80) for tag in manifest.tags), LIMIT) if manifest.tags else None,
        "settings_digest": manifest.settings_digest,
        "rows": manifest.rows,
        "raw_bytes": manifest.raw_bytes,
        "stored_bytes": manifest.stored_bytes,
        "timings": dict(manifest.timings),
        "sanitization": _how(how) if how else None,
        "contents": fence("\n".join(_lines(manifest)), LIMIT),
    }


def _how(how: Sanitization) -> dict[str, object]:
    names = fence(json.dumps(asdict(how), ensure_ascii=False, indent=1), LIMIT)
    return {
        "strategy": how.strategy,
        "tier": how.tier,
        "digest": how.digest,
        "plan": how.plan,
        "details": names,
    }


def _lines(manifest: Manifest) -> list[str]:
    return [
        f"schemas: {', '.join(clean(name, 63) for name in manifest.schemas)}",
        *(f"part {clean(part.name, 63)}: {len(part.chunks)} chunks" for part in manifest.parts),
        *(
            f"table {clean(str(table.name), 127)}: {table.rows} rows, {table.raw_bytes} bytes, "
            f"{len(table.chunks)} chunks"
            for table in manifest.tables
        ),
        *(clean(sentence, 300) for sentence in manifest.left_out),
    ]
