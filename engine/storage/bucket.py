"""The requests that one S3-compatible bucket is asked; blocking, thread-safe."""

import base64
import hashlib
import io
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from botocore.exceptions import ClientError

from ..model.errors import ObjectMissing, StorageUnreachable
from .base import Stored
from .retry import Patience
from .s3_errors import FAILURES, PRECONDITION, code_of, translated, unknown_features
from .stream import READ_AHEAD, Body, ObjectReader, Source

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, GetObjectOutputTypeDef

T = TypeVar("T")
Extras = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a multipart upload: number from 1, place in the source."""

    number: int
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """A part that the server already holds. `sha256` is base64, where the server kept it."""

    size: int
    etag: str
    sha256: str | None

    def holds(self, body: io.BufferedReader, sha256: str, *, size: int) -> bool:
        """Whether these are the same bytes; where the server kept no SHA-256, an ETag is the MD5."""
        if self.size != size:
            return False
        return self.sha256 == sha256 if self.sha256 is not None else self.etag == _md5(body).hex()


class Bucket:
    """A bucket's objects by their full names.

    Checksums and conditions are asked for until the server says that it does not know them; from then
    on Content-MD5 guards what is sent, and nothing guards against two writers at the same moment.
    """

    def __init__(self, name: str, connect: Callable[[], "S3Client"]) -> None:
        self.name = name
        self._connect = connect
        self._made: S3Client | None = None
        self._lock = threading.Lock()
        self._completing = threading.Lock()
        self._sha256 = True
        self._conditions = True

    def put(self, key: str, source: Source, *, if_absent: bool) -> bool:
        """Store a whole object in one request; False if `if_absent` and it is there."""
        with self._client(key) as client, source.section(0, source.size) as body:
            guard = self._guard(body, _sha256(body))
            return self._unless_present(
                client.put_object,
                lambda: {**guard(), **self._condition(if_absent)},
                Bucket=self.name,
                Key=key,
                Body=body,
            )

    def reader(self, key: str, patience: Patience) -> BinaryIO:
        """Open an object; the reader comes back after a broken connection, or fails if it changed."""
        first = self._get(key)

        def rest(offset: int) -> Body:
            answer = self._get(key, Range=f"bytes={offset}-", IfMatch=first["ETag"])
            if answer["ResponseMetadata"]["HTTPStatusCode"] != 206:
                answer["Body"].close()
                raise StorageUnreachable(f"bucket `{self.name}` does not continue where it stopped")
            return self._body(key, answer)

        raw = ObjectReader(first["ContentLength"], self._body(key, first), rest=rest, patience=patience)
        return io.BufferedReader(raw, READ_AHEAD)

    def stat(self, key: str) -> Stored | None:
        """Return size and age."""
        try:
            with self._client(key) as client:
                head = client.head_object(Bucket=self.name, Key=key)
        except ObjectMissing:
            return None
        return Stored(key, head["ContentLength"], head["LastModified"].timestamp())

    def pages(self, prefix: str) -> Iterator[list[Stored]]:
        """Yield the objects whose name starts so, up to 1,000 at a time."""
        with self._client(prefix) as client:
            for page in client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix):
                yield [
                    Stored(item.get("Key", ""), item.get("Size", 0), item["LastModified"].timestamp())
                    for item in page.get("Contents", [])
                    if "LastModified" in item
                ]

    def delete(self, key: str) -> None:
        """Remove an object; absent is fine."""
        try:
            with self._client(key) as client:
                client.delete_object(Bucket=self.name, Key=key)
        except ObjectMissing:
            return

    def presign(self, key: str, seconds: int) -> str:
        """Return a signed address that reads the object."""
        with self._client(key) as client:
            return client.generate_presigned_url(
                "get_object", Params={"Bucket": self.name, "Key": key}, ExpiresIn=seconds
            )

    def begin(self, key: str) -> str:
        """Begin a multipart upload and return its id."""
        with self._client(key) as client:
            answer = self._ask(
                client.create_multipart_upload,
                lambda: {"ChecksumAlgorithm": "SHA256"} if self._sha256 else {},
                Bucket=self.name,
                Key=key,
            )
        return answer["UploadId"]

    def begun(self, key: str) -> list[tuple[float, str]]:
        """Return the unfinished multipart uploads of exactly this key: when begun, and id; newest first."""
        with self._client(key) as client:
            answer = client.list_multipart_uploads(Bucket=self.name, Prefix=key)
        found = [
            (upload["Initiated"].timestamp(), upload.get("UploadId", ""))
            for upload in answer.get("Uploads", [])
            if upload.get("Key") == key and "Initiated" in upload
        ]
        return sorted(found, reverse=True)

    def arrived(self, key: str, upload: str) -> dict[int, Arrived]:
        """Return the parts of an upload that the server holds, by number."""
        with self._client(key) as client:
            pages = client.get_paginator("list_parts").paginate(Bucket=self.name, Key=key, UploadId=upload)
            return {
                part.get("PartNumber", 0): Arrived(
                    part.get("Size", -1), part.get("ETag", "").strip('"'), part.get("ChecksumSHA256")
                )
                for page in pages
                for part in page.get("Parts", [])
            }

    def send(
        self, key: str, upload: str, *, piece: Piece, source: Source, arrived: Arrived | None
    ) -> "CompletedPartTypeDef":
        """Send one part, unless the server holds the same bytes already, and return its receipt."""
        with self._client(key) as client, source.section(piece.start, piece.length) as body:
            sha256 = _sha256(body)
            if arrived is not None and arrived.holds(body, sha256, size=piece.length):
                etag = arrived.etag
            else:
                fields = {"Bucket": self.name, "Key": key, "UploadId": upload, "PartNumber": piece.number}
                etag = self._ask(client.upload_part, self._guard(body, sha256), Body=body, **fields)["ETag"]
            receipt: CompletedPartTypeDef = {"PartNumber": piece.number, "ETag": etag}
            if self._sha256:
                receipt["ChecksumSHA256"] = sha256
            return receipt

    def complete(
        self, key: str, upload: str, *, parts: list["CompletedPartTypeDef"], if_absent: bool
    ) -> bool:
        """Make the parts an object; False if `if_absent` and it is there.

        One at a time: some servers look for the object, then put the parts together, and two that overlap
        are both told that they were first.
        """
        with self._completing, self._client(key) as client:
            return self._unless_present(
                client.complete_multipart_upload,
                lambda: self._condition(if_absent),
                Bucket=self.name,
                Key=key,
                UploadId=upload,
                MultipartUpload={"Parts": parts},
            )

    def abort(self, key: str, upload: str) -> None:
        """Give an upload up; its parts are removed."""
        with self._client(key) as client:
            client.abort_multipart_upload(Bucket=self.name, Key=key, UploadId=upload)

    @contextmanager
    def _client(self, key: str) -> "Generator[S3Client]":
        try:
            with self._lock:
                if self._made is None:
                    self._made = self._connect()
            yield self._made
        except FAILURES as error:
            raise translated(error, bucket=self.name, key=key) from None

    def _get(self, key: str, **fields: str) -> "GetObjectOutputTypeDef":
        with self._client(key) as client:
            get: Callable[..., GetObjectOutputTypeDef] = client.get_object
            return get(Bucket=self.name, Key=key, **fields)

    def _body(self, key: str, answer: "GetObjectOutputTypeDef") -> Body:
        def read(count: int) -> bytes:
            with self._client(key):
                return answer["Body"].read(count)

        return Body(read, answer["Body"].close)

    def _unless_present(
        self, request: Callable[..., object], extras: Callable[[], Extras], **fields: object
    ) -> bool:
        try:
            self._ask(request, extras, **fields)
        except ClientError as error:
            if code_of(error) in PRECONDITION:
                return False
            raise
        return True

    def _ask(self, request: Callable[..., T], extras: Callable[[], Extras], **fields: object) -> T:
        """Ask with all that the server knows, and again with less when it learnt what it does not know."""
        while True:
            sent = extras()
            try:
                return request(**fields, **sent)
            except ClientError as error:
                self._learn(error)
                if extras().keys() == sent.keys():
                    raise

    def _learn(self, error: ClientError) -> None:
        checksum, condition = unknown_features(error)
        self._sha256 = self._sha256 and not checksum
        self._conditions = self._conditions and not condition

    def _guard(self, body: io.BufferedReader, sha256: str) -> Callable[[], Extras]:
        """Return what rewinds the body and says what the server shall check it with."""

        def guard() -> Extras:
            extras = {"ChecksumSHA256": sha256} if self._sha256 else {"ContentMD5": _encoded(_md5(body))}
            body.seek(0)
            return extras

        return guard

    def _condition(self, if_absent: bool) -> Extras:
        return {"IfNoneMatch": "*"} if if_absent and self._conditions else {}


def _sha256(body: io.BufferedReader) -> str:
    body.seek(0)
    return _encoded(hashlib.file_digest(body, hashlib.sha256).digest())


def _md5(body: io.BufferedReader) -> bytes:
    body.seek(0)
    return hashlib.file_digest(body, lambda: hashlib.md5(usedforsecurity=False)).digest()


def _encoded(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
