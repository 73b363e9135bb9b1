"""Compare two snapshots by what they define and how many rows their tables have; no row is read."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from hashlib import sha256

from anyio import to_thread

from ..database.engines import engine_of, kit
from ..model.comparison import Change, Comparison, DefinitionChange, TableChange
from ..model.errors import ArgumentInvalid
from ..model.snapshot import Snapshot, TableData
from ..services import Services
from . import look

# Where numbers stand is data, who may do what is not part of a copy, and a private copy has another name.
IRRELEVANT = ("SEQUENCE SET ", "ACL ", "DEFAULT ACL ", "DATABASE ", "COMMENT DATABASE ")
COUNTER = re.compile(rb"\bAUTO_INCREMENT=\d+ ?")


async def compare(services: Services, first: str, second: str) -> Comparison:
    """Compare two snapshots, each by any reference; raw ones too, since nothing of a row is told.

    Raises:
        SnapshotUnknown, ...: there is no such snapshot.
        ArgumentInvalid: they are of different kinds of databases.
    """
    one = await look.snapshot(services, first)
    other = await look.snapshot(services, second)
    kinds = [kit(engine_of(found.manifest)).name for found in (one, other)]
    if kinds[0] != kinds[1]:
        raise ArgumentInvalid(
            f"`{one.id}` is of {kinds[0]}, and `{other.id}` of {kinds[1]}", "Compare snapshots of one kind."
        )
    before = await to_thread.run_sync(_defined, services, one)
    after = await to_thread.run_sync(_defined, services, other)
    return Comparison(one.id, other.id, tuple(_tables(one, other)), tuple(_definitions(before, after)))


def _defined(services: Services, found: Snapshot) -> Mapping[str, frozenset[bytes]]:
    """Return digests of everything that is defined, by what it is; blocking."""
    texts: dict[str, set[bytes]] = defaultdict(set)
    artefact = services.artefact(services.repository(found.profile).source(found))
    for what, text in artefact.definitions():
        if not what.startswith(IRRELEVANT):
            texts[what].add(sha256(COUNTER.sub(b"", text)).digest())
    return {what: frozenset(digests) for what, digests in texts.items()}


def _definitions(
    before: Mapping[str, frozenset[bytes]], after: Mapping[str, frozenset[bytes]]
) -> Iterator[DefinitionChange]:
    for what in sorted({*before, *after}):
        if before.get(what) != after.get(what):
            change: Change = "added" if what not in before else "removed" if what not in after else "changed"
            yield DefinitionChange(what, change)


def _tables(one: Snapshot, other: Snapshot) -> Iterator[TableChange]:
    before, after = ({str(table.name): table for table in found.manifest.tables} for found in (one, other))
    for name in sorted({*before, *after}):
        change = _table(name, before.get(name), after.get(name))
        if change is not None:
            yield change


def _table(name: str, before: TableData | None, after: TableData | None) -> TableChange | None:
    rows = (before.rows if before else None, after.rows if after else None)
    columns = (before.columns if before else (), after.columns if after else ())
    added = tuple(column for column in columns[1] if column not in columns[0])
    removed = tuple(column for column in columns[0] if column not in columns[1])
    if before is None or after is None:
        return TableChange(name, rows)
    return TableChange(name, rows, added, removed) if rows[0] != rows[1] or added or removed else None
