"""A dump of one target at one moment. It exists only if its manifest exists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .catalog import TableName
from .finding import Accepted, Finding
from .proof import LeakScan

Kind = Literal["original", "sanitized"]
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Chunk:
    """One stored object: `id` is a keyed digest of its plain content, 64 hexadecimal characters.

    `raw_bytes` counts the plain content, `stored_bytes` the object (compressed and encrypted).
    """

    id: str
    raw_bytes: int
    stored_bytes: int


@dataclass(frozen=True, slots=True)
class Part:
    """A named stream that only the database room understands (a table of contents, large objects)."""

    name: str
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class TableData:
    """The rows of one table: its chunks in order are one stream of the engine's copy format."""

    name: TableName
    columns: tuple[str, ...]
    rows: int
    chunks: tuple[Chunk, ...]

    @property
    def raw_bytes(self) -> int:
        """Bytes of the plain stream."""
        return sum(chunk.raw_bytes for chunk in self.chunks)


@dataclass(frozen=True, slots=True)
class Sanitization:
    """How a sanitized snapshot came to be. `digest` is the SHA-256 of the SQL as it ran.

    Attributes:
        tables: Where the rules of each table ran, `pushdown` or `ephemeral`.
        rows_touched: How many rows the rules that ran in a copy changed, by table, where that was told.
        columns: Every column that the author of the rules has seen, as `schema.table.column`.
        coverage: How many columns had which treatment.
        undecided: Findings about columns that nobody decided on.
        accepted: Findings that somebody took responsibility for.
        scan: The search of the finished snapshot for what the rules mask or remove.
    """

    tier: str
    digest: str
    plan: str
    tables: Mapping[str, str]
    statements: int
    rows_touched: Mapping[str, int] | None = None
    columns: tuple[str, ...] = ()
    coverage: Mapping[str, int] = field(default_factory=dict[str, int])
    undecided: tuple[Finding, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    scan: LeakScan | None = None

    @property
    def strategy(self) -> str:
        """Where the rules ran: `pushdown`, `ephemeral`, or `mixed`."""
        ways = set(self.tables.values())
        return "mixed" if len(ways) > 1 else next(iter(ways), "ephemeral")


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything about a snapshot but its bytes. Times are ISO 8601 in UTC, `timings` are seconds.

    `tool` is the native program that read the definitions, `made_by` the version of this one.
    """

    id: str
    target: str
    kind: Kind
    created_at: str
    engine: str
    server_version: str
    server_major: int
    source: str
    tool: str
    made_by: str
    schemas: tuple[str, ...]
    parts: tuple[Part, ...]
    tables: tuple[TableData, ...]
    settings_digest: str
    parent: str | None = None
    sanitization: Sanitization | None = None
    left_out: tuple[str, ...] = ()
    environment: str | None = None
    tags: tuple[str, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict[str, float])
    format: int = FORMAT

    def chunks(self) -> tuple[Chunk, ...]:
        """Return every chunk this snapshot needs, in order, repeats included."""
        streams: tuple[Part | TableData, ...] = (*self.parts, *self.tables)
        return tuple(chunk for stream in streams for chunk in stream.chunks)

    @property
    def rows(self) -> int:
        """Rows of all tables together."""
        return sum(table.rows for table in self.tables)

    @property
    def raw_bytes(self) -> int:
        """Plain bytes of all streams."""
        return sum(chunk.raw_bytes for chunk in self.chunks())

    @property
    def stored_bytes(self) -> int:
        """Bytes of the distinct stored objects."""
        return sum({chunk.id: chunk.stored_bytes for chunk in self.chunks()}.values())


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot in the repository of a storage profile (None: the local working directory)."""

    manifest: Manifest
    profile: str | None

    @property
    def id(self) -> str:
        """The manifest's id."""
        return self.manifest.id


@dataclass(frozen=True, slots=True)
class SanitizedSnapshot(Snapshot):
    """A snapshot whose manifest says that it was sanitized. Only this type can be shared."""

    def __post_init__(self) -> None:
        if self.manifest.kind != "sanitized" or self.manifest.sanitization is None:
            raise ValueError("a sanitized snapshot needs a manifest that says how it was sanitized")


def snapshot(manifest: Manifest, profile: str | None) -> Snapshot:
    """Return the snapshot under its proper type."""
    kind = SanitizedSnapshot if manifest.kind == "sanitized" else Snapshot
    return kind(manifest, profile)
