"""Uploading a large object in parallel parts, and going on where another attempt stopped."""

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import anyio
from anyio import to_thread

from ..model.errors import EngineError, StorageRefused, StorageUnreachable
from .bucket import Arrived, Bucket, Piece
from .retry import Patience, persist
from .s3_errors import GONE
from .stream import Source

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

T = TypeVar("T")
PARALLEL = 4
MOST_PARTS = 10_000
STALE_SECONDS = 24 * 3600
ABORT_SECONDS = 10


class MultipartUpload:
    """One object on its way into a bucket.

    While the storage is unreachable, what was sent stays there for the next attempt. Any other end, a
    cancellation too, removes it.
    """

    def __init__(
        self, bucket: Bucket, key: str, source: Source, *, part_size: int, patience: Patience
    ) -> None:
        self._bucket, self._key, self._source = bucket, key, source
        self._part_size = max(part_size, -(-source.size // MOST_PARTS))
        self._patience = patience

    async def run(self, *, if_absent: bool) -> bool:
        """Upload and return True, or False if `if_absent` and somebody else was first."""
        upload, arrived = await self._resume()
        try:
            return await self._upload(upload, arrived, if_absent=if_absent)
        except EngineError as error:
            if error.details.get("code") not in GONE:
                raise
        # Somebody else finished, changed or gave up the upload that was continued: a new one is ours alone.
        if if_absent and await to_thread.run_sync(self._bucket.stat, self._key) is not None:
            return False
        return await self._upload(None, {}, if_absent=if_absent)

    async def _resume(self) -> tuple[str | None, dict[int, Arrived]]:
        """Find the newest unfinished upload of this key and give those up that nobody will continue.

        Listing uploads is a right of its own; without it, every upload begins anew.
        """
        try:
            begun = await to_thread.run_sync(self._bucket.begun, self._key)
            fresh = [upload for when, upload in begun if time.time() - when < STALE_SECONDS]
            for _, upload in begun[len(fresh) :]:
                await self._abort(upload)
            if fresh:
                return fresh[0], await to_thread.run_sync(self._bucket.arrived, self._key, fresh[0])
        except StorageRefused:
            pass
        return None, {}

    async def _upload(self, upload: str | None, arrived: dict[int, Arrived], *, if_absent: bool) -> bool:
        if upload is None:
            upload = await to_thread.run_sync(self._bucket.begin, self._key)
        try:
            parts = await self._send(upload, arrived)
            finish = partial(self._bucket.complete, self._key, upload, parts=parts, if_absent=if_absent)
            stored = await self._persist(finish)
        except StorageUnreachable:
            raise
        except BaseException:
            await self._abort(upload)
            raise
        if not stored:
            await self._abort(upload)
        return stored

    async def _send(self, upload: str, arrived: dict[int, Arrived]) -> list["CompletedPartTypeDef"]:
        send = partial(self._bucket.send, self._key, upload, source=self._source)
        pieces = iter(self._pieces())
        parts: dict[int, CompletedPartTypeDef] = {}
        failures: list[EngineError] = []

        async def sender() -> None:
            for piece in pieces:
                request = partial(send, piece=piece, arrived=arrived.get(piece.number))
                try:
                    parts[piece.number] = await self._persist(request)
                except EngineError as error:
                    failures.append(error)
                    group.cancel_scope.cancel()

        async with anyio.create_task_group() as group:
            for _ in range(PARALLEL):
                group.start_soon(sender)
        if failures:
            raise failures[0]
        return [parts[number] for number in sorted(parts)]

    def _pieces(self) -> list[Piece]:
        starts = range(0, self._source.size, self._part_size)
        return [
            Piece(number, start, min(self._part_size, self._source.size - start))
            for number, start in enumerate(starts, 1)
        ]

    async def _persist(self, request: Callable[[], T]) -> T:
        return await persist(lambda: to_thread.run_sync(request), self._patience)

    async def _abort(self, upload: str) -> None:
        with anyio.move_on_after(ABORT_SECONDS, shield=True):
            try:
                await to_thread.run_sync(self._bucket.abort, self._key, upload, abandon_on_cancel=True)
            except EngineError:
                return  # a lifecycle rule of the bucket, or the next upload of this key, removes it
