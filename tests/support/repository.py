"""Repositories for tests, and the damage and the delays that they have to survive."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from anyio import to_thread

from snapharbor.engine.database.base import ChunkSource
from snapharbor.engine.keypair import new_identity, new_signing_key, verifying_key
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.proof import LeakScan
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.snapshot import Kind, Manifest, Part, Sanitization, Snapshot, TableData
from snapharbor.engine.repository.repository import Repository
from snapharbor.engine.storage.base import Storage, Stored

ORDERS = TableName("public", "orders")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody's two keys."""

    identity: Secret
    signing_key: Secret

    @property
    def signs_as(self) -> str:
        """The public key that their snapshots are signed with."""
        return verifying_key(self.signing_key)

    def repository(
        self,
        storage: Storage,
        scratch: Path,
        *,
        identities: Sequence[Secret] = (),
        trusted: Sequence[str] = (),
    ) -> Repository:
        """Open a storage as this person; `identities` instead of the own one."""
        return Repository(
            storage,
            profile=None,
            identities=tuple(identities) or (self.identity,),
            signing_key=self.signing_key,
            scratch=scratch / "scratch",
            trusted=tuple(trusted),
        )


def somebody() -> Person:
    """Return a person with fresh keys."""
    return Person(new_identity(), new_signing_key())


def blocks(content: bytes, size: int = 1 << 16) -> Callable[[], Iterator[bytes]]:
    """Return what opens a stream of that content."""
    return lambda: (content[start : start + size] for start in range(0, len(content), size))


def manifest(
    snapshot_id: str, *, kind: Kind = "original", created_at: str = "2026-11-01T03:00:00+00:00"
) -> Manifest:
    """Return a manifest without any stream."""
    where, rows = {"public.orders": "ephemeral"}, {"public.orders": 3}
    scan = LeakScan(("public.orders.email",), 3, 0.0, 1, 6, 60, 9, 0)
    done = Sanitization("query_file", "a" * 64, "b" * 64, where, 2, rows, scan=scan)
    return Manifest(
        id=snapshot_id,
        target="shop",
        kind=kind,
        created_at=created_at,
        engine="postgres",
        server_version="18.6",
        server_major=18,
        source="7000000000000000000/shop",
        tool="pg_dump 18.6",
        made_by="snapharbor 0.0.0",
        schemas=("public",),
        parts=(),
        tables=(),
        settings_digest="c" * 64,
        sanitization=done if kind == "sanitized" else None,
        timings={"read": 1.5},
    )


async def build(repository: Repository, wanted: Manifest, rows: bytes, part: bytes = b"toc") -> Snapshot:
    """Store one table and one part, and commit."""
    async with repository.writer() as writer:
        table, toc = await writer.store(blocks(rows)), await writer.store(blocks(part))
        tables = (TableData(ORDERS, ("id", "email"), table.rows, table.chunks),)
        return await writer.commit(replace(wanted, tables=tables, parts=(Part("toc.dat", toc.chunks),)))


async def rows_of(repository: Repository, snapshot: Snapshot, *, compressed: bool = False) -> bytes:
    """Read the table back."""
    source: ChunkSource = repository.source(snapshot)
    return await to_thread.run_sync(lambda: b"".join(source.table(ORDERS, compressed=compressed)))


async def keys_in(storage: Storage, prefix: str = "") -> set[str]:
    """Return every key."""
    return {stored.key async for stored in storage.list(prefix)}


async def content(storage: Storage, key: str) -> bytes:
    """Return an object's bytes."""
    async with storage.open(key) as reader:
        return reader.read()


class Watched:
    """A storage that calls `before` ahead of every operation, with its name and key."""

    def __init__(self, inner: Storage, before: Callable[[str, str], Awaitable[None] | None]) -> None:
        self._inner = inner
        self._before = before

    async def put(self, key: str, content: bytes | Path, *, if_absent: bool = False) -> bool:
        """Store."""
        await self._tell("put", key)
        return await self._inner.put(key, content, if_absent=if_absent)

    def open(self, key: str) -> AbstractAsyncContextManager[BinaryIO]:
        """Open, without telling."""
        return self._inner.open(key)

    async def stat(self, key: str) -> Stored | None:
        """Look."""
        await self._tell("stat", key)
        return await self._inner.stat(key)

    async def list(self, prefix: str) -> AsyncIterator[Stored]:
        """List."""
        await self._tell("list", prefix)
        async for stored in self._inner.list(prefix):
            yield stored

    async def delete(self, key: str) -> None:
        """Remove."""
        await self._tell("delete", key)
        await self._inner.delete(key)

    async def presign(self, key: str, seconds: int) -> str | None:
        """Sign, without telling."""
        return await self._inner.presign(key, seconds)

    async def _tell(self, operation: str, key: str) -> None:
        told = self._before(operation, key)
        if inspect.isawaitable(told):
            await told
