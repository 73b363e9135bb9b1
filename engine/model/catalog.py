"""What a database is made of: structure and sizes, never a row."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from .url import Engine

TableKind = Literal["table", "partitioned", "view", "materialized-view", "foreign"]


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """A table by its exact names, unquoted."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Column:
    """`type` is the server's own spelling, with length and precision; `labels` are those of an enum.

    `made_of` is the type that a domain is made of in the end, None for any other. `fields` are those of a
    composite type, and below them those of their own types, as `outer.inner`.
    """

    name: str
    type: str
    nullable: bool
    default: str | None = None
    generated: bool = False
    identity: bool = False
    comment: str | None = None
    made_of: str | None = None
    labels: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cast:
    """From one type to another, as the server writes them.

    Any is done where it is written; one for an `assignment` there, too, and an `implicit` one everywhere.
    """

    source: str
    target: str
    context: Literal["explicit", "assignment", "implicit"]


@dataclass(frozen=True, slots=True)
class Operator:
    """`operands` are types as the server writes them."""

    name: str
    operands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UserMade:
    """What runs functions that users wrote: neither the server's own nor programs of an extension.

    `types` are the users' own types, as the server writes them.
    """

    functions: frozenset[str] = frozenset()
    casts: tuple[Cast, ...] = ()
    operators: tuple[Operator, ...] = ()
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger of the user that is enabled. `events` are verbs in lower case: insert, update, …"""

    name: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`columns` refer to `referenced_columns` of `referenced`, in order."""

    name: str
    columns: tuple[str, ...]
    referenced: TableName
    referenced_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` is the server's estimate (-1: never counted); `bytes` is the size on its disk.

    `inherits` are the tables that it inherits from without being a partition: what is done to those reaches
    it too. `reads` are the tables and views that a view is made of.
    """

    name: TableName
    kind: TableKind
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    partition_of: TableName | None = None
    inherits: tuple[TableName, ...] = ()
    reads: tuple[TableName, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    row_security: bool = False
    rows: int = -1
    bytes: int = 0
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Catalog:
    """All user tables of one database, sorted by name; `schemas` are its non-system schemas.

    Where `engine` is `mysql`, the only one is the database itself.
    """

    schemas: tuple[str, ...]
    tables: tuple[Table, ...]
    extensions: tuple[str, ...] = ()
    user_made: UserMade = UserMade()
    engine: Engine = "postgres"
    _by_name: dict[TableName, Table] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {table.name: table for table in self.tables})

    @property
    def search_path(self) -> tuple[str, ...]:
        """Where a table is looked for whose schema is not named."""
        return self.schemas if self.engine == "mysql" else ("public",)

    def table(self, name: TableName) -> Table | None:
        """Return the table of exactly that name."""
        return self._by_name.get(name)

    def referring(self, names: Collection[TableName]) -> set[TableName]:
        """Return the other tables that refer to some by foreign keys, however far away."""
        found = set(names)
        while more := {
            table.name
            for table in self.tables
            if table.name not in found and any(key.referenced in found for key in table.foreign_keys)
        }:
            found |= more
        return found - set(names)


@dataclass(frozen=True, slots=True)
class Server:
    """Who answered, as whom.

    `system` is what the server calls itself for good, whatever URL led to it, and `started` what it calls
    itself until its next restart. A role that may not ask for the first gets the second instead. `alone` says
    why only one connection of that role can read one moment, empty if several can.
    """

    system: str
    started: str
    database: str
    product: str
    version: str
    major: int
    role: str
    role_can_write: bool
    role_can_create: bool
    standby: bool
    bytes: int
    alone: str = ""

    @property
    def identity(self) -> str:
        """One database in the world: two URLs with the same identity are the same data."""
        return f"{self.system}/{self.database}"

    def may_be(self, other: "Server") -> bool:
        """Whether the other is the same server, or a standby or primary of it, or cannot be told from that.

        Moments of start tell two servers apart, but not a standby from its primary.
        """
        if {self.system, self.started} & {other.system, other.started}:
            return True
        if self.system != self.started and other.system != other.started:
            return False
        return self.standby or other.standby


def mentions(expression: str, column: str) -> bool:
    """Tell whether an expression, as the server writes it, mentions a column: rather once too often."""
    quoted = '"' + column.replace('"', '""') + '"'
    return quoted in expression or bool(re.search(rf'(?<![\w"]){re.escape(column)}(?![\w"])', expression))
