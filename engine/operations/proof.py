"""Proving a snapshot clean: originals are gathered before they are gone, and looked for at the end."""

import re
import time
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from anyio import to_thread

from ..database.base import Hashing, SliceReader, View
from ..database.engines import kit
from ..database.meter import Meter
from ..model.catalog import Catalog, TableName
from ..model.job import Progress, Report
from ..model.proof import CallHome, LeakScan
from ..model.rules import RuleSet
from ..model.sensitive import ColumnCoverage
from ..model.snapshot import Manifest
from ..model.target import Target
from ..proof.digits import packed
from ..proof.forms import Forms, forms, root_of
from ..proof.originals import Originals, Place
from ..proof.reference import written
from ..proof.scan import Finished, Found, Unit, search_rest, search_unit, units
from ..rules.literals import literals
from ..services import Services
from ..tasks import open_tasks
from .coverage import Examination
from .reading import reading, start_workers
from .ruleset import engine_of, masker_of
from .sought import Sought, sought

ROW_BYTES = 100
OUTBOX = re.compile(
    r"(.*_)?(outbox|webhooks?|delayed_jobs|good_jobs|sidekiq_jobs|que_jobs|queue_jobs|job_queue|mail_queue"
    r"|email_queue|sms_queue|notification_queue|queued_mails?|pending_(mails?|emails?|jobs|notifications))",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Proof:
    """One search: of which columns, and what they held."""

    services: Services
    target: Target
    rules: RuleSet
    examined: Examination
    originals: Originals
    masked: tuple[ColumnCoverage, ...]
    looked_for: set[str] = field(default_factory=set[str])
    only_elsewhere: set[Place] = field(default_factory=set[Place])
    seconds: float = 0.0

    async def gather(self, view: View, report: Report) -> None:
        """Let the source compute what the masked columns hold, as they are at the view's moment."""
        started = time.monotonic()
        masker = masker_of(self.services, self.target, view.catalog)
        chosen = Sought(self.masked, self.examined.resolved, view.catalog, masker)
        pieces = [*view.hashings(chosen.wanted(), self.originals.hash.seed)]
        meter = Meter(report, "reading originals", sum(one.piece.estimated_bytes for one in pieces))

        async def take(reader: SliceReader, hashing: Hashing) -> None:
            blocks = reader.read(hashing.piece)
            if hashing.digits:
                blocks = packed(blocks, len(hashing.flags))
            table = hashing.piece.table
            root = root_of(table, view.catalog)
            own = (str(root), hashing.piece.columns[0]) if hashing.elsewhere else None
            gather = partial(self.originals.gather, own=own)
            await to_thread.run_sync(gather, table, hashing.flags, blocks)
            self.only_elsewhere.update((own,) if own else ())
            self.looked_for.update(f"{root}.{column}" for column in hashing.piece.columns)
            meter.add(hashing.piece.estimated_bytes)

        async with reading(view) as group:
            start_workers(group, view, pieces, workers=self.target.cpus, work=take)
        self.seconds += time.monotonic() - started

    async def search(self, finished: Finished, catalog: Catalog, report: Report) -> LeakScan:
        """Read the stored snapshot back and search all of it."""
        started, manifest = time.monotonic(), finished.manifest
        covered = {(one.table, one.column): one for one in self.examined.covered}
        looked_at = {
            table.name: forms(table.name, table.columns, catalog=catalog, coverage=covered)
            for table in manifest.tables
        }
        artefact = self.services.artefact(finished)
        found, passes = Found(self.originals, self._allowed()), self.originals.passes
        meter = Meter(report, "searching for originals", passes * sum(t.raw_bytes for t in manifest.tables))
        for part in range(passes):
            if passes > 1:
                await to_thread.run_sync(self.originals.only, part)
            first = part == 0
            await to_thread.run_sync(partial(search_rest, artefact, found, shaped=first))
            work = partial(search_unit, finished, found=found, shaped=first, told=meter.add)
            await self._each(units(manifest, looked_at), work)
        report(Progress("searching for originals"))
        hits = await to_thread.run_sync(found.finish)
        return LeakScan(
            masked=tuple(sorted(self.looked_for)),
            originals=self.originals.count,
            chance=round(found.asked * self.originals.count / 2.0**63, 6),
            tables=len(manifest.tables),
            cells=found.cells,
            bytes=found.bytes,
            definitions=found.definitions,
            large_objects=found.large_objects,
            skipped=self._skipped(looked_at.values()),
            unread=tuple(found.unread),
            hits=hits,
            calls_home=(*artefact.calls_home(), *_outboxes(manifest)),
            accepted=self._accepted(hit.fingerprint for hit in hits),
            seconds=round(self.seconds + time.monotonic() - started, 3),
        )

    async def _each(self, pieces: Iterator[Unit], work: "partial[None]") -> None:
        async def take() -> None:
            for piece in pieces:
                await to_thread.run_sync(work, piece)

        async with open_tasks() as group:
            for _ in range(self.target.cpus):
                group.start_soon(take)

    def _allowed(self) -> frozenset[int]:
        """Return the hashes of what the rules write themselves, whole values and the pieces of them."""
        texts = literals(self.rules, engine_of(self.target))
        return frozenset(value for text in texts for value in written(text, self.originals.hash))

    def _skipped(self, tables: "Collection[Forms]") -> Mapping[str, int]:
        places = {f"{one.table}.{one.column}" for one in self.masked}
        partly = len(self.only_elsewhere)
        unread = Counter(form for table in tables for form in table.forms)[ord("-")]
        return {
            reason: count
            for reason, count in (
                ("masked columns whose values mean nothing elsewhere", len(places - self.looked_for)),
                ("columns masked in part, whose own values were looked for elsewhere only", partly),
                ("columns of numbers, dates and other types that hold no text", unread),
            )
            if count
        }

    def _accepted(self, fingerprints: Iterator[str]) -> tuple[str, ...]:
        taken = {one.fingerprint for one in self.target.rules.accept} if self.target.rules else set[str]()
        return tuple(one for one in fingerprints if one in taken)


@asynccontextmanager
async def proving(
    services: Services, target: Target, rules: RuleSet, examined: Examination
) -> AsyncGenerator[Proof]:
    """Make ready to prove that what the rules mask or remove is nowhere in a snapshot."""
    masked = tuple(
        column for column in examined.covered if sought(column, examined.resolved, examined.catalog)
    )
    expected = sum(_rows(column.table, examined.catalog) for column in masked)
    name = kit(engine_of(target)).hash
    originals = Originals.expecting(expected, services.settings.working_directory / "tmp", name)
    try:
        yield Proof(services, target, rules, examined, originals, masked)
    finally:
        originals.close()


def outboxes(catalog: Catalog) -> tuple[str, ...]:
    """Return the tables whose rows an application may send or run by itself."""
    return tuple(str(table.name) for table in catalog.tables if OUTBOX.fullmatch(table.name.name))


def _outboxes(manifest: Manifest) -> Iterator[CallHome]:
    for table in manifest.tables:
        if OUTBOX.fullmatch(table.name.name) and table.rows:
            yield CallHome("TABLE", str(table.name), "an application may send or run its rows by itself")


def _rows(name: TableName, catalog: Catalog) -> int:
    """Return about how many rows a table has, its partitions together."""
    return sum(
        table.rows if table.rows >= 0 else table.bytes // ROW_BYTES
        for table in catalog.tables
        if root_of(table.name, catalog) == name
    )
