"""What the tools answer: little, flat, and nothing out of a row.

Every text that came out of a database stands inside a fence (engine/model/fence.py).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict

from ..engine.model.catalog import Table
from ..engine.model.errors import EngineError
from ..engine.model.fence import clean, fence
from ..engine.model.share import Share
from ..engine.model.snapshot import Manifest, Snapshot
from ..engine.model.target import Target

if TYPE_CHECKING:
    from ..engine.operations.check import Check


MOST = 5


class View(BaseModel):
    """The base of all answers. Fields that are None are left out of an answer."""

    model_config = ConfigDict(frozen=True)

    @property
    def size(self) -> int:
        """Bytes of the view as JSON."""
        return len(self.model_dump_json(exclude_none=True).encode()) + 1


class TargetRow(View):
    """One configured target."""

    target: str
    type: str
    source: str | None
    sanitized: bool

    @classmethod
    def of(cls, target: Target) -> Self:
        return cls(
            target=clean(target.key, 80),
            type=target.type,
            source=str(target.source) if target.source else None,
            sanitized=target.rules is not None,
        )


class Targets(View):
    """A page of targets."""

    targets: list[TargetRow]
    next_cursor: str | None = None


class TargetView(TargetRow):
    """One target, its newest snapshot, and on request a page of its source's structure."""

    name: str
    destination: str | None
    storage: str
    groups: list[str]
    protected: bool
    snapshots: int
    newest: str | None
    unreadable: str | None = None
    structure: str | None = None
    next_cursor: str | None = None


class SnapshotRow(View):
    """One snapshot."""

    snapshot: str
    target: str
    kind: str
    created_at: str
    rows: int
    bytes: int
    parent: str | None
    storage: str

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        manifest = snapshot.manifest
        return cls(
            snapshot=snapshot.id,
            target=clean(manifest.target, 80),
            kind=manifest.kind,
            created_at=clean(manifest.created_at, 40),
            rows=manifest.rows,
            bytes=manifest.stored_bytes,
            parent=clean(manifest.parent, 80) if manifest.parent else None,
            storage=snapshot.profile or "local",
        )


class Snapshots(View):
    """A page of snapshots, newest first."""

    snapshots: list[SnapshotRow]
    unreadable: str | None = None
    next_cursor: str | None = None


class SnapshotView(SnapshotRow):
    """One snapshot and a page of what is in it."""

    raw_bytes: int
    tables: int
    server: str
    sanitized_by: str | None
    tags: str | None
    shares: str | None
    contents: str
    next_cursor: str | None = None


class Setup(View):
    """A page of what was checked; `ok` and the counts are about all of it."""

    ok: bool
    errors: int
    warnings: int
    checks: str
    next_cursor: str | None = None


class Explained(View):
    """What rules would do: whether something stops them, and a page of all that is to be known."""

    blocked: bool
    next: str
    plan: str | None
    findings: dict[str, int]
    columns: dict[str, int]
    report: str
    next_cursor: str | None = None


class SuggestedRules(View):
    """Rules for what nobody decided on: how many columns are what, and a page of the SQL."""

    next: str
    columns: dict[str, int]
    sql: str
    next_cursor: str | None = None


def unreadable(found: Mapping[str, EngineError]) -> str | None:
    """Return a few of the snapshots that cannot be read, of whichever target, and why."""
    lines = [f"{clean(key, 60)}: {error.code}: {clean(error.message, 200)}" for key, error in found.items()]
    more = [f"and {len(lines) - MOST} more"] if len(lines) > MOST else []
    return fence("\n".join((*lines[-MOST:], *more))) if lines else None


def tag_lines(tags: Sequence[str], most: int) -> str | None:
    """Return a snapshot's tags, which whoever made it chose, a line each; None if it has none."""
    return fence("\n".join(clean(tag, 80) for tag in tags[:most])) if tags else None


def share_line(share: Share) -> str:
    """Return an open share on one line."""
    names = ", ".join(clean(name, 80) for name in share.recipients)
    return f"{share.id} to {names} until {share.expires_at}"


def check_line(found: "Check") -> str:
    """Return what one check found on one line."""
    place = f"{found.level}: {clean(found.area, 40)} {clean(found.name, 80)}"
    hint = f" -- {clean(found.hint, 200)}" if found.hint else ""
    return f"{place}: {clean(found.message, 300)}{hint}"


def table_line(table: Table) -> str:
    """Return one table's structure on one line."""
    columns = ", ".join(f"{clean(column.name, 63)} {clean(column.type, 63)}" for column in table.columns)
    references = "".join(f"; -> {clean(str(key.referenced), 127)}" for key in table.foreign_keys)
    rows = f"~{table.rows} rows" if table.rows >= 0 else "rows unknown"
    comment = f" -- {clean(table.comment, 120)}" if table.comment else ""
    line = f"{clean(str(table.name), 127)} ({table.kind}, {rows}, {table.bytes} bytes): {columns}"
    return clean(line + references + comment, 1200)


def contents(manifest: Manifest) -> list[str]:
    """Return what a snapshot holds and what it leaves out, a line each."""
    tables = [
        f"{clean(str(table.name), 127)}: {table.rows} rows, {table.raw_bytes} bytes"
        for table in manifest.tables
    ]
    return [*tables, *(clean(sentence, 300) for sentence in manifest.left_out)]
