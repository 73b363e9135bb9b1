"""Reading a snapshot back, all of it, to see whether it is what was written."""

from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, field

from anyio import CapacityLimiter, from_thread, to_thread

from ..model.errors import KeyMissing, ObjectMissing, SnapshotCorrupt
from ..model.job import Progress, Report
from ..model.snapshot import Chunk
from .manifest import SignedManifest
from .parallel import each
from .source import RepositorySource
from .values import Verification

WORKERS = 4
NOT_CHECKED = (
    "Whether a database restores it: loading was not tried.",
    "Whether it equals the source: only what was written can be read back.",
)


@dataclass(slots=True)
class _Tally:
    bytes: int = 0
    missing: list[str] = field(default_factory=list[str])
    corrupt: list[str] = field(default_factory=list[str])
    foreign: list[str] = field(default_factory=list[str])


async def verify_snapshot(signed: SignedManifest, source: RepositorySource, report: Report) -> Verification:
    """Read every chunk of a snapshot whose signature was checked."""
    chunks = {chunk.id: chunk for chunk in signed.manifest.chunks()}
    tally = await _read(chunks.values(), source, report)
    return Verification(
        snapshot=signed.manifest.id,
        manifest_sha256=signed.own.sha256,
        attested=signed.own.attestation is not None,
        signed_by=signed.own.signed.signed_by,
        sent_by=None if signed.origin is None else signed.origin.signed.signed_by,
        chunks=len(chunks),
        bytes=tally.bytes,
        missing=tuple(sorted(tally.missing)),
        corrupt=tuple(sorted(tally.corrupt)),
        foreign=tuple(sorted(tally.foreign)),
        not_checked=NOT_CHECKED,
    )


async def _read(chunks: Collection[Chunk], source: RepositorySource, report: Report) -> _Tally:
    tally = _Tally()
    threads = CapacityLimiter(WORKERS)  # its own: opening a chunk needs a thread of the common one
    total = sum(chunk.raw_bytes for chunk in chunks)

    async def one(chunk: Chunk) -> None:
        try:
            await to_thread.run_sync(_read_one, source, chunk, limiter=threads)
        except ObjectMissing:
            tally.missing.append(chunk.id)
        except SnapshotCorrupt:
            tally.corrupt.append(chunk.id)
        except KeyMissing:
            tally.foreign.append(chunk.id)
        else:
            tally.bytes += chunk.raw_bytes
            report(Progress("verify", tally.bytes, total, "bytes"))

    await each(chunks, one, workers=WORKERS)
    return tally


def _read_one(source: RepositorySource, chunk: Chunk) -> None:
    with closing(source.chunk(chunk)) as blocks:
        for _block in blocks:
            from_thread.check_cancelled()
