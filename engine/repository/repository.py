"""Snapshots in one storage: found, written, read, verified, pruned. docs/format.md says how they are kept."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import Lock

from ..model.attested import Attested
from ..model.errors import (
    EngineError,
    FormatUnknown,
    KeyMissing,
    ObjectMissing,
    SignerUntrusted,
    SnapshotCorrupt,
    SnapshotUnknown,
    SnapshotUnsanitized,
    StorageRefused,
)
from ..model.job import Report, ignore
from ..model.secret import Secret
from ..model.snapshot import Snapshot, TableData, snapshot
from ..storage.base import Storage
from .layout import SNAPSHOTS, is_snapshot_id, manifest_key
from .lease import hold
from .parallel import each
from .retention import Retention
from .scratch import spool_directory
from .transfer import read_object
from .values import GRACE_SECONDS, KeyObject, PrunePlan, PruneResult, Survey, Verification

if TYPE_CHECKING:
    from .keys import KeyRing, Keys
    from .manifest import SignedManifest
    from .source import RepositorySource
    from .writer import SnapshotWriter

READERS = 8


class Repository:
    """The snapshots of one storage profile (None: the local working directory).

    Args:
        storage: where the objects are.
        profile: its name.
        identities: age secret keys; a new repository is encrypted to the first, any of them opens one.
        signing_key: Ed25519 private key (PEM); signs what is written and is trusted on reading.
        scratch: a directory for encrypted chunks on their way.
        trusted: public keys of others whose snapshots are read too.
    """

    def __init__(
        self,
        storage: Storage,
        *,
        profile: str | None,
        identities: tuple[Secret, ...],
        signing_key: Secret,
        scratch: Path,
        trusted: tuple[str, ...] = (),
    ) -> None:
        self.storage = storage
        self.profile = profile
        self._identities = identities
        self._signing_key = signing_key
        self._scratch = scratch
        self._trusted = trusted
        self._keys: Keys | None = None
        self._opening = Lock()
        self._read: dict[str, Snapshot] = {}
        self._tables: dict[TableData, TableData] = {}

    async def survey(self) -> Survey:
        """Return the snapshots, newest first, and those that cannot be read.

        Raises:
            KeyMissing, SignerUntrusted, SnapshotCorrupt, FormatUnknown: the repository cannot be opened.
        """
        found: dict[str, Snapshot] = {}
        unreadable: dict[str, EngineError] = {}

        async def one(snapshot_id: str) -> None:
            try:
                found[snapshot_id] = await self._snapshot(snapshot_id)
            except (SnapshotCorrupt, FormatUnknown, KeyMissing, SignerUntrusted) as error:
                unreadable[snapshot_id] = error
            except SnapshotUnknown:
                return  # removed since it was listed

        keys = [stored.key async for stored in self.storage.list(SNAPSHOTS)]
        ids = [
            name for key in keys if key == manifest_key(name := key.split("/")[1]) and is_snapshot_id(name)
        ]
        if ids:
            await self.keys()  # first: what is wrong with the repository is wrong with none of its snapshots
        await each(ids, one, workers=READERS)
        newest_first = sorted(found.values(), key=lambda s: (s.manifest.created_at, s.id), reverse=True)
        return Survey(tuple(newest_first), unreadable)

    async def snapshots(self) -> Sequence[Snapshot]:
        """Return the snapshots that can be read, newest first."""
        return (await self.survey()).snapshots

    async def find(self, snapshot_id: str) -> Snapshot:
        """Return the snapshot of exactly that id.

        Raises:
            SnapshotUnknown: there is none.
            SnapshotCorrupt, FormatUnknown, KeyMissing, SignerUntrusted: it cannot be read.
        """
        if not await self.exists(snapshot_id):
            raise SnapshotUnknown(f"no snapshot `{snapshot_id[:80]}`")
        return await self._snapshot(snapshot_id)

    async def exists(self, snapshot_id: str) -> bool:
        """Whether there is a snapshot of exactly that id, readable or not."""
        return is_snapshot_id(snapshot_id) and await self.storage.stat(manifest_key(snapshot_id)) is not None

    @asynccontextmanager
    async def hold(self) -> AsyncGenerator[None]:
        """Keep every chunk from being pruned while the context is open; for long reads.

        Who may only read the storage reads unprotected: a prune at that moment can make the read fail.
        """
        async with AsyncExitStack() as stack:
            with suppress(StorageRefused):
                lease = await stack.enter_async_context(hold(self.storage, "write"))
                await lease.renew()
            yield

    @asynccontextmanager
    async def writer(self) -> "AsyncGenerator[SnapshotWriter]":
        """Open a writer for one snapshot; the first one in a storage makes the repository."""
        from .writer import SnapshotWriter

        keys = await self.keys(create=True)
        ring, profile = await self.ring(), self.profile
        async with spool_directory(self._scratch) as spool, hold(self.storage, "write") as lease:
            await lease.renew()
            yield SnapshotWriter(self.storage, keys, ring=ring, lease=lease, spool=spool, profile=profile)

    def source(self, snapshot: Snapshot) -> "RepositorySource":
        """Return the snapshot's streams, to be read in worker threads; a `ChunkSource`."""
        from .source import RepositorySource

        return RepositorySource(self.storage, self.keys, snapshot.manifest)

    async def verify(self, snapshot: Snapshot, report: Report = ignore) -> Verification:
        """Read the manifest and every chunk again and check signature, encryption, content and row counts.

        Raises:
            SnapshotCorrupt: the manifest is not what was signed; damaged chunks are in the answer instead.
        """
        from .verify import verify_snapshot

        return await verify_snapshot(await self.signed(snapshot.id), self.source(snapshot), report)

    async def attested(self, snapshot: Snapshot) -> Attested:
        """Return a sanitized snapshot with the statement about it, both checked.

        Raises:
            SnapshotUnsanitized: it is an original, of which nothing is attested.
            SnapshotCorrupt: it is not what was signed.
        """
        signed = await self.signed(snapshot.id)
        own = signed.own
        if own.attestation is None:
            raise SnapshotUnsanitized(
                f"`{snapshot.id}` is an original: there is nothing to prove about it", "Sanitize it first."
            )
        sent = signed.origin.signed.signed_by if signed.origin else None
        return Attested(signed.manifest, own.sha256, own.attestation, own.signed.signed_by, sent)

    async def delete(self, snapshot_id: str) -> None:
        """Remove a snapshot. Its chunks go with the next prune, unless something needs them.

        Raises:
            SnapshotUnknown: there is none.
        """
        if not await self.exists(snapshot_id):
            raise SnapshotUnknown(f"no snapshot `{snapshot_id[:80]}`")
        await self.storage.delete(manifest_key(snapshot_id))

    async def prune_plan(
        self,
        rules: Retention | None = None,
        *,
        target: str | None = None,
        damaged: bool = False,
        grace_seconds: float = GRACE_SECONDS,
    ) -> PrunePlan:
        """Decide which snapshots go, for one target or all, and how much that frees: the dry run.

        With no rule at all, every snapshot stays; with `damaged`, those go whose manifest is damaged.
        Chunks that nothing needs stay for `grace_seconds`, for the next try of a build that failed.

        Raises:
            SnapshotCorrupt: a manifest that stays cannot be read, so nobody knows what it needs.
        """
        from .prune import plan_prune

        return await plan_prune(
            self.storage,
            await self.survey(),
            rules=rules or Retention(),
            target=target,
            damaged=damaged,
            grace_seconds=grace_seconds,
        )

    async def prune(
        self,
        remove: Collection[str],
        report: Report = ignore,
        *,
        damaged: Collection[str] = (),
        grace_seconds: float = GRACE_SECONDS,
    ) -> PruneResult:
        """Remove the snapshots of a plan, then every chunk that no snapshot needs by then.

        Safe beside builds: while one runs, chunks wait for the next prune. What is `damaged` goes only if it
        still is.

        Raises:
            SnapshotCorrupt: a manifest that stays cannot be read, so nobody knows what it needs.
        """
        from .prune import run_prune

        return await run_prune(
            self.storage,
            self.survey,
            remove=remove,
            damaged=damaged,
            grace_seconds=grace_seconds,
            report=report,
        )

    async def key_object(self) -> KeyObject | None:
        """Return what is known of the repository's key without opening it; None: there is no repository.

        Raises:
            SnapshotCorrupt, FormatUnknown, SignerUntrusted: it cannot be read or believed.
        """
        from .keys import read_key_object

        return await read_key_object(self.storage, await self.ring())

    async def rewrap(self, recipients: Sequence[str]) -> None:
        """Open the repository to the own first identity and these age public keys, and to nobody else.

        Chunks and manifests stay as they are. Whoever could open it before may have kept the master key.
        """
        from .keys import rewrap_keys

        await rewrap_keys(self.storage, await self.ring(), recipients)

    async def keys(self, *, create: bool = False) -> "Keys":
        """Return the repository's keys.

        Raises:
            KeyMissing: no identity opens it, or there is no repository and none was to be made.
            SnapshotCorrupt, FormatUnknown: they cannot be read.
            SignerUntrusted: somebody unknown signed them.
        """
        async with self._opening:
            if self._keys is None:
                from .keys import create_keys, open_keys

                ring = await self.ring()
                open_or_create = create_keys if create else open_keys
                self._keys = await open_or_create(self.storage, ring)
            return self._keys

    async def ring(self) -> "KeyRing":
        """Return whose keys are used here."""
        from ..keypair import verifying_key
        from .keys import KeyRing

        own = verifying_key(self._signing_key)
        return KeyRing(self._identities, self._signing_key, frozenset((own, *self._trusted)))

    async def signed(self, snapshot_id: str) -> "SignedManifest":
        """Read a manifest from the storage, and check and parse it."""
        from .manifest import open_manifest

        keys = await self.keys()
        try:
            sealed = await read_object(self.storage, manifest_key(snapshot_id))
        except ObjectMissing:
            raise SnapshotUnknown(f"no snapshot `{snapshot_id[:80]}`") from None
        return open_manifest(sealed, snapshot_id, keys=keys, ring=await self.ring())

    async def _snapshot(self, snapshot_id: str) -> Snapshot:
        if snapshot_id not in self._read:
            manifest = (await self.signed(snapshot_id)).manifest
            # Most tables are the same in many snapshots: each is kept once.
            tables = tuple(self._tables.setdefault(table, table) for table in manifest.tables)
            self._read[snapshot_id] = snapshot(replace(manifest, tables=tables), self.profile)
        return self._read[snapshot_id]
