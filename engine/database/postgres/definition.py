"""pg_dump on our moment: everything that is not a row of a table that we read ourselves.

Its output comes through a pipe, in the custom format, and is taken apart on the way: large objects, and
the rows of tables that stay with pg_dump, are streams like any other.
"""

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from ...model.catalog import TableName
from ...model.errors import DatabaseFailed
from ...model.identifier import quote, quoted
from ...model.target import Limits
from ..base import Blocks
from ..process import Child
from ..programs import Programs
from .artefact import called
from .custom import split_custom
from .marker import marked
from .session import Session
from .ties import CatalogId
from .toc import ArchiveDamaged, ByteStream, read_toc, with_dependents, write_toc

BLOCK = 1 << 20
PATTERN_BYTES, COMMAND_LINE_BYTES = 40, 1 << 19
NAMES_PER_PATTERN = 20
T = TypeVar("T")
OPTIONS = (
    "--format=custom",
    "--compress=0",
    "--encoding=UTF8",
    "--no-publications",
    "--no-subscriptions",
    "--no-security-labels",
    "--no-password",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What pg_dump shall write.

    Attributes:
        snapshot: The exported snapshot's name.
        ours: Tables whose rows we read ourselves.
        without_rows: More tables whose rows are left out.
        without_tables: Tables and views left out.
        without_schemas: Schemas left out.
        emptied_schemas: Schemas of which only what extensions need is taken.
        without_keys: Foreign keys left out, by table and name.
        without_ids: Anything left out, by catalogue and oid.
        without_objects: Whether large objects are left out.
        without_kinds: Kinds of entries left out, with what needs them.
        without_owners: Whether owners and grants are left out.
        left_out: Takes the names of what was left out for its kind.
        marked: Schemas that the marker's table can be in, none without a marker.
        marks: Takes the name of that table.
    """

    snapshot: str
    ours: frozenset[TableName]
    without_rows: frozenset[TableName]
    without_tables: tuple[TableName, ...]
    without_schemas: tuple[str, ...]
    emptied_schemas: tuple[str, ...]
    without_keys: tuple[tuple[TableName, str], ...]
    without_ids: frozenset[CatalogId]
    without_objects: bool = False
    without_kinds: frozenset[bytes] = frozenset()
    without_owners: bool = False
    left_out: list[str] = field(default_factory=list[str])
    marked: tuple[str, ...] = ()
    marks: list[TableName] = field(default_factory=list[TableName])

    def options(self, limits: Limits, major: int) -> tuple[str, ...]:
        """Return the options for a pg_dump of that major version."""
        return (
            *OPTIONS,
            "--no-blobs" if self.without_objects else "--blobs",
            *(("--no-acl",) if self.without_owners else ()),
            *(("--no-statistics",) if major >= 18 else ()),
            *((f"--lock-wait-timeout={limits.lock_timeout}s",) if limits.lock_timeout else ()),
            f"--snapshot={self.snapshot}",
            *(f"--exclude-schema={quote(schema)}" for schema in self.without_schemas),
            *(f"--exclude-table={quote(schema)}.*" for schema in self.emptied_schemas),
            *(f"--exclude-table={pattern}" for pattern in patterns(self.without_tables)),
            *(f"--exclude-table-data={pattern}" for pattern in patterns(self.ours | self.without_rows)),
        )


def patterns(names: Iterable[TableName]) -> Iterator[str]:
    """Yield pg_dump patterns that match exactly these tables.

    What stands in double quotes means itself; outside of them a pattern is a regular expression. A pattern
    of one name is found by index and is the fastest by far, but a command line has an end.
    """
    ordered = sorted(names)
    length = sum(len(quoted(name).encode()) + PATTERN_BYTES for name in ordered)
    together = 1 if length <= COMMAND_LINE_BYTES else NAMES_PER_PATTERN
    for schema, group in groupby(ordered, key=lambda name: name.schema):
        members = [quote(name.name) for name in group]
        for start in range(0, len(members), together):
            some = "|".join(members[start : start + together])
            yield f"{quote(schema)}.{some}" if together == 1 else f"{quote(schema)}.({some})"


def definition(
    programs: Programs,
    session: Session,
    *,
    pg_dump: Sequence[str | Path],
    options: Sequence[str],
    wanted: Wanted,
) -> Generator[tuple[str, Blocks]]:
    """Yield pg_dump's output as named parts, each read to its end before the next; blocking.

    Raises:
        DatabaseFailed, TimedOut, ...: pg_dump failed, or wrote rows that we write too.
    """
    with programs.running(session, *pg_dump, f"--dbname={session.conninfo}", *options) as child:
        for name, blocks in _explained(programs, child, split_custom(_output(child))):
            content = _checked(blocks, wanted) if name == "toc" else blocks
            yield name, _explained(programs, child, content)
        if child.wait().code:
            raise programs.failure("pg_dump", child)
        programs.check()


def _explained(programs: Programs, child: Child, pieces: Iterator[T]) -> Iterator[T]:
    """Pass pieces on; where they end too early, tell why."""
    try:
        yield from pieces
    except ArchiveDamaged as damage:
        if child.wait().code:
            raise programs.failure("pg_dump", child) from None
        raise DatabaseFailed(f"pg_dump wrote what is not understood: {damage}") from damage


def _output(child: Child) -> Blocks:
    return iter(partial(os.read, child.stdout.fileno(), BLOCK), b"")


def _checked(blocks: Blocks, wanted: Wanted) -> Blocks:
    """Pass on a table of contents that has no rows of our tables: twice would lose some on loading."""
    toc = read_toc(ByteStream(blocks))
    ours = {(name.schema.encode(), name.name.encode()) for name in wanted.ours}
    if any(entry.desc == b"TABLE DATA" and (entry.namespace, entry.tag) in ours for entry in toc.entries):
        raise DatabaseFailed("pg_dump wrote the rows of a table that it was told to leave out")
    keys = {(table.schema.encode(), f"{table.name} {key}".encode()) for table, key in wanted.without_keys}
    dropped = {
        entry.id
        for entry in toc.entries
        if (int(entry.table_oid or 0), int(entry.oid or 0)) in wanted.without_ids
        or (entry.desc == b"FK CONSTRAINT" and (entry.namespace, entry.tag) in keys)
    }
    unwanted = [entry for entry in toc.entries if entry.desc in wanted.without_kinds]
    wanted.left_out.extend(map(called, unwanted))
    gone = with_dependents(dropped | {entry.id for entry in unwanted}, toc.entries)
    kept = (entry for entry in toc.entries if entry.id not in gone)
    anonymous = (replace(entry, owner=b"") if wanted.without_owners else entry for entry in kept)
    toc = replace(toc, entries=tuple(anonymous))
    toc, table = marked(toc, wanted.marked)
    wanted.marks.extend([table] if table else ())
    yield write_toc(toc)
