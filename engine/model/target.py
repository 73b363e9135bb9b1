"""What the user configured, once parsed: targets, schema filters, storage profiles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .finding import Accepted
from .secret import Secret
from .subset import Subset
from .url import DatabaseUrl

TargetType = Literal["local", "share"]
Policy = Literal["warn", "require"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which schemas and tables a snapshot takes.

    `use_default_schema` is tri-state. `table_filters` narrows a schema to the tables named.
    Data of `exclude_data` tables is left out, their definition stays; `exclude_tables` go altogether.
    Table names are `schema.table`, exact and case-sensitive. `without_secrets` leaves out definitions that
    hold passwords, `without_owners` who owns what and who may use it, `without_reaching` what reaches other
    servers or runs by itself; `marker` adds the table that marks a sanitized copy.
    """

    use_default_schema: bool | None = None
    include_schemas: tuple[str, ...] = ()
    exclude_schemas: tuple[str, ...] = ()
    table_filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    include_tables: tuple[str, ...] = ()
    exclude_tables: tuple[str, ...] = ()
    exclude_data: tuple[str, ...] = ()
    without_secrets: bool = False
    without_owners: bool = False
    without_reaching: bool = False
    marker: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds; how long reading may disturb a source."""

    connect_timeout: int = 10
    lock_timeout: int = 10
    statement_timeout: int = 0
    max_snapshot_age: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """The sanitization SQL as configured; which tier counts is decided in engine/rules.

    `mask` has masks by `table.column` or `schema.table.column`; they run after the SQL, or alone.
    `policy` says whether columns that nobody decided on stop sanitizing and sharing; None stops sharing.
    `keep` has the reasons for columns that stay as they are, by `schema.table.column`; `accept` the findings
    that somebody took responsibility for. `neutralise` makes harmless what reaches outside in a copy.
    """

    override_query: str | None = field(default=None, repr=False)
    query_file: Path | None = None
    work_url: DatabaseUrl | None = None
    storage_profile: str | None = None
    allow_unsafe: bool = False
    mask: Mapping[str, str] = field(default_factory=dict[str, str])
    policy: Policy | None = None
    keep: Mapping[str, str] = field(default_factory=dict[str, str])
    accept: tuple[Accepted, ...] = ()
    neutralise: bool = False


@dataclass(frozen=True, slots=True)
class Hooks:
    """Programs with their arguments that run before a source is read, and after a snapshot was loaded."""

    before_build: tuple[str, ...] = ()
    after_load: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """A named source database with everything that belongs to it."""

    key: str
    name: str
    type: TargetType = "local"
    source: DatabaseUrl | None = None
    destination: DatabaseUrl | None = None
    cpus: int = 1
    selection: Selection = field(default_factory=Selection)
    limits: Limits = field(default_factory=Limits)
    rules: Rules | None = None
    subset: Subset | None = None
    storage_profile: str | None = None
    share_profile: str | None = None
    groups: tuple[str, ...] = ()
    environment: str | None = None
    keep_previous: bool = False
    protected: bool = False
    hooks: Hooks = field(default_factory=Hooks)

    @property
    def storage(self) -> str:
        """The name of the storage where its snapshots are: the own ones, or what others share."""
        return (self.share_profile if self.type == "share" else self.storage_profile) or "local"


Provider = Literal["local", "s3", "r2", "minio", "dospaces"]


@dataclass(frozen=True, slots=True)
class StorageProfile:
    """Where snapshots are kept. `path` is for `local`, the rest for S3-compatible storage."""

    name: str
    provider: Provider
    path: Path | None = None
    bucket: str = ""
    prefix: str = ""
    region: str | None = None
    endpoint: str | None = None
    account_id: str | None = None
    awscli_profile: str | None = None
    access_key: Secret | None = None
    secret_key: Secret | None = None
    session_token: Secret | None = None
